/**
 * @file Checkpoints: everything a training run needs to continue, saved so that an interruption at any byte leaves
 * the last good one, and loaded so that either everything is restored or nothing.
 */
import { defineOptions, display, reading } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { FormatError } from '../errors.js';
import { Cell } from '../graph/cells/cell.js';
import { Tensor } from '../graph/tensor.js';
import { detach } from '../ops/build/detach.js';
import { plainRecord } from './elements.js';
import { asObject, decodeUtf8, readJson } from './json.js';
import { checkEntries, checkPath, checkSource } from './kinds.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { decodeState, encodeState, isStateful, type Stateful } from './state.js';
import type { FileLike } from './storage/backendOf.js';
import { readCheckpoint, writeCheckpoint, type Files, type Skipped } from './store.js';
import { toArrays, toTensors } from './tensors.js';
import { quoted, quotedList } from './quoted.js';

const STATE = 'state.json';
const ENTRY_NAME = /^[A-Za-z]\w*$/;

/** The entries to save, or to load into, by name. */
export interface CheckpointEntries {
  /** The step or epoch; it becomes part of the checkpoint's folder name. */
  readonly step?: number;
  readonly [name: string]: unknown;
}

/** Options of `saveCheckpoint`. */
export interface SaveCheckpointOptions {
  /** How many checkpoints to keep, including the new one. Default: all. */
  readonly keep?: number;
}

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions {
  /** Called with each newer checkpoint that is damaged and was skipped. Default: a warning on the console. */
  readonly onSkip?: (skipped: Skipped) => void;
}

const counts = { ...kinds.count, error: FormatError };
const saveOptions = defineOptions<SaveCheckpointOptions>({ keep: counts });
const loadOptions = defineOptions<LoadCheckpointOptions>({ onSkip: kinds.callable as never });

/** The contents of a checkpoint. */
export interface LoadedCheckpoint {
  /** The folder it was read from. */
  readonly path: string;
  /** The step that was saved. */
  readonly step: number;
  /** Everything that was saved, by name: the state dictionaries of stateful entries, and plain values. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Newer checkpoints that are damaged and were skipped. */
  readonly skipped: readonly Skipped[];
}

/**
 * Saves a checkpoint into a folder of checkpoints, as `step-000123/`, and removes old ones.
 *
 * An entry is an object with `stateDict()` and `loadStateDict()` (module, optimizer, schedule), a tensor, or a plain
 * value: number, string, array, object, Map or typed array, nested in any way. All values are read at the call;
 * training may continue while the files are written. The tensors of an entry are in `<entry>.safetensors`, those of
 * a module under their PyTorch names.
 *
 * After an interruption at any moment, `kill -9` and power cuts included, the last good checkpoint loads. In a page
 * the folder is in IndexedDB, or with the prefix `opfs:` in the browser's file system; `download:name` offers the
 * checkpoint as one zip file.
 *
 * @returns The path of the checkpoint's folder.
 * @throws {FormatError} for a value that cannot be saved. @throws {FileError} if the files cannot be written. In both
 * cases the checkpoints before are intact.
 * @example
 * await saveCheckpoint('checkpoints', { model, optimizer, schedule, step, rng: getRngState() });
 */
export async function saveCheckpoint(
  folder: string,
  entries: CheckpointEntries,
  options?: SaveCheckpointOptions,
): Promise<string> {
  const { keep = 3 } = saveOptions('saveCheckpoint', options);
  checkPath('saveCheckpoint', 'folder', folder);
  checkEntries('saveCheckpoint', 'entries', entries);
  const copied = reading('saveCheckpoint', 'entries', () => ({ ...entries }));
  const { step } = copied;
  if (step !== undefined && (!Number.isSafeInteger(step) || step < 0)) {
    throw new FormatError(`saveCheckpoint: step must be a whole number ≥ 0, got ${display(step)}`);
  }
  return writeCheckpoint(folder, step, await encodeEntries(copied), keep);
}

async function encodeEntries(entries: CheckpointEntries): Promise<Files> {
  const state: Record<string, unknown> = {};
  const tensors: [string, Map<string, Tensor>][] = [];
  for (const [entry, value] of Object.entries(entries)) {
    if (!ENTRY_NAME.test(entry)) {
      throw new FormatError(
        `saveCheckpoint: ${quoted(entry)} is not a name of letters, digits and _`,
      );
    }
    const own = new Map<string, Tensor>();
    if (value !== undefined) {
      state[entry] = reading('saveCheckpoint', entry, () =>
        encodeState(value, `saveCheckpoint: ${entry}`, own),
      );
    }
    if (own.size > 0) tensors.push([entry, own]);
  }
  // All reads start here, before the first await.
  const arrays = tensors.map(
    async ([entry, own]) => [entry, await toArrays(own, 'saveCheckpoint')] as const,
  );
  const files: Record<string, Uint8Array> = {};
  for (const [entry, own] of await Promise.all(arrays))
    files[`${entry}.safetensors`] = writeSafetensors(own);
  files[STATE] = new TextEncoder().encode(`${JSON.stringify(state)}\n`);
  return files;
}

/**
 * Loads the newest complete checkpoint into `targets`, by name: state is passed to `loadStateDict`, tensors are
 * assigned to parameters and cells. Everything else that was saved is in the result's `state`; targets that are
 * plain values are left as they are.
 *
 * Everything is collected and checked first. If a part does not fit, nothing is changed: the error lists the missing
 * and unexpected names and the shapes that differ.
 *
 * @param folder A folder of checkpoints, or a downloaded zip file of one that the user picked.
 * @throws {FormatError} if there is no complete checkpoint, or it does not fit. @throws {FileError} if it cannot be
 * read.
 * @example
 * const { step, state } = await loadCheckpoint('checkpoints', { model, optimizer, schedule });
 * setRngState(state.rng);
 */
export async function loadCheckpoint(
  folder: string | FileLike,
  targets: Readonly<Record<string, unknown>> = {},
  options?: LoadCheckpointOptions,
): Promise<LoadedCheckpoint> {
  const { onSkip = warn } = loadOptions('loadCheckpoint', options);
  checkSource('loadCheckpoint', 'folder', folder);
  checkEntries('loadCheckpoint', 'targets', targets);
  const { path, step, files, skipped } = await readCheckpoint(folder);
  skipped.forEach(onSkip);
  const state = decodeEntries(files, path);
  apply(targets, state, path);
  return { path, step, state, skipped };
}

function warn({ path, reason }: Skipped): void {
  console.warn(`loadCheckpoint: skipped ${path}: ${reason}`);
}

function decodeEntries(files: Files, path: string): Record<string, unknown> {
  const bytes = files[STATE];
  if (!bytes) throw new FormatError(`loadCheckpoint: ${path} has no ${STATE}`);
  const what = `loadCheckpoint: ${path}: ${STATE}`;
  const state = plainRecord<unknown>();
  for (const [entry, value] of asObject(
    readJson(decodeUtf8(bytes, what), what, { maxDepth: 200 }),
    what,
  )) {
    const own = files[`${entry}.safetensors`];
    const arrays = own ? readSafetensors(own, `${path}: ${entry}.safetensors`).arrays : {};
    state[entry] = decodeState(value, `${what}: ${entry}`, toTensors(arrays));
  }
  return state;
}

/** A target, its new state, and how to undo the change. */
interface Change {
  readonly name: string;
  readonly commit: () => void;
  readonly undo: () => void;
}

function apply(
  targets: Readonly<Record<string, unknown>>,
  state: Readonly<Record<string, unknown>>,
  path: string,
): void {
  const problems: string[] = [];
  const changes: Change[] = [];
  for (const [name, target] of Object.entries(targets)) {
    if (!isStateful(target) && !(target instanceof Cell)) continue;
    if (!Object.hasOwn(state, name)) {
      problems.push(
        `${name}: not in the checkpoint, which has ${Object.keys(state).join(', ') || 'nothing'}`,
      );
    } else if (isStateful(target)) {
      const current = target.stateDict();
      problems.push(...differences(name, state[name], current));
      changes.push(loading(name, target, state[name], current));
    } else {
      problems.push(...differences(name, { value: state[name] }, { value: target }));
      const before = detach(target);
      changes.push({
        name,
        commit: () => target.assign(state[name] as Tensor),
        undo: () => target.assign(before),
      });
    }
  }
  if (problems.length > 0) throw misfit(path, problems);

  const done: Change[] = [];
  for (const change of changes) {
    try {
      done.push(change);
      change.commit();
    } catch (cause) {
      for (const { undo } of done.reverse()) undo();
      throw misfit(path, [`${change.name}: ${(cause as Error).message}`], cause);
    }
  }
}

function misfit(path: string, problems: readonly string[], cause?: unknown): FormatError {
  return new FormatError(
    `loadCheckpoint: ${path} does not fit, and nothing was loaded:\n  ${problems.join('\n  ')}`,
    { cause },
  );
}

function loading(name: string, target: Stateful, saved: unknown, current: unknown): Change {
  const before = snapshot(current);
  return {
    name,
    commit: () => target.loadStateDict(saved as never),
    undo: () => target.loadStateDict(before as never),
  };
}

/** The current nested state, for undoing: cells change, but their versions do not, and nothing is read. */
function snapshot(value: unknown): unknown {
  if (value instanceof Tensor) return detach(value as Tensor);
  if (Array.isArray(value)) return value.map(snapshot);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, snapshot(item)]));
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, snapshot(item)]));
}

/** How two dictionaries of tensors differ in names and shapes; nested states are left for their owners to check. */
function differences(name: string, saved: unknown, current: unknown): string[] {
  if (!isNamedTensors(current)) return [];
  if (!isNamedTensors(saved))
    return [`${name}: the checkpoint has something other than tensors there`];
  const missing = Object.keys(current).filter((key) => !Object.hasOwn(saved, key));
  const unexpected = Object.keys(saved).filter((key) => !Object.hasOwn(current, key));
  const problems: string[] = [];
  if (missing.length > 0)
    problems.push(`${name}: missing in the checkpoint: ${quotedList(missing)}`);
  if (unexpected.length > 0)
    problems.push(`${name}: unexpected in the checkpoint: ${quotedList(unexpected)}`);
  for (const [key, { sizes: shape }] of Object.entries(current)) {
    const other = saved[key]?.sizes;
    if (other && String(other) !== String(shape)) {
      problems.push(
        `${name}: ${quoted(key)} has shape [${other.join(', ')}] in the checkpoint, [${shape.join(', ')}] here`,
      );
    }
  }
  return problems;
}

function isNamedTensors(value: unknown): value is Record<string, Tensor> {
  if (typeof value !== 'object' || value === null) return false;
  const items = Object.values(value);
  return items.length > 0 && items.every((item) => item instanceof Tensor);
}

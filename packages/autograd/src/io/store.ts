/**
 * @file A folder of checkpoints, each a folder of files that appears whole or not at all: it is written under another
 * name, each file is synced, a manifest with sizes and SHA-256 sums comes last, and a rename puts it in its place.
 *
 *     checkpoints/
 *       latest                the name of the newest one
 *       step-000900/          model.safetensors … manifest.json
 *       step-001000/
 *       .tmp-4711-3fa9c1…/    being written, or left by a process that was killed; swept by the next save
 */
import { checkPath } from './kinds.js';
import { FormatError } from '../errors.js';
import { plainRecord } from './elements.js';
import {
  codeOf,
  node,
  readFile,
  replaceFile,
  sweepTemporary,
  syncFolder,
  tryTo,
  withTemporary,
  writeDurably,
  shownPath,
} from './files.js';
import { asArray, asNatural, asObject, asString, decodeUtf8, readJson } from './json.js';

export type Files = Readonly<Record<string, Uint8Array>>;

/** The version of the layout above. */
const FORMAT = 1;
const MANIFEST = 'manifest.json';
const LATEST = 'latest';
const MAX_MANIFEST_BYTES = 1_000_000;
const CHECKPOINT = /^step-\d{6,16}(?:\.\d{1,6})?$/;
const FILE_NAME = /^[A-Za-z]\w*\.[a-z]+$/;

interface Manifest {
  readonly step: number;
  /** Counts the saves into this folder, so that age is known even where the step starts again. */
  readonly sequence: number;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/** A checkpoint that was passed over, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

export interface StoredCheckpoint {
  readonly path: string;
  readonly step: number;
  readonly files: Files;
  /** Newer checkpoints that are damaged. */
  readonly skipped: readonly Skipped[];
}

/** The last save into each folder: saves of one process take turns. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Adds a checkpoint, and removes all but the newest `keep`.
 *
 * @returns The path of the checkpoint's folder.
 * @throws {FileError} if it cannot be written; the checkpoints before it are intact then.
 */
export function writeCheckpoint(
  folder: string,
  step: number | undefined,
  files: Files,
  keep: number,
): Promise<string> {
  const key = node().path.resolve(folder);
  const turn = (queues.get(key) ?? Promise.resolve()).then(() =>
    tryTo(`saveCheckpoint: cannot write into ${shownPath(folder)}`, () =>
      add(folder, step, files, keep),
    ),
  );
  const settled = turn.catch(() => undefined);
  queues.set(key, settled);
  void settled.then(() => queues.get(key) === settled && queues.delete(key));
  return turn;
}

async function add(
  folder: string,
  step: number | undefined,
  files: Files,
  keep: number,
): Promise<string> {
  const { fs, path } = node();
  await fs.mkdir(folder, { recursive: true });
  await sweepTemporary(folder);
  const before = await listCheckpoints(folder);
  const sequence = Math.max(0, ...before.map((entry) => entry.sequence)) + 1;
  const number = step ?? Math.max(-1, ...before.map((entry) => stepOf(entry.name))) + 1;

  const name = await withTemporary(folder, async (draft) => {
    await fs.mkdir(draft);
    for (const [file, bytes] of Object.entries(files)) {
      await writeDurably(path.join(draft, file), bytes);
    }
    const described = Object.entries(files).map(describeFile);
    const manifest = encodeManifest({ step: number, sequence, files: described });
    await writeDurably(path.join(draft, MANIFEST), manifest);
    await syncFolder(draft);
    return moveIntoPlace(draft, folder, number);
  });
  await syncFolder(folder);
  await replaceFile(path.join(folder, LATEST), new TextEncoder().encode(`${name}\n`));
  await prune(folder, keep, name);
  return path.join(folder, name);
}

function describeFile([name, bytes]: [string, Uint8Array]): Manifest['files'][number] {
  return {
    name,
    bytes: bytes.byteLength,
    sha256: node().crypto.createHash('sha256').update(bytes).digest('hex'),
  };
}

function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`);
}

/** Renames to `step-000123`, or to `step-000123.1` … where that step was saved before. */
async function moveIntoPlace(draft: string, folder: string, step: number): Promise<string> {
  const { fs, path } = node();
  const base = `step-${String(step).padStart(6, '0')}`;
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? base : `${base}.${attempt}`;
    try {
      await fs.rename(draft, path.join(folder, name));
      return name;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '') || attempt > 999)
        throw error;
      // EPERM is what Windows says of a folder that exists, and others of much else.
      if (codeOf(error) === 'EPERM') await fs.access(path.join(folder, name));
    }
  }
}

function stepOf(name: string): number {
  return Number.parseInt(name.slice('step-'.length), 10);
}

/** All checkpoints, newest first; those whose manifest cannot be read count as the oldest. */
async function listCheckpoints(folder: string): Promise<{ name: string; sequence: number }[]> {
  const { fs, path } = node();
  const names = (await fs.readdir(folder)).filter((name) => CHECKPOINT.test(name));
  const entries = await Promise.all(
    names.map(async (name) => {
      const manifest = await readManifest(path.join(folder, name)).catch(unlessTransient);
      return { name, sequence: manifest?.sequence ?? -1 };
    }),
  );
  return entries.sort((a, b) => b.sequence - a.sequence || stepOf(b.name) - stepOf(a.name));
}

/** Whether a folder holds checkpoints, whole or damaged; a folder that is not there holds none. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  checkPath('hasCheckpoint', 'folder', folder);
  return tryTo(`hasCheckpoint: cannot read ${shownPath(folder)}`, async () => {
    const names = await node()
      .fs.readdir(folder)
      .catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
    return names.some((name) => CHECKPOINT.test(name));
  });
}

/** A checkpoint that is damaged can be passed over; a system short of something must not make one look so. */
function unlessTransient(error: unknown): undefined {
  if (['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR'].includes(codeOf(error) ?? '')) throw error;
  return undefined;
}

/** Removes all but the newest checkpoints. */
async function prune(folder: string, keep: number, latest: string): Promise<void> {
  const { fs, path } = node();
  for (const { name } of (await listCheckpoints(folder)).slice(keep)) {
    if (name === latest) continue;
    // Renamed first, so that no half-removed checkpoint is ever seen under its name.
    await withTemporary(folder, async (temporary) => {
      try {
        await fs.rename(path.join(folder, name), temporary);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error; // another process has removed it
      }
    });
  }
}

/**
 * Reads the newest checkpoint that is whole: all files there, with the sizes and sums of the manifest.
 *
 * @throws {FormatError} if there is none, or none is whole; the message gives the reason for each.
 */
export function readCheckpoint(folder: string): Promise<StoredCheckpoint> {
  return tryTo(`loadCheckpoint: cannot read ${shownPath(folder)}`, async () => {
    const { path } = node();
    const skipped: Skipped[] = [];
    for (const name of await candidates(folder)) {
      const place = path.join(folder, name);
      try {
        return { path: place, ...(await readVerified(place)), skipped };
      } catch (error) {
        unlessTransient(error);
        skipped.push({ path: place, reason: (error as Error).message });
      }
    }
    const reasons = skipped.map(({ path, reason }) => `\n  ${path}: ${reason}`).join('');
    throw new FormatError(
      skipped.length === 0
        ? `loadCheckpoint: there is no checkpoint in ${folder}`
        : `loadCheckpoint: no checkpoint in ${folder} is whole:${reasons}`,
    );
  });
}

/** The names to try, the one that `latest` gives first. */
async function candidates(folder: string): Promise<string[]> {
  const { path } = node();
  const names = (await listCheckpoints(folder)).map(({ name }) => name);
  const text = await readFile(path.join(folder, LATEST)).catch(() => new Uint8Array());
  // It is a name among those found, or it is nothing: it cannot lead out of the folder.
  const latest = new TextDecoder().decode(text.subarray(0, 100)).trim();
  return names.includes(latest) ? [latest, ...names.filter((name) => name !== latest)] : names;
}

async function readVerified(place: string): Promise<{ step: number; files: Files }> {
  const { crypto, path } = node();
  const manifest = await readManifest(place);
  const files = plainRecord<Uint8Array>();
  for (const { name, bytes, sha256 } of manifest.files) {
    const content = await readFile(path.join(place, name));
    if (content.byteLength !== bytes) {
      throw new FormatError(`${name} has ${content.byteLength} bytes instead of ${bytes}`);
    }
    if (crypto.createHash('sha256').update(content).digest('hex') !== sha256) {
      throw new FormatError(`${name} is damaged: its SHA-256 sum is not the manifest's`);
    }
    files[name] = content;
  }
  return { step: manifest.step, files };
}

async function readManifest(place: string): Promise<Manifest> {
  const { path } = node();
  const bytes = await readFile(path.join(place, MANIFEST));
  if (bytes.byteLength > MAX_MANIFEST_BYTES)
    throw new FormatError(`${MANIFEST} has ${bytes.byteLength} bytes`);
  const fields = asObject(readJson(decodeUtf8(bytes, MANIFEST), MANIFEST), MANIFEST);
  const format = asNatural(fields.get('format'), `${MANIFEST}: format`);
  if (format !== FORMAT) {
    throw new FormatError(
      `${MANIFEST}: format ${format}; this version of Chainrule reads format ${FORMAT}`,
    );
  }
  return {
    step: asNatural(fields.get('step'), `${MANIFEST}: step`),
    sequence: asNatural(fields.get('sequence'), `${MANIFEST}: sequence`),
    files: asArray(fields.get('files'), `${MANIFEST}: files`).map((value, i) => {
      const what = `${MANIFEST}: files[${i}]`;
      const file = asObject(value, what);
      const name = asString(file.get('name'), `${what}: name`);
      if (!FILE_NAME.test(name))
        throw new FormatError(`${what}: ${JSON.stringify(name)} is not a plain file name`);
      const sha256 = asString(file.get('sha256'), `${what}: sha256`);
      return { name, bytes: asNatural(file.get('bytes'), `${what}: bytes`), sha256 };
    }),
  };
}

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
import { FormatError } from '../errors.js';
import { plainRecord } from './elements.js';
import { codeOf, inNameOf, shownPath, tryTo } from './files.js';
import { asArray, asNatural, asObject, asString, decodeUtf8, readJson } from './json.js';
import { checkPath } from './kinds.js';
import { LATEST, type Files, type StorageBackend } from './storage/storageBackend.js';
import { bytesIn, backendOf, type FileLike } from './storage/backendOf.js';
import { sha256 } from './sha256.js';
import { readZip } from './zip/readZip.js';
import { quoted } from './quoted.js';

export type { Files } from './storage/storageBackend.js';

/** The version of the layout above. */
const FORMAT = 1;
const MANIFEST = 'manifest.json';
const MAX_MANIFEST_BYTES = 1_000_000;
const CHECKPOINT = /^step-\d{6,16}(?:\.\d{1,6})?$/;
const FILE_NAME = /^[A-Za-z]\w*\.[a-z]+$/;

interface Manifest {
  readonly step: number;
  /** Counts the saves into this folder, so that their age is known even if the step starts again. */
  readonly sequence: number;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/** A checkpoint that was skipped, and why. */
export interface Skipped {
  /** Where it is. */
  readonly path: string;
  /** Why it could not be read. */
  readonly reason: string;
}

export interface StoredCheckpoint {
  readonly path: string;
  readonly step: number;
  readonly files: Files;
  /** Newer checkpoints that are damaged. */
  readonly skipped: readonly Skipped[];
}

/** The last save into each folder: saves within one process wait for each other. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Adds a checkpoint, and removes all but the newest `keep`.
 *
 * @returns The path of the checkpoint's folder.
 * @throws {FileError} if it cannot be written; earlier checkpoints are intact then.
 */
export function writeCheckpoint(
  folder: string,
  step: number | undefined,
  files: Files,
  keep: number,
): Promise<string> {
  const key = backendOf(folder).resolve(folder);
  const turn = (queues.get(key) ?? Promise.resolve()).then(() =>
    tryTo(`saveCheckpoint: cannot write into ${shownPath(folder)}`, () =>
      add(backendOf(folder), folder, step, files, keep),
    ),
  );
  const settled = turn.catch(() => undefined);
  queues.set(key, settled);
  void settled.then(() => queues.get(key) === settled && queues.delete(key));
  return turn;
}

async function add(
  place: StorageBackend,
  folder: string,
  step: number | undefined,
  files: Files,
  keep: number,
): Promise<string> {
  await place.prepare(folder);
  const before = await listCheckpoints(place, folder);
  const sequence = Math.max(0, ...before.map((entry) => entry.sequence)) + 1;
  const number = step ?? Math.max(-1, ...before.map((entry) => stepOf(entry.name))) + 1;
  const described = await Promise.all(Object.entries(files).map(describeFile));
  const manifest = encodeManifest({ step: number, sequence, files: described });
  const name = await place.add(folder, namesFor(number), { ...files, [MANIFEST]: manifest });
  for (const { name: old } of (await listCheckpoints(place, folder)).slice(keep))
    if (old !== name) await place.remove(folder, old);
  return place.join(folder, name);
}

async function describeFile([name, bytes]: [string, Uint8Array]): Promise<
  Manifest['files'][number]
> {
  return { name, bytes: bytes.byteLength, sha256: await sha256(bytes) };
}

function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`);
}

/** `step-000123`; if that step was saved before, `step-000123.1` … */
function* namesFor(step: number): Generator<string> {
  const base = `step-${String(step).padStart(6, '0')}`;
  yield base;
  for (let attempt = 1; attempt <= 1000; attempt++) yield `${base}.${attempt}`;
}

function stepOf(name: string): number {
  return Number.parseInt(name.slice('step-'.length), 10);
}

/** All checkpoints, newest first; those whose manifest cannot be read count as the oldest. */
async function listCheckpoints(
  place: StorageBackend,
  folder: string,
): Promise<{ name: string; sequence: number }[]> {
  const names = (await place.list(folder).catch(unlessMissing)).filter((n) => CHECKPOINT.test(n));
  const entries = await Promise.all(
    names.map(async (name) => {
      const reader = inFolder(place, place.join(folder, name));
      const manifest = await readManifest(reader).catch(unlessTransient);
      return { name, sequence: manifest?.sequence ?? -1 };
    }),
  );
  return entries.sort((a, b) => b.sequence - a.sequence || stepOf(b.name) - stepOf(a.name));
}

/**
 * Whether a folder holds checkpoints, complete or damaged; a folder that does not exist holds none.
 * @example if (await hasCheckpoint('run')) await loadCheckpoint('run', { model, optimizer });
 */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  checkPath('hasCheckpoint', 'folder', folder);
  return tryTo(`hasCheckpoint: cannot read ${shownPath(folder)}`, async () => {
    const names = await backendOf(folder).list(folder).catch(unlessMissing);
    return names.some((name) => CHECKPOINT.test(name));
  });
}

function unlessMissing(error: unknown): string[] {
  if (codeOf(error) === 'ENOENT') return [];
  throw error;
}

/** A damaged checkpoint can be skipped, but a system short of resources must not make one look damaged. */
function unlessTransient(error: unknown): undefined {
  if (['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR'].includes(codeOf(error) ?? '')) throw error;
  return undefined;
}

/**
 * Reads the newest complete checkpoint: all files exist, with the sizes and sums of the manifest.
 *
 * @throws {FormatError} if there is none, or none is complete; the message gives the reason for each.
 */
export function readCheckpoint(folder: string | FileLike): Promise<StoredCheckpoint> {
  if (typeof folder !== 'string') return readArchive(folder);
  return tryTo(`loadCheckpoint: cannot read ${shownPath(folder)}`, async () => {
    const place = backendOf(folder);
    // A missing folder throws an error of its own.
    await place.list(folder);
    const skipped: Skipped[] = [];
    for (const name of await candidates(place, folder)) {
      const path = place.join(folder, name);
      try {
        return { path, ...(await readVerified(inFolder(place, path))), skipped };
      } catch (error) {
        unlessTransient(error);
        skipped.push({ path, reason: (error as Error).message });
      }
    }
    const reasons = skipped.map(({ path, reason }) => `\n  ${path}: ${reason}`).join('');
    throw new FormatError(
      skipped.length === 0
        ? `loadCheckpoint: there is no checkpoint in ${folder}`
        : `loadCheckpoint: no checkpoint in ${folder} is intact:${reasons}`,
    );
  });
}

/** A checkpoint in one archive, as downloaded. */
async function readArchive(file: FileLike): Promise<StoredCheckpoint> {
  const what = 'loadCheckpoint: the file';
  const files = await readZip(await inNameOf('loadCheckpoint', () => bytesIn(file)), what);
  const read: Reader = (name) => {
    const bytes = files[name];
    return bytes === undefined
      ? Promise.reject(new FormatError(`${what} has no ${name}`))
      : Promise.resolve(bytes);
  };
  return { path: 'the file', ...(await readVerified(read)), skipped: [] };
}

/** Reads one of the files of a checkpoint. */
type Reader = (name: string) => Promise<Uint8Array>;

const inFolder =
  (place: StorageBackend, path: string): Reader =>
  (name) =>
    place.read(place.join(path, name));

/** The names to try, beginning with the one in `latest`. */
async function candidates(place: StorageBackend, folder: string): Promise<string[]> {
  const names = (await listCheckpoints(place, folder)).map(({ name }) => name);
  const text = await place.read(place.join(folder, LATEST)).catch(() => new Uint8Array());
  // It counts only if it is one of the names found, so it cannot lead out of the folder.
  const latest = new TextDecoder().decode(text.subarray(0, 100)).trim();
  return names.includes(latest) ? [latest, ...names.filter((name) => name !== latest)] : names;
}

async function readVerified(read: Reader): Promise<{ step: number; files: Files }> {
  const manifest = await readManifest(read);
  const files = plainRecord<Uint8Array>();
  for (const { name, bytes, sha256: sum } of manifest.files) {
    const content = await read(name);
    if (content.byteLength !== bytes) {
      throw new FormatError(`${name} has ${content.byteLength} bytes instead of ${bytes}`);
    }
    if ((await sha256(content)) !== sum) {
      throw new FormatError(`${name} is damaged: its SHA-256 sum is not the manifest's`);
    }
    files[name] = content;
  }
  return { step: manifest.step, files };
}

async function readManifest(read: Reader): Promise<Manifest> {
  const bytes = await read(MANIFEST);
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
        throw new FormatError(`${what}: ${quoted(name)} is not a plain file name`);
      const sha256 = asString(file.get('sha256'), `${what}: sha256`);
      return { name, bytes: asNatural(file.get('bytes'), `${what}: bytes`), sha256 };
    }),
  };
}

/**
 * @file `@chainrule/autograd/io`: tensors to and from files. Loading never runs code; errors say what was refused
 * and why. The functions on bytes run anywhere. In Node, paths are files on disk; in pages and their workers,
 * `indexeddb:models/a.safetensors` (the prefix may be left out), `opfs:models/a.safetensors`, or
 * `download:a.safetensors`, which offers a file to the user.
 */
// Tensors have all their methods, even if nothing else of the package is imported.
import '../index.js';
import type { Tensor } from '../graph/tensor.js';
import { checkArgument, defineOptions, type Kind } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { FormatError } from '../errors.js';
import type { Half } from './halves.js';
import { inNameOf } from './files.js';
import { checkNamed, checkPath, checkSource } from './kinds.js';
import { readNpy, writeNpy } from './npy.js';
import { readNpz } from './npz.js';
import { bytesIn, backendOf, type FileLike } from './storage/backendOf.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { readShards } from './shards.js';
import {
  toArray,
  toArrays,
  toArraysSync,
  toTensor,
  toTensors,
  type NamedTensors,
} from './tensors.js';
import { zipLimits, type ZipLimits } from './zip/readZip.js';

export { FileError } from './files.js';
export type { FileLike } from './storage/backendOf.js';
export { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export type {
  CheckpointEntries,
  LoadCheckpointOptions,
  LoadedCheckpoint,
  SaveCheckpointOptions,
} from './checkpoint.js';
export type { Stateful } from './state.js';
export { decodeState, encodeState, type EncodedState } from './stateText.js';
export { hasCheckpoint, type Skipped as SkippedCheckpoint } from './store.js';
export type { NamedTensors } from './tensors.js';
export type { ZipLimits } from './zip/readZip.js';

/** Options of {@link encodeSafetensors} and {@link saveSafetensors}. */
export interface SafetensorsOptions {
  /** The type in which float32 is written: half of the bytes, rounded to nearest, ties to even. Default `'float32'`. */
  readonly floats?: 'float32' | Half;
}

const safetensorsOptions = defineOptions<SafetensorsOptions>({
  floats: kinds.oneOf('float32', 'float16', 'bfloat16'),
});

/**
 * Tensors as the bytes of a safetensors file, equal to what Python's `safetensors` writes. Evaluates the tensors; on a
 * device without synchronous reads use {@link saveSafetensors}, or read the data first.
 *
 * Python: `safetensors.torch.save`.
 *
 * @param metadata Text by name, stored in the header.
 * @throws {FormatError} for a name that the header cannot hold, or a number beyond the range of `floats`.
 * @example decodeSafetensors(encodeSafetensors({ w: tensor([1, 2]) })).w // [1, 2]
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
  options?: SafetensorsOptions,
): Uint8Array<ArrayBuffer> {
  checkNamed('encodeSafetensors', tensors, metadata);
  const { floats } = safetensorsOptions('encodeSafetensors', options);
  return writeSafetensors(toArraysSync(tensors, 'encodeSafetensors'), metadata, floats);
}

/**
 * The tensors of a safetensors file by name, in an object without prototype.
 *
 * F16 and BF16 become float32. I64, U64, U32 and smaller integers become int32; a value that does not fit is refused.
 * The bytes may lie at any offset. A header has at most 100 MB, a file at most 250,000 tensors. Python:
 * `safetensors.torch.load`.
 *
 * @throws {FormatError} if anything is malformed (before tensors are allocated), or of an unsupported type.
 * @example const { weight, bias } = decodeSafetensors(await readFile('layer.safetensors'));
 */
export function decodeSafetensors(bytes: Uint8Array): Record<string, Tensor> {
  return toTensors(readSafetensors(bytesOf(bytes, 'decodeSafetensors')).arrays);
}

/**
 * The metadata in the header of a safetensors file: text by name. @throws {FormatError} if the file is malformed.
 * @example decodeSafetensorsMetadata(encodeSafetensors({}, { epoch: '3' })) // { epoch: '3' }
 */
export function decodeSafetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  return readSafetensors(bytesOf(bytes, 'decodeSafetensorsMetadata')).metadata;
}

/**
 * Writes tensors to a safetensors file, replacing it in one step: an interruption leaves the old file or the new
 * one. The values are those at the call. In a page the path is in IndexedDB; the prefixes `opfs:` and `download:`
 * name other places. Python: `safetensors.torch.save_file`.
 *
 * @throws {FileError} if the file cannot be written; the old one is intact then.
 * @throws {FormatError} for a number beyond the range of `floats`.
 * @example
 * await saveSafetensors('model.safetensors', model.stateDict());
 * await saveSafetensors('small.safetensors', model.stateDict(), {}, { floats: 'float16' });
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
  options?: SafetensorsOptions,
): Promise<void> {
  checkPath('saveSafetensors', 'path', path);
  checkNamed('saveSafetensors', tensors, metadata);
  const { floats } = safetensorsOptions('saveSafetensors', options);
  const place = backendOf(path);
  const bytes = writeSafetensors(await toArrays(tensors, 'saveSafetensors'), metadata, floats);
  await inNameOf('saveSafetensors', () => place.replace(path, bytes));
}

/**
 * Reads a safetensors file, or all the files listed in an index (`model.safetensors.index.json`). See
 * {@link decodeSafetensors} for the types. Python: `safetensors.torch.load_file`.
 *
 * @param path A path, or a file that the user picked, a `Blob`.
 * @throws {FileError} if a file cannot be read. @throws {FormatError} if one is malformed.
 * @example
 * model.loadStateDict(await loadSafetensors('model.safetensors'));
 */
export async function loadSafetensors(path: string | FileLike): Promise<Record<string, Tensor>> {
  checkSource('loadSafetensors', 'path', path);
  return inNameOf('loadSafetensors', async () => {
    if (typeof path !== 'string') return toTensors(readSafetensors(await bytesIn(path)).arrays);
    if (path.endsWith('.json')) return toTensors(await readShards(path));
    return toTensors(readSafetensors(await bytesIn(path), path).arrays);
  });
}

/**
 * A tensor as the bytes of a .npy file, equal to what `numpy.save` writes.
 * @example await writeFile('x.npy', encodeNpy(x));
 */
export function encodeNpy(tensor: Tensor): Uint8Array<ArrayBuffer> {
  checkArgument('encodeNpy', 'tensor', tensor, kinds.tensor);
  return writeNpy(toArray(tensor, 'encodeNpy'));
}

/**
 * The tensor in a .npy file: any version, byte order and order of dimensions. Types as in {@link decodeSafetensors}.
 *
 * @throws {FormatError} if it is malformed, or an array of Python objects, which are never unpickled.
 * @example decodeNpy(encodeNpy(tensor([[1, 2]]))) // [[1, 2]]
 */
export function decodeNpy(bytes: Uint8Array): Tensor {
  return toTensor(readNpy(bytesOf(bytes, 'decodeNpy')));
}

/**
 * The tensors of a .npz file (`numpy.savez`, `numpy.savez_compressed`) by name, in an object without prototype.
 *
 * @param source A path, or the bytes.
 * @param limits How much the archive may unpack to. Default 4 GiB.
 * @throws {FormatError} if the archive or an array in it is malformed or beyond the limits.
 * @example const { images, labels } = await loadNpz('data.npz');
 */
export async function loadNpz(
  source: string | Uint8Array,
  limits?: ZipLimits,
): Promise<Record<string, Tensor>> {
  const named = typeof source === 'string';
  const bytes = named
    ? await inNameOf('loadNpz', () => bytesIn(source))
    : bytesOf(source, 'loadNpz');
  return toTensors(await readNpz(bytes, named ? source : 'npz', zipLimits('loadNpz', limits)));
}

const someBytes: Kind<Uint8Array | ArrayBuffer> = kinds.kind(
  'be the bytes of a file, a Uint8Array',
  // A detached array, perhaps transferred to a worker, throws: it has no bytes any more.
  (x) => {
    const buffer = x instanceof Uint8Array ? x.buffer : x instanceof ArrayBuffer ? x : null;
    return buffer !== null && new Uint8Array(buffer).byteLength >= 0;
  },
  FormatError,
);

function bytesOf(bytes: unknown, what: string): Uint8Array {
  const given = checkArgument(what, 'bytes', bytes, someBytes);
  return given instanceof Uint8Array ? given : new Uint8Array(given);
}

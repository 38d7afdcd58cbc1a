/** @file Weights in files beside the model: only files that the caller provides are read. */
import { FormatError, kinds, passes } from '@chainrule/autograd';
import type { ExternalData } from './tensors.js';

/** The bytes of a file: a Uint8Array, or an object that reads parts of a file too large for one. */
export interface OnnxBytes {
  /** How many bytes there are. */
  readonly length: number;
  /** The bytes from `begin` to before `end`. */
  subarray(begin: number, end: number): Uint8Array;
}

/** Files by the names that the model uses, or a function that returns the bytes of one. */
export type OnnxExternalData =
  Readonly<Record<string, OnnxBytes>> | ((location: string) => OnnxBytes);

/** Whether a name is that of a file in the model's folder: no parent folder, no absolute path, no URL. */
function isPlain(location: string): boolean {
  const parts = location.split('/');
  return (
    !/[\\:\u0000-\u001f%]/.test(location) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

const someBytes = kinds.kind<OnnxBytes>('be the bytes of a file', (x) => {
  const { length, subarray } = (x ?? {}) as Partial<OnnxBytes>;
  return Number.isSafeInteger(length) && typeof subarray === 'function';
});

export function externalReader(given: OnnxExternalData | undefined): ExternalData {
  const find = (location: string): unknown => {
    if (typeof given === 'function') return given(location);
    if (given !== undefined && Object.hasOwn(given, location)) return given[location];
    throw new FormatError(
      `importOnnx: weights are in '${location}', which is not among the externalData` +
        (given === undefined ? ': give { externalData: { [name]: bytes } }' : ''),
    );
  };
  return (location, offset, length) => {
    if (!isPlain(location))
      throw new FormatError(
        `importOnnx: weights would be in '${location}', outside of the model's folder`,
      );
    const file = find(location);
    if (!passes(someBytes, file))
      throw new FormatError(
        `importOnnx: the externalData '${location}' must be a Uint8Array, or have length and subarray as one`,
      );
    const end = length === null ? file.length : offset + length;
    if (offset > file.length || end > file.length) {
      throw new FormatError(
        `importOnnx: a tensor is at bytes ${offset} to ${end} of '${location}', which has ${file.length}`,
      );
    }
    const bytes: unknown = file.subarray(offset, end);
    if (bytes instanceof Uint8Array && bytes.length === end - offset) return bytes;
    throw new FormatError(
      `importOnnx: the externalData '${location}' does not give its bytes ${offset} to ${end}`,
    );
  };
}

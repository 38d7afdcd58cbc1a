/** @file Weights in files beside the model: only what the caller hands over is ever read. */
import { FormatError } from '@chainrule/autograd';
import type { ExternalData } from './tensors.js';

/** Files by the names that the model calls them, or a function that gives the bytes of one. */
export type OnnxExternalData =
  Readonly<Record<string, Uint8Array>> | ((location: string) => Uint8Array);

/** A name of one file in the model's folder: no way up, no root, no other place. */
function isPlain(location: string): boolean {
  const parts = location.split('/');
  return (
    !/[\\:\u0000-\u001f%]/.test(location) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

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
    if (!(file instanceof Uint8Array))
      throw new FormatError(`importOnnx: the externalData '${location}' must be a Uint8Array`);
    const end = length === null ? file.length : offset + length;
    if (offset > file.length || end > file.length) {
      throw new FormatError(
        `importOnnx: a tensor is at bytes ${offset} to ${end} of '${location}', which has ${file.length}`,
      );
    }
    return file.subarray(offset, end);
  };
}

/** @file Converts arrays from files to tensors and back: the codecs next to this file do not know tensors. */
import { display, reading } from '../arguments/index.js';
import { DTypeError } from '../errors.js';
import { makeLeaf, Tensor } from '../graph/tensor.js';
import { copyArray, type TypedArray } from '../graph/dtype.js';
import { observe } from '../graph/values/reading.js';
import type { ArrayRecord } from './elements.js';
import { plainRecord } from './elements.js';
import { quoted } from './quoted.js';

/** Tensors by name, as `stateDict()` returns them. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** A leaf that takes over the array: nothing else may hold it. */
export function toTensor({ data, shape, dtype }: ArrayRecord): Tensor {
  return makeLeaf(data, shape, dtype);
}

/** All arrays as tensors, in an object without prototype: any string is a name. */
export function toTensors(arrays: Readonly<Record<string, ArrayRecord>>): Record<string, Tensor> {
  const tensors = plainRecord<Tensor>();
  for (const [name, array] of Object.entries(arrays)) tensors[name] = toTensor(array);
  return tensors;
}

/** The elements of a tensor, copied. Evaluates it. @throws {DeviceError} on a device without synchronous reads. */
export function toArray(tensor: Tensor, what: string): ArrayRecord {
  return recordOf(tensor, copyArray(observe(tensor, what)));
}

/**
 * The elements of many tensors. All reads start at the call, before anything is awaited, so training may continue meanwhile.
 *
 * @param what The name of the operation in errors.
 */
export async function toArrays(
  tensors: NamedTensors,
  what: string,
): Promise<Record<string, ArrayRecord>> {
  const named = entriesOf(tensors, what);
  const data = await Promise.all(named.map(([, tensor]) => tensor.data()));
  const arrays = plainRecord<ArrayRecord>();
  named.forEach(([name, tensor], i) => (arrays[name] = recordOf(tensor, data[i] as TypedArray)));
  return arrays;
}

/** Like {@link toArrays}, but synchronous. */
export function toArraysSync(tensors: NamedTensors, what: string): Record<string, ArrayRecord> {
  const arrays = plainRecord<ArrayRecord>();
  for (const [name, tensor] of entriesOf(tensors, what)) arrays[name] = toArray(tensor, what);
  return arrays;
}

function recordOf({ dtype, sizes: shape }: Tensor, data: TypedArray): ArrayRecord {
  return { dtype, shape, data };
}

/** Names and tensors. @throws {DTypeError} for anything that is not a tensor. */
export function entriesOf(tensors: NamedTensors, what: string): [string, Tensor][] {
  const entries = reading(what, 'the tensors', () =>
    tensors instanceof Map ? [...tensors] : Object.entries(tensors),
  );
  for (const [name, value] of entries as [unknown, unknown][]) {
    if (typeof name !== 'string')
      throw new DTypeError(`${what}: a name must be a string, got ${display(name)}`);
    if (!(value instanceof Tensor)) {
      throw new DTypeError(`${what}: ${quoted(name)} must be a tensor, got ${display(value)}`);
    }
  }
  return entries as [string, Tensor][];
}

/** @file Reading the elements of a tensor: evaluated if needed, as a typed array or as JavaScript values. */
import { checkArgument, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { copyArray, type DType, type ArrayOf, type TypedArray } from '../dtype.js';
import { hostValue } from './hostValue.js';
import { isTensor } from '../isTensor.js';
import { mode } from '../mode.js';
import { runtime } from '../runtime.js';
import { show } from '../shape.js';
import { isHost, onHost, type Storage } from './storage.js';
import type { Tensor } from '../tensor.js';

/** An element as a JavaScript value. */
export type Element = number | boolean;
/**
 * The elements of a tensor as JavaScript values: nested arrays of numbers or booleans; a bare value for no
 * dimensions.
 */
export type NestedArray = Element | readonly NestedArray[];

/** Refuses a tensor of another dtype than the requested one. */
export function checkDType(t: Tensor, op: string, dtype: DType): void {
  checkReceiver(t, op);
  if (t.dtype === checkArgument(op, 'dtype', dtype, kinds.dtype)) return;
  throw new DTypeError(
    `${op}: the tensor is ${t.dtype}, not ${dtype}; cast it: t.cast('${dtype}').${op}('${dtype}')`,
  );
}

/** @internal Refuses a method that was detached from its tensor: `losses.map(loss.item)`. */
export function checkReceiver(t: unknown, op: string): void {
  if (isTensor(t)) return;
  throw new ChainruleError(
    `${op}: it is a method of tensors, called on ${display(t)}; to pass it on, write () => t.${op}()`,
  );
}

/** @internal The elements in place, evaluated if needed. */
export function storageOf(t: Tensor, op: string): Storage {
  checkReceiver(t, op);
  const node = t.current;
  if (node.cell !== null) checkReadable(op);
  if (node.value === null) runtime.evaluate([node], op);
  else if (runtime.onRead !== null) runtime.onRead(node);
  return node.value as unknown as Storage;
}

/** @internal The elements themselves, evaluated if needed; callers must not write them. @throws {DeviceError} on a device. */
export function valueOf(t: Tensor, op: string): TypedArray {
  return onHost(storageOf(t, op), op);
}

/**
 * The elements in row-major order if they are known, else null: nothing is computed.
 * For cheap checks of values: read them, but do not change or keep them.
 * @example peek(tensor([1, 2]).mul(2)) // null
 */
export function peek(t: Tensor): TypedArray | null {
  if (!isTensor(t)) throw new ChainruleError('peek: takes a tensor');
  return hostValue(t.current);
}

/**
 * The elements, for someone outside the graph to read; in a function that is being recorded, only elements that are the same
 * at each call.
 */
export function observe(t: Tensor, op: string): TypedArray {
  if (mode.tracing === 'compile' && isTensor(t) && isOfArguments(t.current)) checkReadable(op);
  return valueOf(t, op);
}

/** Whether an uncomputed value depends on the placeholder of an argument. */
function isOfArguments(node: Tensor): boolean {
  const seen = new Set([node]);
  for (const { op, inputs, value } of seen) {
    if (value !== null) continue;
    if (op?.name === 'placeholder') return true;
    for (const x of inputs) seen.add(x);
  }
  return false;
}

/** A copy of the elements, once they are computed. */
export async function readAsync(t: Tensor, op: string): Promise<ArrayOf<DType>> {
  checkReadable(op);
  const storage = storageOf(t, op);
  return isHost(storage) ? copyArray(storage) : storage.read();
}

/** @internal Refuses to read a value that may differ at each call of the function that is being recorded. */
export function checkReadable(op: string): void {
  if (mode.tracing === 'compile') {
    throw new ChainruleError(
      `${op}: values cannot be read inside a function that ${mode.body ?? mode.recorder} records: it runs once and is ` +
        `replayed; return the tensor and read it outside${mode.body === null ? '' : '; a plain loop may read'}`,
    );
  }
}

export function checkSingle(t: Tensor, op: string): void {
  checkReceiver(t, op);
  const { sizes: shape, size } = t;
  if (size === 1) return;
  throw new ShapeError(
    `${op}: a tensor of shape ${show(shape)} has ${size} elements; ${op}() reads exactly one ` +
      `(use toArray() or dataSync() for all)`,
  );
}

export function nested({ sizes: shape, size, dtype }: Tensor, data: TypedArray): NestedArray {
  const read = dtype === 'bool' ? (i: number) => data[i] !== 0 : (i: number) => data[i] as number;
  const build = (d: number, from: number, step: number): NestedArray => {
    if (d === shape.length) return read(from);
    const n = shape[d] as number;
    const inner = step / n;
    return Array.from({ length: n }, (_, i) => build(d + 1, from + i * inner, inner));
  };
  return build(0, 0, size);
}

/** @file Reduces arrays element by element in plain loops; each step rounds to the arrays' dtype. */
import type { TypedArray } from '@chainrule/autograd';
import type { ReduceOp } from './transport.js';

/** `into[i] = op(into[i], data[i])`. NaN stays NaN, as in the tensor operations. */
export function reduceInto(into: TypedArray, data: TypedArray, op: ReduceOp): void {
  const n = into.length;
  if (op === 'sum') {
    // The sum of two float32 in float64, rounded once, is the sum in float32.
    for (let i = 0; i < n; i++) into[i] = (into[i] as number) + (data[i] as number);
  } else if (op === 'max') {
    for (let i = 0; i < n; i++) into[i] = Math.max(into[i] as number, data[i] as number);
  } else {
    for (let i = 0; i < n; i++) into[i] = Math.min(into[i] as number, data[i] as number);
  }
}

/** The part of `n` elements that a rank reduces, as [from, to). */
export function shareOf(n: number, rank: number, size: number): [from: number, to: number] {
  const each = Math.ceil(n / size);
  return [Math.min(n, rank * each), Math.min(n, (rank + 1) * each)];
}

/** The bytes of an array, without a copy. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array of the same kind over bytes. */
export function likeOver(like: TypedArray, bytes: Uint8Array, length: number): TypedArray {
  const Type = like.constructor as new (b: ArrayBufferLike, at: number, n: number) => TypedArray;
  return new Type(bytes.buffer, bytes.byteOffset, length);
}

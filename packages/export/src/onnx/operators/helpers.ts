/** @file Helpers for several families of operators. */
import { FormatError, tensor, type DType, type Tensor } from '@chainrule/autograd';
import type { Call } from '../import/call.js';
import { MAX_FILLED } from '../import/limits.js';

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** 0, 1 … `n` − 1; empty for negative `n`, as many lengths come from the file. */
export function range(n: number): number[] {
  if (n > MAX_FILLED || Number.isNaN(n))
    throw new FormatError(`importOnnx: a list of ${n} places; there may be ${MAX_FILLED}`);
  if (n < 0) return [];
  return Array.from({ length: n }, (_, i) => i);
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((n, d) => n * d, 1);
}

/** A dimension counted from the front. */
export function dimension(call: Call, dim: number, rank: number): number {
  const d = dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(d) || d < 0 || d >= Math.max(rank, 1))
    call.refuse(`axis ${dim} is out of range for ${rank} dimensions`);
  return d;
}

export function dimensions(call: Call, dims: readonly number[], rank: number): number[] {
  return dims.map((dim) => dimension(call, dim, rank));
}

export function vectorOf(data: readonly number[], dtype: DType = 'float32'): Tensor {
  return tensor(dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data), { dtype });
}

/** `x` as `[1, c, 1 …]` with a given rank, to broadcast against `[n, c, …]`. */
export function perChannel(x: Tensor, rank: number): Tensor {
  return x.reshape([1, x.size, ...range(Math.max(rank - 2, 0)).map(() => 1)]);
}

/** The integer `x / y`, rounded towards 0 as in C. */
export function divideIntegers(x: Tensor, y: Tensor): Tensor {
  return x.cast('float64').div(y.cast('float64')).trunc().cast('int32');
}

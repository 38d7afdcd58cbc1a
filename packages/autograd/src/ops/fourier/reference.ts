/** @file Fourier transforms along a dimension in double precision, row by row: the reference for the primitives' kernels. */
import type { Attrs, Value } from '../../graph/primitive.js';
import { sizeOf } from '../../graph/shape.js';
import { planOf, rowsOf } from '../../kernels/plain/plainFourier.js';

/** The geometry of a transform along a dimension, and the form of its numbers. */
export interface TransformAttrs extends Attrs {
  readonly dim: number;
  /** The length of the transform. */
  readonly n: number;
  /** −1 for `e^(−2πi jk/n)`, 1 for the inverse. */
  readonly sign: number;
  readonly scale: number;
  /** The form of the input: pairs in a last dimension, two tensors, or a real tensor, whose sign is −1. */
  readonly from: 'pairs' | 'parts' | 'real';
  /** The form of the result: all pairs, or for a real tensor the first `⌊n/2⌋ + 1`. */
  readonly to: 'pairs' | 'half';
}

/**
 * Runs `body` for each row along a dimension of `shape`, with the index of its first element in the input and in the result.
 */
function eachRow(
  shape: readonly number[],
  dim: number,
  [from, to]: readonly [number, number],
  body: (from: number, to: number, step: number) => void,
): void {
  const inner = sizeOf(shape.slice(dim + 1));
  for (let o = 0; o < sizeOf(shape.slice(0, dim)); o++)
    for (let j = 0; j < inner; j++) body(o * from * inner + j, o * to * inner + j, inner);
}

/** The reference of `fourierOf`. */
export function sumsOf(
  [x, y]: readonly Value[],
  out: Value,
  { dim, n, sign, scale, from, to }: TransformAttrs,
): void {
  const { data, shape } = x as Value;
  if (out.data.length === 0) return;
  const [real, imag] = rowsOf(n);
  const m = to === 'half' ? Math.floor(n / 2) + 1 : n;
  eachRow(from === 'pairs' ? shape.slice(0, -1) : shape, dim, [n, m], (first, start, step) => {
    for (let i = 0, at = first; i < n; i++, at += step) {
      real[i] = from === 'pairs' ? data[2 * at]! : data[at]!;
      imag[i] = from === 'pairs' ? data[2 * at + 1]! : (y?.data[at] ?? 0);
    }
    if (sign < 0) planOf(n)(real, imag);
    else planOf(n)(imag, real);
    for (let i = 0, at = 2 * start; i < m; i++, at += 2 * step) {
      out.data[at] = real[i]! * scale;
      out.data[at + 1] = imag[i]! * scale;
    }
  });
}

/** The reference of `inverseOf`. */
export function realSumsOf(
  [x, y]: readonly Value[],
  out: Value,
  { dim, n, scale }: Pick<TransformAttrs, 'dim' | 'n' | 'scale'>,
): void {
  const { data, shape } = x as Value;
  if (out.data.length === 0) return;
  const [real, imag] = rowsOf(n);
  const m = Math.floor(n / 2) + 1;
  const isPairs = y === undefined;
  eachRow(isPairs ? shape.slice(0, -1) : shape, dim, [m, n], (first, start, step) => {
    for (let i = 0, at = first; i < m; i++, at += step) {
      real[i] = isPairs ? data[2 * at]! : data[at]!;
      imag[i] = i === 0 || 2 * i === n ? 0 : isPairs ? data[2 * at + 1]! : y.data[at]!;
      if (i === 0) continue;
      real[n - i] = real[i]!;
      imag[n - i] = -imag[i]!;
    }
    planOf(n)(imag, real);
    for (let i = 0, at = start; i < n; i++, at += step) out.data[at] = real[i]! * scale;
  });
}

/**
 * @file The discrete Fourier transform of one row of doubles, with real and imaginary parts in separate arrays, in O(n log n)
 * for any n: mixed radix if n has only small prime factors (T. G. Stockham's order, which needs no reordering), otherwise L.
 * I. Bluestein's convolution.
 */

import { passOf, type Row } from './plainPasses.js';
import { cached, rootsOfUnity } from './rootsOfUnity.js';

/** Transforms a row in place: `X[k] = Σ x[j] e^(−2πi jk/n)`. For the inverse sign exchange the two parts. */
export type Transform = (real: Row, imag: Row) => void;

/** Prime factors up to this one are transformed directly, in p² steps. */
const LARGEST_RADIX = 13;

/**
 * Four rows of n, for both parts before and after a pass. A pass reads elements that are powers of two apart, in both parts:
 * if all rows began at the same offset in a page, these would compete for the same few lines of the L1 cache.
 */
export function rowsOf(n: number): [Row, Row, Row, Row] {
  const row = (i: number): Row => new Float64Array(n + 384).subarray(128 * i, 128 * i + n);
  return [row(0), row(1), row(2), row(3)];
}

/** The transform of rows of n. */
export const planOf: (n: number) => Transform = /* @__PURE__ */ cached((n) => {
  const { factors, rest } = factorsOf(n);
  return rest === 1 ? smooth(n, factors) : bluestein(n);
});

function factorsOf(n: number): { factors: number[]; rest: number } {
  const factors: number[] = [];
  let rest = n;
  for (const p of [4, 2, 3, 5, 7, 11, LARGEST_RADIX]) {
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return { factors, rest };
}

/** A transform of n elements, where n is a product of small factors. */
function smooth(n: number, factors: readonly number[]): Transform {
  const { cos, sin } = rootsOfUnity(n);
  const [, , otherReal, otherImag] = rowsOf(n);
  return (real, imag) => {
    let [xr, xi, yr, yi]: [Row, Row, Row, Row] = [real, imag, otherReal, otherImag];
    let length = n;
    let stride = 1;
    for (const p of factors) {
      passOf(p)(xr, xi, yr, yi, length, stride, cos, sin, p);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      length /= p;
      stride *= p;
    }
    if (xr !== real) {
      real.set(xr);
      imag.set(xi);
    }
  };
}

/** Complex numbers with separate real and imaginary parts. */
interface Parts {
  readonly re: Row;
  readonly im: Row;
}

/** What a transform of n elements needs to run as a convolution of `size` elements, a multiple of 16 with small factors. */
export interface Chirp {
  readonly size: number;
  /** `e^(−πi k²/n)`, then zeros. */
  readonly turns: Parts;
  /** The transform, over `size`, of what these are convolved with. */
  readonly filter: Parts;
}

/** The size of the convolution that transforms n elements. */
export function chirpSize(n: number): number {
  for (let size = 16 * Math.ceil((2 * n - 1) / 16); ; size += 16) {
    let rest = size;
    for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p;
    if (rest === 1) return size;
  }
}

/** With `jk = (j² + k² − (k − j)²)/2` a transform is a convolution with a chirp (L. I. Bluestein, 1970). */
export function chirpOf(n: number): Chirp {
  const size = chirpSize(n);
  const parts = (): Parts => ({ re: new Float64Array(size), im: new Float64Array(size) });
  const { cos, sin } = rootsOfUnity(2 * n);
  const [turns, filter] = [parts(), parts()];
  for (let k = 0; k < n; k++) {
    const turn = (k * k) % (2 * n);
    turns.re[k] = cos[turn]!;
    turns.im[k] = sin[turn]!;
    for (const at of k === 0 ? [0] : [k, size - k]) {
      filter.re[at] = cos[turn]! / size;
      filter.im[at] = -sin[turn]! / size;
    }
  }
  planOf(size)(filter.re, filter.im);
  return { size, turns, filter };
}

function bluestein(n: number): Transform {
  const { size, turns, filter } = chirpOf(n);
  const inner = planOf(size);
  const [yr, yi] = rowsOf(size);
  /** Multiplies the first `count` elements of a row by numbers, in place or into another row. */
  const times = (zr: Row, zi: Row, xr: Row, xi: Row, { re, im }: Parts, count: number): void => {
    for (let k = 0; k < count; k++) {
      const [a, b] = [xr[k]!, xi[k]!];
      zr[k] = a * re[k]! - b * im[k]!;
      zi[k] = a * im[k]! + b * re[k]!;
    }
  };
  return (real, imag) => {
    yr.fill(0, n);
    yi.fill(0, n);
    times(yr, yi, real, imag, turns, n);
    inner(yr, yi);
    times(yr, yi, yr, yi, filter, size);
    inner(yi, yr);
    times(real, imag, yr, yi, turns, n);
  };
}

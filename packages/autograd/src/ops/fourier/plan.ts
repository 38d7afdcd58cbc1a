/**
 * @file The discrete Fourier transform of one row of doubles, real and imaginary parts apart, in O(n log n) for any n: mixed
 * radix where n has small prime factors (T. G. Stockham's order, which needs no reordering), L. I. Bluestein's convolution
 * elsewhere.
 */

import { kept, rootsOfUnity } from '../../kernels/rootsOfUnity.js';
import { passOf, type Row } from './passes.js';

/** Transforms a row in place: `X[k] = Σ x[j] e^(−2πi jk/n)`. For the inverse sign exchange the two parts. */
export type Transform = (real: Row, imag: Row) => void;

/** Prime factors up to this one are transformed as they are, in p² steps. */
const LARGEST_RADIX = 13;

/**
 * Four rows of n, for both parts before and after a pass. Elements that a pass reads lie powers of two apart, in both parts:
 * if rows began together in a page of memory, all of them would want the same few places of the nearest cache.
 */
export function rowsOf(n: number): [Row, Row, Row, Row] {
  const row = (i: number): Row => new Float64Array(n + 384).subarray(128 * i, 128 * i + n);
  return [row(0), row(1), row(2), row(3)];
}

/** The transform of rows of n. */
export const planOf: (n: number) => Transform = /* @__PURE__ */ kept((n) => {
  const { factors, rest } = factorsOf(n);
  return rest === 1 ? smooth(n, factors) : bluestein(n);
});

function factorsOf(n: number): { factors: number[]; rest: number } {
  const factors: number[] = [];
  let rest = n;
  for (const p of [8, 4, 2, 3, 5, 7, 11, LARGEST_RADIX]) {
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return { factors, rest };
}

/** A transform of n elements, the product of small factors. */
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

/** With `jk = (j² + k² − (k − j)²)/2` a transform is a convolution with a chirp, which has a length of two's power. */
function bluestein(n: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = smooth(size, factorsOf(size).factors);
  const { cos, sin } = rootsOfUnity(2 * n);
  const [chirpReal, chirpImag] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const turn = (k * k) % (2 * n);
    chirpReal[k] = cos[turn]!;
    chirpImag[k] = sin[turn]!;
  }
  const [filterReal, filterImag] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < n; k++) {
    for (const at of k === 0 ? [0] : [k, size - k]) {
      filterReal[at] = chirpReal[k]! / size;
      filterImag[at] = -chirpImag[k]! / size;
    }
  }
  inner(filterReal, filterImag);
  const [yr, yi] = rowsOf(size);
  return (real, imag) => {
    yr.fill(0, n);
    yi.fill(0, n);
    for (let k = 0; k < n; k++) {
      yr[k] = real[k]! * chirpReal[k]! - imag[k]! * chirpImag[k]!;
      yi[k] = real[k]! * chirpImag[k]! + imag[k]! * chirpReal[k]!;
    }
    inner(yr, yi);
    for (let k = 0; k < size; k++) {
      const [a, b] = [yr[k]!, yi[k]!];
      yr[k] = a * filterReal[k]! - b * filterImag[k]!;
      yi[k] = a * filterImag[k]! + b * filterReal[k]!;
    }
    inner(yi, yr);
    for (let k = 0; k < n; k++) {
      real[k] = yr[k]! * chirpReal[k]! - yi[k]! * chirpImag[k]!;
      imag[k] = yr[k]! * chirpImag[k]! + yi[k]! * chirpReal[k]!;
    }
  };
}

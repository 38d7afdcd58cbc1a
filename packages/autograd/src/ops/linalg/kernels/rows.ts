/** @file Rows of a matrix in float64: their products with each other, and rotations of two of them. */
import { loopsOver, zeros, type DoubleLoops } from '../../../kernels/plain/doubleLoops.js';
import type { Matrix } from './denseKernels.js';

/** From this many elements per row on, a call of the vector loops pays. */
const MIN_CALL_LENGTH = 16;

/** The rows of a matrix, `length` numbers each. */
export class Rows {
  readonly of: Matrix;
  readonly length: number;
  private readonly loops: DoubleLoops | null;
  private readonly address: number;

  constructor(of: Matrix, length: number) {
    this.of = of;
    this.length = length;
    this.loops = length < MIN_CALL_LENGTH ? null : loopsOver(of, of, of);
    this.address = of.byteOffset;
  }

  /** The dot product of two rows, in four interleaved sums. */
  dot(p: number, q: number): number {
    const { of: x, length } = this;
    const [one, other] = [p * length, q * length];
    if (this.loops !== null)
      return this.loops.dot(this.address + 8 * one, this.address + 8 * other, length);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 4 <= length; k += 4) {
      s0 += x[one + k]! * x[other + k]!;
      s1 += x[one + k + 1]! * x[other + k + 1]!;
      s2 += x[one + k + 2]! * x[other + k + 2]!;
      s3 += x[one + k + 3]! * x[other + k + 3]!;
    }
    for (; k < length; k++) s0 += x[one + k]! * x[other + k]!;
    return s0 + s1 + (s2 + s3);
  }

  /** Rotates two rows: the first becomes `cos x − sin y`, the second `sin x + cos y`. */
  turn(p: number, q: number, cos: number, sin: number): void {
    const { of: a, length } = this;
    const [one, other] = [p * length, q * length];
    if (this.loops !== null)
      return this.loops.turn(this.address + 8 * one, this.address + 8 * other, length, cos, sin);
    for (let k = 0; k < length; k++) {
      const x = a[one + k]!;
      const y = a[other + k]!;
      a[one + k] = cos * x - sin * y;
      a[other + k] = sin * x + cos * y;
    }
  }

  /**
   * Rotates neighbouring rows from the bottom up: row `last` with the one before it, then that one with the one before it, and
   * so on for `count` rotations, whose cosines and sines alternate in `angles`.
   */
  turnUpwards(last: number, angles: Matrix, count: number): void {
    const loops = count === 0 ? null : this.loops && loopsOver(this.of, angles, angles);
    if (loops) {
      const [from, step] = [this.address + 8 * last * this.length, 8 * this.length];
      return loops.turnUpwards(from, step, this.length, angles.byteOffset, count);
    }
    for (let k = 0; k < count; k++)
      this.turn(last - k - 1, last - k, angles[2 * k]!, angles[2 * k + 1]!);
  }
}

/** Rows with 1 on the diagonal. */
export function identity(n: number): Matrix {
  const eye = zeros(n * n);
  for (let i = 0; i < n; i++) eye[i * n + i] = 1;
  return eye;
}

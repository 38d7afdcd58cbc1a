/** @file The primitives behind linear systems: solve, triangular solve, determinants. */
import { ChainruleError } from '../errors.js';
import type { Value } from '../graph/primitive.js';
import { sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { mul, neg, reciprocal, sub } from './arithmetic.js';
import { expandNode, reshapeNode, sumOver } from './broadcast.js';
import { eq } from './comparison.js';
import { tril, triu } from './diagonals.js';
import { castNode, strongMul } from './element.js';
import { jacobiSingular, luInPlace } from './factorKernels.js';
import { matmulOf } from './matmul.js';
import { batchAll, iotaAlong, permuteNode } from './movement.js';
import { primitive, type PrimitiveOp } from './primitive.js';

/** `x · y`, either one transposed. */
export function product(x: Tensor, y: Tensor, transA = false, transB = false): Tensor {
  return matmulOf([x, y], { transA, transB });
}

/** The last two dimensions exchanged. */
export function transposed(x: Tensor): Tensor {
  const lead = x.shape.slice(0, -2).map((_, d) => d);
  return permuteNode(x, [...lead, x.ndim - 1, x.ndim - 2]);
}

/** Calls `f` with the elements of each matrix in float64, and its number. */
export function eachMatrix(x: Value, f: (a: Float64Array, i: number) => void): void {
  const size = sizeOf(x.shape.slice(-2));
  const count = sizeOf(x.shape.slice(0, -2));
  for (let i = 0; i < count; i++) f(Float64Array.from(x.data.subarray(i * size, (i + 1) * size)), i);
}

interface SolveAttrs extends Record<string, boolean | string> {
  readonly transposed: boolean;
  /** The public operation, for the message that a matrix is singular; empty where that gives infinities. */
  readonly op: string;
}

/** `A⁻¹ B` or `A⁻ᵀ B` for `A […, n, n]` and `B […, n, k]` with equal leading dimensions. */
export const solveOf: PrimitiveOp<SolveAttrs> = primitive<SolveAttrs>('solve', {
  shape: ([, b]) => (b as Tensor).shape,
  vjp: (i, ct, [a], out, attrs) => {
    const back = solveOf([a as Tensor, ct], { ...attrs, transposed: !attrs.transposed });
    if (i === 1) return back;
    return neg(attrs.transposed ? product(out, back, false, true) : product(back, out, false, true));
  },
  jvp: ([ta, tb], [a], out, attrs) => {
    const change = ta === null || ta === undefined ? null : product(ta, out, attrs.transposed);
    const right = tb === null || tb === undefined ? neg(change as Tensor) : change === null ? tb : sub(tb, change);
    return solveOf([a as Tensor, right], attrs);
  },
  batch: (inputs, batched, attrs, size) => solveOf(batchAll(inputs, batched, size), attrs),
  reference: ([a, b], out, attrs) => {
    const [n, k] = out.shape.slice(-2) as [number, number];
    eachMatrix(a as Value, (matrix, i) => {
      const m = attrs.transposed ? flipped(matrix, n) : matrix;
      const { order } = luInPlace(m, n);
      if (attrs.op !== '') checkRegular(attrs.op, m, n, i);
      const right = (b as Value).data.subarray(i * n * k, (i + 1) * n * k);
      const x = new Float64Array(n * k);
      for (let r = 0; r < n; r++) for (let c = 0; c < k; c++) x[r * k + c] = right[order[r]! * k + c]!;
      substitute(m, n, x, k, { upper: false, unit: true });
      substitute(m, n, x, k, { upper: true, unit: false });
      out.data.set(x, i * n * k);
    });
  },
});

function checkRegular(op: string, lu: Float64Array, n: number, i: number): void {
  for (let k = 0; k < n; k++) {
    if (lu[k * n + k] === 0) {
      throw new ChainruleError(`${op}: matrix ${i} of shape [${n}, ${n}] is singular: pivot ${k} is 0, so it has no inverse`);
    }
  }
}

function flipped(a: Float64Array, n: number): Float64Array {
  return a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]!);
}

/** Solves the triangular system with the matrix `a [n, n]` for the k columns of `x`, in place. */
function substitute(a: Float64Array, n: number, x: Float64Array, k: number, { upper, unit }: { upper: boolean; unit: boolean }): void {
  for (let s = 0; s < n; s++) {
    const r = upper ? n - 1 - s : s;
    for (let t = upper ? r + 1 : 0; t < (upper ? n : r); t++) {
      const f = a[r * n + t]!;
      if (f !== 0) for (let c = 0; c < k; c++) x[r * k + c]! -= f * x[t * k + c]!;
    }
    if (!unit) for (let c = 0; c < k; c++) x[r * k + c]! /= a[r * n + r]!;
  }
}

interface TriangularAttrs extends Record<string, boolean> {
  readonly upper: boolean;
  readonly transposed: boolean;
  readonly unit: boolean;
}

/** `T⁻¹ B` or `T⁻ᵀ B`, T the triangle of `A […, n, n]` that `upper` names, with ones on the diagonal if `unit`. */
export const triangularOf: PrimitiveOp<TriangularAttrs> = primitive<TriangularAttrs>('triangularSolve', {
  shape: ([, b]) => (b as Tensor).shape,
  vjp: (i, ct, [a], out, attrs) => {
    const back = triangularOf([a as Tensor, ct], { ...attrs, transposed: !attrs.transposed });
    if (i === 1) return back;
    return triangle(neg(attrs.transposed ? product(out, back, false, true) : product(back, out, false, true)), attrs);
  },
  jvp: ([ta, tb], [a], out, attrs) => {
    const change = ta === null || ta === undefined ? null : product(triangle(ta, attrs), out, attrs.transposed);
    const right = tb === null || tb === undefined ? neg(change as Tensor) : change === null ? tb : sub(tb, change);
    return triangularOf([a as Tensor, right], attrs);
  },
  batch: (inputs, batched, attrs, size) => triangularOf(batchAll(inputs, batched, size), attrs),
  reference: ([a, b], out, { upper, transposed: turned, unit }) => {
    const [n, k] = out.shape.slice(-2) as [number, number];
    eachMatrix(a as Value, (matrix, i) => {
      const x = Float64Array.from((b as Value).data.subarray(i * n * k, (i + 1) * n * k));
      substitute(turned ? flipped(matrix, n) : matrix, n, x, k, { upper: upper !== turned, unit });
      out.data.set(x, i * n * k);
    });
  },
});

function triangle(x: Tensor, { upper, unit }: TriangularAttrs): Tensor {
  return upper ? triu(x, unit ? 1 : 0) : tril(x, unit ? -1 : 0);
}

/** The determinant of each matrix: `[…, n, n] → […]`. */
export const detOf: PrimitiveOp<Record<never, never>> = primitive('det', {
  shape: ([a]) => (a as Tensor).shape.slice(0, -2),
  // Through the cofactors rather than det · A⁻ᵀ, so that it holds for singular matrices too.
  vjp: (_i, ct, [a]) => strongMul(reshapeNode(ct, [...ct.shape, 1, 1]), cofactorOf([a as Tensor])),
  jvp: ([t], [a]) => lastTwo(mul(t as Tensor, cofactorOf([a as Tensor]))),
  batch: ([a]) => detOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const { sign } = luInPlace(m, n);
      let det = sign;
      for (let k = 0; k < n; k++) det *= m[k * n + k]!;
      out.data[i] = det;
    });
  },
});

function lastTwo(x: Tensor): Tensor {
  return sumOver([x], { dims: [x.ndim - 2, x.ndim - 1], keepdim: false });
}

/**
 * The cofactors of each matrix, the gradient of its determinant: `det(A) A⁻ᵀ`, and their limit where A is singular.
 * Their own derivative divides by det(A): it is not finite there.
 */
export const cofactorOf: PrimitiveOp<Record<never, never>> = primitive('cofactor', {
  shape: ([a]) => (a as Tensor).shape,
  vjp: (_i, ct, [a], out) => cofactorRate(a as Tensor, out, ct),
  // The second derivative of a determinant is symmetric.
  jvp: ([t], [a], out) => cofactorRate(a as Tensor, out, t as Tensor),
  batch: ([a]) => cofactorOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const { u, s, v } = jacobiSingular(m, n, n);
      const sign = luSign(u, n) * luSign(v, n);
      const scale = Float64Array.from(s, (_, j) => s.reduce((p, x, k) => (k === j ? p : p * x), sign));
      for (let r = 0; r < n; r++) {
        for (let c = 0; c < n; c++) {
          let sum = 0;
          for (let j = 0; j < n; j++) sum += u[r * n + j]! * scale[j]! * v[c * n + j]!;
          out.data[(i * n + r) * n + c] = sum;
        }
      }
    });
  },
});

/** `(⟨C, t⟩ C − C tᵀ C) / det A`. */
function cofactorRate(a: Tensor, c: Tensor, t: Tensor): Tensor {
  const n = a.shape.at(-1) as number;
  if (n <= 1) return strongMul(0, t);
  const along = lastTwo(mul(c, t));
  const difference = sub(mul(reshapeNode(along, [...along.shape, 1, 1]), c), product(product(c, t, false, true), c));
  return mul(difference, reciprocal(reshapeNode(detOf([a]), [...along.shape, 1, 1])));
}

/** The determinant of an orthogonal matrix: 1 or −1. */
function luSign(q: Float64Array, n: number): number {
  const m = q.slice();
  let { sign } = luInPlace(m, n);
  for (let k = 0; k < n; k++) if (m[k * n + k]! < 0) sign = -sign;
  return sign;
}

/** `[sign, log |det|]` of each matrix: `[…, n, n] → […, 2]`. */
export const slogdetOf: PrimitiveOp<Record<never, never>> = primitive('slogdet', {
  shape: ([a]) => [...(a as Tensor).shape.slice(0, -2), 2],
  vjp: (_i, ct, [a]) => {
    const g = logPart(ct);
    return strongMul(reshapeNode(g, [...g.shape, 1, 1]), inverseTransposed(a as Tensor));
  },
  jvp: ([t], [a], out) => {
    const rate = lastTwo(mul(t as Tensor, inverseTransposed(a as Tensor)));
    const both = reshapeNode(rate, [...rate.shape, 1]);
    return mul(both, logMask(out));
  },
  batch: ([a]) => slogdetOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      let { sign } = luInPlace(m, n);
      let log = 0;
      for (let k = 0; k < n; k++) {
        sign *= Math.sign(m[k * n + k]!);
        log += Math.log(Math.abs(m[k * n + k]!));
      }
      out.data[2 * i] = sign;
      out.data[2 * i + 1] = log;
    });
  },
});

function logPart(x: Tensor): Tensor {
  return sumOver([mul(x, logMask(x))], { dims: [x.ndim - 1], keepdim: false });
}

/** `[0, 1]`: of sign and logarithm only the latter has a slope. */
function logMask(like: Tensor): Tensor {
  return castNode(iotaAlong(2, like.ndim - 1, like.ndim), like.dtype);
}

/** `A⁻ᵀ`; infinite where A is singular. */
function inverseTransposed(a: Tensor): Tensor {
  return solveOf([a, identityLike(a)], { transposed: true, op: '' });
}

/** The identity matrix, once for each matrix of `a`. */
export function identityLike(a: Tensor): Tensor {
  const n = a.shape.at(-1) as number;
  const eye = castNode(eq(iotaAlong(n, 0, 2), iotaAlong(n, 1, 2)), a.dtype);
  return expandNode(eye, [...a.shape.slice(0, -2), n, n]);
}

/** @file The primitives behind determinants, and their derivatives. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { mul, reciprocal, sub } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { add, castNode, strongMul } from '../build/element.js';
import { copyNumbers, copyToLoopMemory, transposeInPlace } from './kernels/denseKernels.js';
import { luInPlace, RowOrder, substitute } from './kernels/factorKernels.js';
import { jacobiSingular } from './kernels/singularValues.js';
import { batchAll, iotaAlong } from '../shape/movement.js';
import { primitive, sumOf, type PrimitiveOp } from '../build/primitive.js';
import { eachMatrix, identityLike, product, solveOf } from './solving.js';

/** The determinant of each matrix: `[…, n, n] → […]`. */
export const detOf: PrimitiveOp<Record<never, never>> = primitive('det', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes.slice(0, -2),
  // By the cofactors rather than det · A⁻ᵀ, so that it also holds for singular matrices.
  vjp: (_i, ct, [a]) => strongMul(reshapeNode(ct, [...ct.sizes, 1, 1]), cofactorOf([a as Tensor])),
  jvp: ([t], [a]) => lastTwo(mul(t as Tensor, cofactorOf([a as Tensor]))),
  batch: ([a]) => detOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    const rows = new RowOrder(n, n);
    eachMatrix(a as Value, (m, i) => {
      luInPlace(m, n, n, rows);
      let det: number = rows.sign;
      for (let k = 0; k < n; k++) det *= m[k * n + k]!;
      out.data[i] = det;
    });
  },
});

function lastTwo(x: Tensor): Tensor {
  return sumOver([x], { dims: [x.ndim - 2, x.ndim - 1], keepdim: false });
}

/**
 * The smallest ratio of two pivots for which cofactors are taken from the inverse, accurate to a few units in the last place.
 */
const MIN_PIVOT_RATIO = { float32: 1e-6, float64: 1e-3 } as const;

/** The cofactors of each matrix, which are the gradient of its determinant: `det(A) A⁻ᵀ`, or its limit where A is singular. */
export const cofactorOf: PrimitiveOp<Record<never, never>> = primitive('cofactor', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes,
  // The second derivative of a determinant is symmetric.
  vjp: (_i, ct, [a]) => rateAlong(a as Tensor, ct),
  jvp: ([t], [a]) => rateAlong(a as Tensor, t as Tensor),
  batch: ([a]) => cofactorOf([a as Tensor]),
  reference: ([a], out) => {
    const { data, shape } = a as Value;
    const n = shape.at(-1) as number;
    const size = n * n;
    const least = MIN_PIVOT_RATIO[out.dtype as 'float32'];
    const rows = new RowOrder(n, n);
    eachMatrix(
      a as Value,
      (m, i, x) => {
        if (!fromInverse(m, x, n, rows, least)) {
          copyNumbers(m, 0, data, i * size, size);
          fromSingular(m, x, n);
        }
        copyNumbers(out.data, i * size, x, 0, size);
      },
      size,
    );
  },
});

/** Cofactors as `det(A) A⁻ᵀ`; returns false, with `a` overwritten, if the matrix is too close to a singular one. */
function fromInverse(
  a: Float64Array,
  x: Float64Array,
  n: number,
  rows: RowOrder,
  least: number,
): boolean {
  transposeInPlace(a, n);
  luInPlace(a, n, n, rows);
  let [det, smallest, largest]: [number, number, number] = [rows.sign, Infinity, 0];
  for (let k = 0; k < n; k++) {
    const pivot = Math.abs(a[k * n + k]!);
    det *= a[k * n + k]!;
    if (pivot < smallest) smallest = pivot;
    if (pivot > largest) largest = pivot;
  }
  if (!(smallest > least * largest) || det === 0 || !Number.isFinite(det)) return false;
  x.fill(0);
  for (let r = 0; r < n; r++) x[r * n + rows.order[r]!] = det;
  substitute(a, n, x, n, false, true);
  substitute(a, n, x, n, true, false);
  return true;
}

/** Cofactors of any matrix, from its singular values. */
function fromSingular(a: Float64Array, x: Float64Array, n: number): void {
  const { u, s, v } = jacobiSingular(a, n, n);
  const sign = luSign(u, n) * luSign(v, n);
  const scale = Float64Array.from(s, (_, j) => s.reduce((p, y, k) => (k === j ? p : p * y), sign));
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += u[r * n + j]! * scale[j]! * v[c * n + j]!;
      x[r * n + c] = sum;
    }
  }
}

/** The derivative of the cofactors along `t`. */
function rateAlong(a: Tensor, t: Tensor): Tensor {
  if ((a.sizes.at(-1) as number) <= 1) return strongMul(0, t);
  return cofactorRateOf([a, t]);
}

/** The sum of all products of two matrices, with two dimensions of 1. */
function inner(x: Tensor, y: Tensor): Tensor {
  const sum = lastTwo(mul(x, y));
  return reshapeNode(sum, [...sum.sizes, 1, 1]);
}

function overDeterminant(a: Tensor, x: Tensor): Tensor {
  const det = detOf([a]);
  return mul(x, reciprocal(reshapeNode(det, [...det.sizes, 1, 1])));
}

/**
 * The derivative of a matrix's cofactors along another matrix, the second derivative of its determinant:
 * `(⟨C, t⟩ C − C tᵀ C) / det A`, or its limit where A is singular. Its own derivative with respect to A divides by det A from n
 * = 3 on, so it is not finite there.
 */
const cofactorRateOf: PrimitiveOp<Record<never, never>> = primitive('cofactorRate', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes,
  // The three directions of the third derivative are interchangeable.
  vjp: (i, ct, [a, t]) =>
    i === 0 ? thirdDerivative(a as Tensor, t as Tensor, ct) : cofactorRateOf([a as Tensor, ct]),
  jvp: ([x, u], [a, t]) =>
    sumOf([
      ...(x ? [thirdDerivative(a as Tensor, t as Tensor, x)] : []),
      ...(u ? [cofactorRateOf([a as Tensor, u])] : []),
    ]),
  batch: (inputs, batched, _attrs, size) => cofactorRateOf(batchAll(inputs, batched, size)),
  reference: ([a, t], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const { u, s, v } = jacobiSingular(m, n, n);
      const sign = luSign(u, n) * luSign(v, n);
      const direction = (t as Value).data.subarray(i * n * n, (i + 1) * n * n);
      const turned = sandwich(u, Float64Array.from(direction), v, n, true);
      const rate = new Float64Array(n * n);
      for (let r = 0; r < n; r++) {
        for (let c = 0; c < n; c++) {
          if (r === c) continue;
          const others = s.reduce((p, x, k) => (k === r || k === c ? p : p * x), sign);
          rate[r * n + c] = -turned[c * n + r]! * others;
          rate[r * n + r]! += turned[c * n + c]! * others;
        }
      }
      out.data.set(sandwich(u, rate, v, n, false), i * n * n);
    });
  },
});

/** `u x vᵀ`, or `uᵀ x v`. */
function sandwich(
  u: Float64Array,
  x: Float64Array,
  v: Float64Array,
  n: number,
  transposed: boolean,
): Float64Array {
  const at = (q: Float64Array, r: number, c: number): number =>
    transposed ? q[c * n + r]! : q[r * n + c]!;
  const [half, out] = [new Float64Array(n * n), new Float64Array(n * n)];
  for (let r = 0; r < n; r++)
    for (let c = 0; c < n; c++)
      for (let k = 0; k < n; k++) half[r * n + c]! += at(u, r, k) * x[k * n + c]!;
  for (let r = 0; r < n; r++)
    for (let c = 0; c < n; c++)
      for (let k = 0; k < n; k++) out[r * n + c]! += half[r * n + k]! * at(v, c, k);
  return out;
}

/** The third derivative of a determinant, along two directions; 0 for 2 × 2 matrices. */
function thirdDerivative(a: Tensor, t: Tensor, x: Tensor): Tensor {
  if ((a.sizes.at(-1) as number) <= 2) return strongMul(0, x);
  const c = cofactorOf([a]);
  const [along, rate] = [cofactorRateOf([a, x]), cofactorRateOf([a, t])];
  const straight = sub(
    add(mul(inner(along, t), c), mul(inner(c, t), along)),
    add(product(product(along, t, false, true), c), product(product(c, t, false, true), along)),
  );
  return overDeterminant(a, sub(straight, mul(inner(c, x), rate)));
}

/** The determinant of an orthogonal matrix: 1 or −1. */
function luSign(q: Float64Array, n: number): number {
  const m = copyToLoopMemory(q);
  const rows = new RowOrder(n, n);
  luInPlace(m, n, n, rows);
  let sign: number = rows.sign;
  for (let k = 0; k < n; k++) if (m[k * n + k]! < 0) sign = -sign;
  return sign;
}

/** `[sign, log |det|]` of each matrix: `[…, n, n] → […, 2]`. */
export const slogdetOf: PrimitiveOp<Record<never, never>> = primitive('slogdet', {
  lowering: { kind: 'reference' },
  shape: ([a]) => [...(a as Tensor).sizes.slice(0, -2), 2],
  vjp: (_i, ct, [a]) => {
    const g = logPart(ct);
    return strongMul(reshapeNode(g, [...g.sizes, 1, 1]), inverseTransposed(a as Tensor));
  },
  jvp: ([t], [a], out) => {
    const rate = lastTwo(mul(t as Tensor, inverseTransposed(a as Tensor)));
    const both = reshapeNode(rate, [...rate.sizes, 1]);
    return mul(both, logMask(out));
  },
  batch: ([a]) => slogdetOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    const rows = new RowOrder(n, n);
    eachMatrix(a as Value, (m, i) => {
      luInPlace(m, n, n, rows);
      let sign: number = rows.sign;
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

/** `[0, 1]`: only the logarithm has a slope, the sign has none. */
function logMask(like: Tensor): Tensor {
  return castNode(iotaAlong(2, like.ndim - 1, like.ndim), like.dtype);
}

/** `A⁻ᵀ`; infinite where A is singular. */
function inverseTransposed(a: Tensor): Tensor {
  return solveOf([a, identityLike(a)], { transposed: true, op: '' });
}

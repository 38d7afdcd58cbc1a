/** @file The primitives behind determinants, and their derivatives. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { mul, reciprocal, sub } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { castNode, strongMul } from '../build/element.js';
import { jacobiSingular, luInPlace } from './factorKernels.js';
import { iotaAlong } from '../shape/movement.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { eachMatrix, identityLike, product, solveOf } from './solving.js';

/** The determinant of each matrix: `[…, n, n] → […]`. */
export const detOf: PrimitiveOp<Record<never, never>> = primitive('det', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes.slice(0, -2),
  // Through the cofactors rather than det · A⁻ᵀ, so that it holds for singular matrices too.
  vjp: (_i, ct, [a]) => strongMul(reshapeNode(ct, [...ct.sizes, 1, 1]), cofactorOf([a as Tensor])),
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
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes,
  vjp: (_i, ct, [a], out) => cofactorRate(a as Tensor, out, ct),
  // The second derivative of a determinant is symmetric.
  jvp: ([t], [a], out) => cofactorRate(a as Tensor, out, t as Tensor),
  batch: ([a]) => cofactorOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const { u, s, v } = jacobiSingular(m, n, n);
      const sign = luSign(u, n) * luSign(v, n);
      const scale = Float64Array.from(s, (_, j) =>
        s.reduce((p, x, k) => (k === j ? p : p * x), sign),
      );
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
  const n = a.sizes.at(-1) as number;
  if (n <= 1) return strongMul(0, t);
  const along = lastTwo(mul(c, t));
  const difference = sub(
    mul(reshapeNode(along, [...along.sizes, 1, 1]), c),
    product(product(c, t, false, true), c),
  );
  return mul(difference, reciprocal(reshapeNode(detOf([a]), [...along.sizes, 1, 1])));
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

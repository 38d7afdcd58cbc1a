/** @file The primitive of Moore and Penrose's inverse. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { zeros } from '../../kernels/plain/doubleLoops.js';
import { add } from '../build/element.js';
import { neg, sub } from '../build/fieldOperations.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { addProduct, blockAt, transposeOf } from './kernels/denseKernels.js';
import { jacobiSingular } from './kernels/singularValues.js';
import { eachMatrix, product, transposed } from './solving.js';

/**
 * `A⁺ […, n, m]` of `A […, m, n]`; singular values up to `max(atol, rtol · largest)` count as 0. The derivative is that for a
 * constant rank (G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses", 1973).
 */
export const pinvOf: PrimitiveOp<{ atol: number; rtol: number }> = primitive('pinv', {
  lowering: { kind: 'reference' },
  shape: ([a]) => {
    const { sizes: shape } = a as Tensor;
    return [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number];
  },
  vjp: (_i, ct, [a], out) => rate(transposed(a as Tensor), transposed(out), ct),
  jvp: ([t], [a], out) => rate(a as Tensor, out, t as Tensor),
  batch: ([a], _batched, attrs) => pinvOf([a as Tensor], attrs),
  reference: ([a], out, { atol, rtol }) => {
    const [m, n] = (a as Value).shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    eachMatrix(a as Value, (matrix, i) => {
      const tall = m >= n;
      const given = tall ? matrix : transposeOf(blockAt(matrix, n, 0, 0), m, n);
      const { u, s, v } = jacobiSingular(given, Math.max(m, n), k);
      const least = Math.max(atol, rtol * (s[0] ?? 0));
      // A = U S Vᵀ: A⁺ = V S⁺ Uᵀ, with U and V exchanged for a wide matrix.
      const [left, right] = tall
        ? [v, transposeOf(blockAt(u, k, 0, 0), m, k)]
        : [u, transposeOf(blockAt(v, k, 0, 0), m, k)];
      for (let j = 0; j < k; j++) {
        const inverse = s[j]! > least ? 1 / s[j]! : 0;
        for (let r = 0; r < n; r++) left[r * k + j]! *= inverse;
      }
      const p = zeros(n * m);
      addProduct(blockAt(p, m, 0, 0), 1, blockAt(left, k, 0, 0), blockAt(right, m, 0, 0), [
        n,
        k,
        m,
      ]);
      out.data.set(p, i * n * m);
    });
  },
});

/** `−A⁺ t A⁺ + A⁺A⁺ᵀ tᵀ (I − A A⁺) + (I − A⁺A) tᵀ A⁺ᵀA⁺`, whose transpose is the same of Aᵀ. */
function rate(a: Tensor, p: Tensor, t: Tensor): Tensor {
  const turn = transposed(t);
  const first = neg(product(product(p, t), p));
  const right = product(p, product(p, turn, true), false);
  const left = product(product(turn, p, false, true), p);
  return add(
    add(first, sub(right, product(right, product(a, p)))),
    sub(left, product(product(p, a), left)),
  );
}

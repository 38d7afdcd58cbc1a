/** @file The primitive of Moore and Penrose's inverse. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { add } from '../build/element.js';
import { neg, sub } from '../build/fieldOperations.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { jacobiSingular } from './factorKernels.js';
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
      const given = tall ? matrix : turned(matrix, m, n);
      const { u, s, v } = jacobiSingular(given, Math.max(m, n), k);
      const least = Math.max(atol, rtol * (s[0] ?? 0));
      // A = U S Vᵀ: A⁺ = V S⁺ Uᵀ, with U and V exchanged for a wide matrix.
      const [left, right] = tall ? [v, u] : [u, v];
      for (let r = 0; r < n; r++) {
        for (let c = 0; c < m; c++) {
          let sum = 0;
          for (let j = 0; j < k; j++)
            if (s[j]! > least) sum += (left[r * k + j]! / s[j]!) * right[c * k + j]!;
          out.data[(i * n + r) * m + c] = sum;
        }
      }
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

function turned(a: Float64Array, m: number, n: number): Float64Array {
  return a.map((_, i) => a[(i % m) * n + Math.floor(i / m)]!);
}

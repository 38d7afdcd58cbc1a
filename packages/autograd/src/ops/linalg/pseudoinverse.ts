/** @file The primitive of the Moore-Penrose inverse. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { zeros } from '../../kernels/plain/doubleLoops.js';
import { add } from '../build/element.js';
import { neg, sub } from '../build/fieldOperations.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { addProduct, blockAt, transposeOf, type Matrix } from './kernels/denseKernels.js';
import { jacobiRotated, type Rotated } from './kernels/singularValues.js';
import { eachMatrix, product, transposed } from './solving.js';

/**
 * `A⁺ […, n, m]` of `A […, m, n]`; singular values up to `max(atol, rtol · largest)` count as 0. The derivative assumes a
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
    const [most, k] = [Math.max(m, n), Math.min(m, n)];
    eachMatrix(a as Value, (matrix, i) => {
      const tall = m >= n;
      const given = tall ? matrix : transposeOf(blockAt(matrix, n, 0, 0), m, n);
      const p = zeros(k * most);
      const rotated = jacobiRotated(given, most, k);
      if (rotated === null) p.fill(NaN);
      else inverted(p, rotated, most, k, atol, rtol);
      // The inverse of the transpose is the transpose of the inverse.
      out.data.set(tall ? p : transposeOf(blockAt(p, most, 0, 0), k, most), i * n * m);
    });
  },
});

/** `A⁺ = Σ v uᵀ / σ`, `[k, m]`, for an A `[m, k]` whose columns were rotated; v uᵀ / σ is v (σ u)ᵀ / σ². */
function inverted(
  p: Matrix,
  { columns, rows, norms, scale }: Rotated,
  m: number,
  k: number,
  atol: number,
  rtol: number,
): void {
  const left = zeros(k * k);
  const least = Math.max(atol * scale, rtol * norms.reduce((most, s) => Math.max(most, s), 0));
  for (let j = 0; j < k; j++) {
    const norm = norms[j]!;
    if (!(norm > least)) continue;
    for (let r = 0; r < k; r++) left[r * k + j] = ((rows[j * k + r]! / norm) * scale) / norm;
  }
  addProduct(blockAt(p, m, 0, 0), 1, blockAt(left, k, 0, 0), blockAt(columns, m, 0, 0), [k, k, m]);
}

/** `−A⁺ t A⁺ + A⁺A⁺ᵀ tᵀ (I − A A⁺) + (I − A⁺A) tᵀ A⁺ᵀA⁺`; its transpose is the same expression for Aᵀ. */
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

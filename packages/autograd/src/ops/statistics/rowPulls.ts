/** @file The primitive of weighted sums of differences of rows, which are the gradients of distances. */
import { sizeOf } from '../../graph/shape.js';
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { pulls } from '../../kernels/distances.js';
import { expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { add, castNode } from '../build/element.js';
import { mul, sub } from '../build/fieldOperations.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { matmulOf } from '../linalg/products/matmul.js';
import { batchAll } from '../shape/movement.js';

/**
 * `Σⱼ wᵢⱼ (xᵢ − yⱼ)` of `w […, p, r]` (`[…, r, p]` if `transposed`) and of the rows of `x […, p, m]` and `y […, r, m]`, with
 * equal leading dimensions: `[…, p, m]`. Differences are computed one by one, so that rows close to each other keep their
 * digits.
 */
export const rowPullsOf: PrimitiveOp<{ transposed: boolean }> = primitive('rowPulls', {
  lowering: {
    kind: 'kernel',
    family: pulls,
    kernel: ({ transposed }) => ({ kind: 'pull', transposed }),
  },
  shape: (inputs) => (inputs[1] as Tensor).sizes,
  vjp: (i, ct, inputs, _out, { transposed }) => {
    const [w, x, y] = inputs as readonly [Tensor, Tensor, Tensor];
    if (i === 2) return sub(0, matmulOf([w, ct], { transA: !transposed, transB: false }));
    if (i === 0) return transposed ? along(ct, x, y).mT : along(ct, x, y);
    const total = sumOver([w], { dims: [w.ndim - (transposed ? 2 : 1)], keepdim: false });
    return mul(ct, expandNode(apart(total), ct.sizes));
  },
  jvp: (tangents, inputs, _out, attrs) => {
    const [t, u, v] = tangents as readonly [Tensor | null, Tensor | null, Tensor | null];
    const [w, x, y] = inputs as readonly [Tensor, Tensor, Tensor];
    const turned = t === null ? null : rowPullsOf([t, x, y], attrs);
    if (u === null && v === null) return turned;
    const moved = rowPullsOf([w, u ?? zerosOf(x), v ?? zerosOf(y)], attrs);
    return turned === null ? moved : add(turned, moved);
  },
  batch: (inputs, batched, attrs, size) => rowPullsOf(batchAll(inputs, batched, size), attrs),
  reference: ([w, x, y], out, { transposed }) => {
    const [weights, a, b] = [(w as Value).data, (x as Value).data, (y as Value).data];
    const [p, m] = out.shape.slice(-2) as [number, number];
    const r = (y as Value).shape.at(-2) as number;
    const sums = new Float64Array(m);
    for (let o = 0; o < sizeOf(out.shape.slice(0, -2)); o++) {
      for (let i = 0; i < p; i++) {
        sums.fill(0);
        for (let j = 0; j < r; j++) {
          const weight = weights[o * p * r + (transposed ? j * p + i : i * r + j)]!;
          for (let k = 0; k < m; k++)
            sums[k]! += weight * (a[(o * p + i) * m + k]! - b[(o * r + j) * m + k]!);
        }
        out.data.set(sums, (o * p + i) * m);
      }
    }
  },
});

/** `Σₖ gᵢₖ (xᵢₖ − yⱼₖ)`, `[…, p, r]`: for single precision, from products in double precision where the device has it. */
function along(g: Tensor, x: Tensor, y: Tensor): Tensor {
  if (g.dtype === 'float32' && x.home !== 'webgpu') {
    const [h, a, b] = [g, x, y].map((z) => castNode(z, 'float64')) as [Tensor, Tensor, Tensor];
    const product = matmulOf([h, b], { transA: false, transB: true });
    const own = sumOver([mul(h, a)], { dims: [h.ndim - 1], keepdim: false });
    return castNode(sub(expandNode(apart(own), product.sizes), product), 'float32');
  }
  const d = differences(x, y);
  const each = mul(expandNode(apart(g, -2), d.sizes), d);
  return sumOver([each], { dims: [d.ndim - 1], keepdim: false });
}

/** Adds a dimension of size 1, at the end or before the last. */
export function apart(x: Tensor, at: -1 | -2 = -1): Tensor {
  return reshapeNode(
    x,
    at === -1 ? [...x.sizes, 1] : [...x.sizes.slice(0, -1), 1, x.sizes.at(-1) as number],
  );
}

/** All differences of rows, `[…, p, r, m]`. */
export function differences(x: Tensor, y: Tensor): Tensor {
  return sub(apart(x, -2), reshapeNode(y, [...y.sizes.slice(0, -2), 1, ...y.sizes.slice(-2)]));
}

/** @file The primitive of distances between all rows of two matrices, which stores no differences. */
import type { DistanceNorm } from '../../graph/lowering.js';
import type { Value } from '../../graph/primitive.js';
import { sizeOf } from '../../graph/shape.js';
import { distances } from '../../kernels/distances.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, sumOver } from '../build/broadcast.js';
import { add, castNode, choose, strongMul } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { eq, isFinite } from '../build/relations.js';
import { abs, sign } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { matmulOf } from '../linalg/products/matmul.js';
import { meanOver } from '../reductions/spread.js';
import { batchAll } from '../shape/movement.js';
import { apart, differences, rowPullsOf } from './rowPulls.js';

/**
 * The norms of the differences of rows of `x […, p, m]` and of `y […, r, m]`, `[…, p, r]`, with equal leading dimensions and m
 * > 0. As for `vectorNorm`, the gradient is 0 where the distance is 0, and is split among equal largest differences.
 *
 * A kernel may be given the products of all rows minus a common centre, and the squares of both, `[…, p, r]`, `[…, p]` and
 * `[…, r]` (`gramOf`): it computes distances from them where little cancels.
 */
export const rowDistancesOf: PrimitiveOp<{ norm: DistanceNorm }> = primitive('rowDistances', {
  lowering: {
    kind: 'kernel',
    family: distances,
    kernel: ({ norm }) => ({ kind: 'distance', norm }),
  },
  shape: ([x, y]) => [...(x as Tensor).sizes.slice(0, -1), (y as Tensor).sizes.at(-2) as number],
  vjp: (i, ct, inputs, out, { norm }) => {
    if (i > 1) return null;
    const [x, y] = inputs as readonly [Tensor, Tensor];
    if (norm === 'l2' && isMany(x, y)) return pulled(i, ct, x, y, out);
    const slope = slopes(inputs, out, norm);
    const each = strongMul(slope, expandNode(apart(ct), slope.sizes));
    const summed = sumOver([each], { dims: [each.ndim - (i === 0 ? 2 : 3)], keepdim: false });
    return i === 0 ? summed : sub(0, summed);
  },
  jvp: ([t, u], inputs, out, { norm }) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    const moved = differences(t ?? zerosOf(x), u ?? zerosOf(y));
    const each = strongMul(slopes(inputs, out, norm), moved);
    return sumOver([each], { dims: [each.ndim - 1], keepdim: false });
  },
  batch: (inputs, batched, attrs, size) => rowDistancesOf(batchAll(inputs, batched, size), attrs),
  reference: ([x, y], out, { norm }) => {
    const [a, b] = [(x as Value).data, (y as Value).data];
    const m = (x as Value).shape.at(-1) as number;
    const [p, r] = out.shape.slice(-2) as [number, number];
    const row = new Float64Array(m);
    for (let o = 0, at = 0; o < sizeOf(out.shape.slice(0, -2)); o++) {
      for (let i = o * p; i < (o + 1) * p; i++) {
        for (let j = o * r; j < (o + 1) * r; j++, at++) {
          for (let k = 0; k < m; k++) row[k] = Math.abs(a[i * m + k]! - b[j * m + k]!);
          out.data[at] = NORMS[norm](row);
        }
      }
    }
  },
});

const NORMS: Readonly<Record<DistanceNorm, (row: Float64Array) => number>> = {
  l1: (row) => row.reduce((sum, v) => sum + v, 0),
  l2: (row) => {
    const most = largest(row);
    // The square of a quotient never overflows.
    return most > 0 && most < Infinity
      ? most * Math.sqrt(row.reduce((sum, v) => sum + (v / most) ** 2, 0))
      : most;
  },
  max: largest,
};

function largest(row: Float64Array): number {
  return row.reduce((most, v) => Math.max(most, v), 0);
}

/** From LARGE numbers in all differences and LONG in a row on, products pay; from MANY on, sums without products do. */
const [LARGE, LONG, MANY] = [2 ** 18, 20, 2 ** 13];

/** Whether gradients are sums over rows, without storing differences. */
function isMany(x: Tensor, y: Tensor): boolean {
  return x.size * (y.sizes.at(-2) as number) >= MANY && x.device === 'cpu';
}

/** Whether distances come from products of rows instead of differences; never on a device without doubles. */
export function isLarge(x: Tensor, y: Tensor): boolean {
  const m = x.sizes.at(-1) as number;
  return m >= LONG && x.size * (y.sizes.at(-2) as number) >= LARGE && x.device === 'cpu';
}

/** The further operands of `rowDistancesOf`: products and squares of rows, minus the mean of the rows of `x`. */
export function gramOf(x: Tensor, y: Tensor): [Tensor, Tensor, Tensor] {
  const centre = meanOver(detach(x), [x.ndim - 2], true);
  const [a, b] = [x, y].map((z) => sub(detach(z), expandNode(centre, z.sizes))) as [Tensor, Tensor];
  const square = (z: Tensor): Tensor =>
    sumOver([mul(z, z)], { dims: [z.ndim - 1], keepdim: false });
  return [matmulOf([a, b], { transA: false, transB: true }), square(a), square(b)];
}

/**
 * The gradient of many distances, `Σⱼ wᵢⱼ (xᵢ − yⱼ)` with `wᵢⱼ = ctᵢⱼ / |xᵢ − yⱼ|`, or 0 where either is 0. Elements that are
 * not finite count as 0: the weights of their rows determine the result.
 */
function pulled(i: number, ct: Tensor, x: Tensor, y: Tensor, out: Tensor): Tensor {
  const zero = eq(out, 0);
  const slope = strongMul(ct, choose(zero, 0, div(1, choose(zero, 1, out))));
  const [a, b] = [x, y].map((z) => choose(isFinite(z), z, 0)) as [Tensor, Tensor];
  return rowPullsOf(i === 0 ? [slope, a, b] : [slope, b, a], { transposed: i === 1 });
}

/** The derivatives of the distances with respect to the elements of the differences. */
function slopes(inputs: readonly Tensor[], out: Tensor, norm: DistanceNorm): Tensor {
  const d = differences(inputs[0] as Tensor, inputs[1] as Tensor);
  if (norm === 'l1') return sign(d);
  const zero = eq(out, 0);
  if (norm === 'l2') {
    const rate = expandNode(apart(choose(zero, 1, out)), d.sizes);
    return choose(expandNode(apart(zero), d.sizes), 0, div(d, rate));
  }
  const chosen = castNode(eq(abs(d), expandNode(apart(out), d.sizes)), d.dtype);
  const count = sumOver([chosen], { dims: [d.ndim - 1], keepdim: true });
  return div(mul(add(chosen, 0), sign(d)), expandNode(count, d.sizes));
}

/** @file Cumulative operations along a dimension. */
import { normalizeDim } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import {
  composite,
  operand,
  type AlongMethod,
  type Operand,
  type SameShapeAlong,
  type SameShapeAlongMethod,
  type Along,
} from '../build/define.js';
import { gatherOf } from '../indexing/gather.js';
import { cumprodOf, cumsumOf, cumulativeExtreme } from './recurrence.js';
import type { ValuesAndIndices } from './reductions.js';

/**
 * `y[k] = x[0] + … + x[k]` along `dim`. Integers and booleans add up in int32. PyTorch: `torch.cumsum`.
 * @example cumsum(tensor([1, 2, 3]), 0) // [1, 3, 6]
 */
export const cumsum = composite('cumsum', (x: Operand, dim: number): Tensor =>
  along('cumsum', x, dim, (node, d) => cumsumOf([node], { dim: d, reverse: false })),
) as SameShapeAlong;

/**
 * `y[k] = x[0] · … · x[k]` along `dim`; the derivative is correct even where elements are 0. PyTorch: `torch.cumprod`.
 * @example cumprod(tensor([1, 2, 3]), 0) // [1, 2, 6]
 */
export const cumprod = composite('cumprod', (x: Operand, dim: number): Tensor =>
  along('cumprod', x, dim, (node, d) => cumprodOf([node], { dim: d })),
) as SameShapeAlong;

/** Treats a tensor without dimensions as a vector of one element. */
function along(
  op: string,
  x: Operand,
  dim: number,
  f: (node: Tensor, dim: number) => Tensor,
): Tensor {
  const node = operand(op, x);
  const d = normalizeDim(op, dim, node.ndim);
  return node.ndim === 0 ? reshapeNode(f(reshapeNode(node, [1]), 0), []) : f(node, d);
}

/**
 * The largest element so far along `dim` and its index: of equal ones the last; a NaN stays. The gradient goes to the
 * chosen elements. PyTorch: `torch.cummax`.
 * @example cummax(tensor([1, 3, 2]), 0).values // [1, 3, 3]
 */
export const cummax: Along<ValuesAndIndices> = composite('cummax', (x, dim) =>
  extremeSoFar('cummax', x, dim, 1),
);

/**
 * The smallest element so far; otherwise like `cummax`. PyTorch: `torch.cummin`.
 * @example cummin(tensor([3, 1, 2]), 0).values // [3, 1, 1]
 */
export const cummin: Along<ValuesAndIndices> = composite('cummin', (x, dim) =>
  extremeSoFar('cummin', x, dim, -1),
);

function extremeSoFar(op: string, x: Operand, dim: number, sign: 1 | -1): ValuesAndIndices {
  const node = operand(op, x);
  const vector = node.ndim === 0 ? reshapeNode(node, [1]) : node;
  const d = normalizeDim(op, dim, node.ndim);
  const indices = cumulativeExtreme([vector], { dim: d, sign });
  const values = gatherOf([vector, indices], { dim: d });
  return { values: reshapeNode(values, node.sizes), indices: reshapeNode(indices, node.sizes) };
}

/** The methods of this family. */
export interface ScansMethods {
  cumsum: SameShapeAlongMethod;
  cumprod: SameShapeAlongMethod;
  cummax: AlongMethod<ValuesAndIndices>;
  cummin: AlongMethod<ValuesAndIndices>;
}

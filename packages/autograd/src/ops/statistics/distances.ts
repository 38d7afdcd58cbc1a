/** @file Distances between tensors and between rows of matrices. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import { broadcastShapes, checkSize, normalizeDim, range, show } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import {
  composite,
  floatOperand,
  operand,
  resultType,
  type Operand,
  type SameShape,
} from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { gt } from '../build/relations.js';
import { constant } from '../../graph/version.js';
import { isFloat } from '../../graph/dtype.js';
import type { DistanceNorm } from '../../graph/lowering.js';
import { takeOf } from '../indexing/take.js';
import { vectorNorm } from '../linalg/vectorNorm.js';
import { gramOf, isLarge, rowDistancesOf } from './rowDistances.js';

/** Options of `dist`, `cdist` and `pdist`. */
export interface DistanceOptions {
  /** The order of the norm: 0 or more, Infinity for the largest difference. Default 2. */
  readonly p?: number;
}

const order = kinds.kind<number>('be a number ≥ 0', (x) => typeof x === 'number' && x >= 0);
const distOptions = defineOptions<DistanceOptions>({ p: kinds.number });
const distanceOptions = defineOptions<DistanceOptions>({ p: order });

/**
 * The norm of order `p` of `x − y`, broadcast: a single number. Where it is 0, its gradient is 0. PyTorch:
 * `torch.dist`.
 * @example dist(tensor([0, 0]), tensor([3, 4])) // 5
 */
export const dist = composite(
  'dist',
  (x: Operand, y: Operand, options?: DistanceOptions): Tensor => {
    const { p = 2 } = distOptions('dist', options);
    const dtype = resultType(x, y);
    if (!isFloat(dtype)) throw new DTypeError(`dist: expected float tensors, got ${dtype}`);
    const d = sub(
      castNode(operand('dist', x, dtype), dtype),
      castNode(operand('dist', y, dtype), dtype),
    );
    return vectorNorm(d, p, range(d.ndim), false);
  },
);

/**
 * The distances `[…, p, r]` from all rows of `a […, p, m]` to all rows of `b […, r, m]`, in the norm of order `p`;
 * leading dimensions broadcast. For equal rows the gradient is 0. PyTorch: `torch.cdist`.
 * @throws {ShapeError} if the rows differ in length.
 * @example cdist(tensor([[0, 0]]), tensor([[3, 4], [0, 1]])) // [[5, 1]]
 */
export const cdist = composite(
  'cdist',
  (a: Tensor, b: Tensor, options?: DistanceOptions): Tensor => {
    const { p = 2 } = distanceOptions('cdist', options);
    const [x, y] = [floatOperand('cdist', a), floatOperand('cdist', b)];
    if (x.dtype !== y.dtype)
      throw new DTypeError(`cdist: the dtypes differ: ${x.dtype} and ${y.dtype}`);
    if (x.ndim < 2 || y.ndim < 2 || x.sizes.at(-1) !== y.sizes.at(-1)) {
      throw new ShapeError(
        `cdist: expected rows of equal length, […, p, m] and […, r, m], got ${show(x.sizes)} and ${show(y.sizes)}`,
      );
    }
    return pairwise(x, y, p);
  },
);

/** The distances between all rows. */
function pairwise(x: Tensor, y: Tensor, p: number): Tensor {
  const lead = broadcastShapes('cdist', x.sizes.slice(0, -2), y.sizes.slice(0, -2));
  const norm = NORMS.get(p);
  if (norm !== undefined && x.sizes.at(-1) !== 0) {
    const wide = (z: Tensor): Tensor => expandNode(z, [...lead, ...z.sizes.slice(-2)]);
    const rows = [wide(x), wide(y)] as const;
    const gram = norm === 'l2' && isLarge(...rows) ? gramOf(...rows) : [];
    return rowDistancesOf([...rows, ...gram], { norm });
  }
  const left = reshapeNode(x, [...x.sizes.slice(0, -1), 1, x.sizes.at(-1) as number]);
  const right = reshapeNode(y, [...y.sizes.slice(0, -2), 1, ...y.sizes.slice(-2)]);
  const d = sub(left, right);
  return vectorNorm(d, p, [d.ndim - 1], false);
}

/** The orders that have a kernel. */
const NORMS: ReadonlyMap<number, DistanceNorm> = new Map<number, DistanceNorm>([
  [1, 'l1'],
  [2, 'l2'],
  [Infinity, 'max'],
]);

/**
 * The distances between all pairs of rows of `x [n, m]`, in the order (0, 1), (0, 2), … (n − 2, n − 1): `[n (n − 1)
 * / 2]`. PyTorch: `torch.nn.functional.pdist`.
 * @example pdist(tensor([[0, 0], [3, 4], [0, 1]])) // [5, 1, 4.2426]
 */
export const pdist = composite('pdist', (x: Tensor, options?: DistanceOptions): Tensor => {
  const { p = 2 } = distanceOptions('pdist', options);
  const node = floatOperand('pdist', x);
  if (node.ndim !== 2)
    throw new ShapeError(`pdist: expected a matrix [n, m], got shape ${show(node.sizes)}`);
  const n = node.sizes[0] as number;
  const count = Math.max(0, (n * (n - 1)) / 2);
  checkSize('pdist', [count]);
  const all = reshapeNode(pairwise(node, node, p), [n * n]);
  const pairs = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) pairs[at++] = i * n + j;
  return takeOf([all, makeLeaf(pairs, [count], 'int32')], { dim: 0 });
});

/** Infinity is one of them. */
const ORDER = kinds.kind<number>('be a number > 0', (x) => typeof x === 'number' && x > 0);

/**
 * Scales down each slice along `dim` whose norm of order `p` exceeds `maxnorm`, to that norm. PyTorch:
 * `torch.renorm`, with the same factor `maxnorm / (norm + 1e-7)`.
 * @example renorm(tensor([[3, 4], [0.3, 0.4]]), 2, 0, 1) // [[0.6, 0.8], [0.3, 0.4]]
 */
export const renorm = composite(
  'renorm',
  (x: Operand, p: number, dim: number, maxnorm: number): Tensor => {
    const node = floatOperand('renorm', x);
    checkArgument('renorm', 'p', p, ORDER);
    checkArgument('renorm', 'maxnorm', maxnorm, kinds.nonNegative);
    if (node.ndim < 2)
      throw new ShapeError(`renorm: expected at least 2 dimensions, got shape ${show(node.sizes)}`);
    const d = normalizeDim('renorm', dim, node.ndim);
    const norm = vectorNorm(
      node,
      p,
      range(node.ndim).filter((k) => k !== d),
      true,
    );
    const factor = choose(
      gt(norm, maxnorm),
      div(constant(maxnorm, node.dtype), add(norm, 1e-7)),
      1,
    );
    return mul(node, expandNode(factor, node.sizes));
  },
) as SameShape<[p: number, dim: number, maxnorm: number]>;

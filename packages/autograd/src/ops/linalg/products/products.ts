/** @file Other products: the Kronecker, cross and inner product, Vandermonde matrices. */
import { defineOptions, type OptionsReader } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../../errors.js';
import { broadcastShapes, checkInteger, normalizeDim, show } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { expandNode, reshapeNode } from '../../build/broadcast.js';
import { composite, operand, resultType, type Operand } from '../../build/define.js';
import { castNode } from '../../build/element.js';
import { mul, sub } from '../../build/fieldOperations.js';
import { filled } from '../../build/primitive.js';
import { cumprodOf } from '../../reductions/recurrence.js';
import { concatNode, flipNode, narrowNode } from '../../shape/movement.js';
import { tensordot } from './einsum.js';
import { dot } from '../matrix.js';

/**
 * The Kronecker product: each element of `x` times all of `y`; sizes are multiplied. PyTorch: `torch.kron`.
 * @example kron(tensor([1, 2]), tensor([1, 10])) // [1, 10, 2, 20]
 */
export const kron: (x: Operand, y: Operand) => Tensor = composite('kron', (x, y) => {
  const [a, b] = [operand('kron', x), operand('kron', y)];
  const n = Math.max(a.ndim, b.ndim);
  const full = (t: Tensor): number[] => [...new Array<number>(n - t.ndim).fill(1), ...t.sizes];
  const [s, t] = [full(a), full(b)];
  const interleaved = mul(
    reshapeNode(
      a,
      s.flatMap((size) => [size, 1]),
    ),
    reshapeNode(
      b,
      t.flatMap((size) => [1, size]),
    ),
  );
  return reshapeNode(
    interleaved,
    s.map((size, d) => size * t[d]!),
  );
});

/** Options of `cross`. */
export interface CrossOptions {
  /** The dimension of size 3. Default: the first of that size. */
  readonly dim?: number | null;
}

const crossOptions: OptionsReader<CrossOptions> = defineOptions<CrossOptions>({
  dim: kinds.orNull(kinds.dim),
});

/**
 * The cross product of vectors of length 3 along `dim`, by default the first dimension of size 3; others broadcast.
 * PyTorch: `torch.cross`. @throws {ShapeError} if that dimension has another size.
 * @example cross(tensor([1, 0, 0]), tensor([0, 1, 0])) // [0, 0, 1]
 */
export const cross: (x: Operand, y: Operand, options?: CrossOptions) => Tensor = composite(
  'cross',
  (x, y, options) => crossed('cross', x, y, crossOptions('cross', options).dim ?? null),
);

/** The cross product along `dim`; null means the first dimension of size 3. */
export function crossed(op: string, x: Operand, y: Operand, dim: number | null): Tensor {
  const dtype = resultType(x, y);
  const nodes = [x, y].map((t) => castNode(operand(op, t), dtype)) as [Tensor, Tensor];
  const shape = broadcastShapes(op, nodes[0].sizes, nodes[1].sizes);
  const d = dim === null ? shape.indexOf(3) : normalizeDim(op, dim, shape.length);
  const size = nodes.map((t) => t.sizes[d - (shape.length - t.ndim)]);
  if (d < 0 || size.some((n) => n !== 3)) {
    throw new ShapeError(
      `${op}: shapes ${nodes.map((t) => show(t.sizes)).join(' and ')} ` +
        (d < 0 ? 'have no dimension of size 3' : `must both have size 3 in dimension ${d}`),
    );
  }
  const [a, b] = nodes.map((t) => expandNode(t, shape)) as [Tensor, Tensor];
  const rotated = (t: Tensor, by: number): Tensor =>
    concatNode([narrowNode(t, d, by, 3 - by), narrowNode(t, d, 0, by)], d);
  return sub(mul(rotated(a, 1), rotated(b, 2)), mul(rotated(a, 2), rotated(b, 1)));
}

/**
 * Sums of products over the last dimension: `[…, k] × [***, k] → […, ***]`; a number scales. PyTorch: `torch.inner`.
 * @throws {ShapeError} if the last dimensions differ.
 * @example inner(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export const inner: (x: Operand, y: Operand) => Tensor = composite('inner', (x, y) => {
  const [a, b] = [operand('inner', x), operand('inner', y)];
  if (a.ndim === 0 || b.ndim === 0) return mul(x, y);
  if (a.sizes.at(-1) !== b.sizes.at(-1)) {
    throw new ShapeError(
      `inner: the last dimensions of ${show(a.sizes)} and ${show(b.sizes)} differ (${a.sizes.at(-1)} ≠ ${b.sizes.at(-1)})`,
    );
  }
  return tensordot(a, b, [[a.ndim - 1], [b.ndim - 1]]);
});

/**
 * The same as `dot`: in PyTorch the two differ only for complex numbers. PyTorch: `torch.vdot`.
 * @example vdot(tensor([1, 2]), tensor([3, 4])) // 11
 */
export const vdot: (x: Tensor, y: Tensor) => Tensor = composite('vdot', (x, y) => dot(x, y));

/** Options of `vander`. */
export interface VanderOptions {
  /** The number of powers. Default: the number of elements. */
  readonly N?: number | null;
  /** Whether powers rise from 0 instead of falling to it. Default false. */
  readonly increasing?: boolean;
}

const vanderOptions: OptionsReader<VanderOptions> = defineOptions<VanderOptions>({
  N: kinds.orNull(kinds.size),
  increasing: kinds.flag,
});

/**
 * The Vandermonde matrix: the powers of each element of a vector in a row, from N − 1 down to 0. PyTorch:
 * `torch.vander`.
 * @example vander(tensor([1, 2, 3])) // [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
 */
export const vander: (x: Operand, options?: VanderOptions) => Tensor = composite(
  'vander',
  (x, options) => {
    const { N, increasing = false } = vanderOptions('vander', options);
    const node = operand('vander', x);
    if (node.ndim !== 1)
      throw new ShapeError(`vander: expected a vector, got shape ${show(node.sizes)}`);
    const rising = powersOf('vander', node, N ?? node.size);
    return increasing ? rising : flipNode(rising, [1]);
  },
);

/** `x⁰ … xⁿ⁻¹` in a new last dimension. */
export function powersOf(op: string, x: Tensor, n: number): Tensor {
  checkInteger(op, 'N', n, 0);
  if (x.dtype === 'bool')
    throw new DTypeError(`${op}: not defined for booleans; cast them: x.cast('int32')`);
  if (n === 0) return filled(0, [...x.sizes, 0], x.dtype);
  const ones = filled(1, [...x.sizes, 1], x.dtype);
  if (n === 1) return ones;
  const repeated = expandNode(reshapeNode(x, [...x.sizes, 1]), [...x.sizes, n - 1]);
  return cumprodOf([concatNode([ones, repeated], x.ndim)], { dim: x.ndim });
}

/** The methods of this family. */
export interface ProductsMethods {
  kron(other: Operand): Tensor;
  inner(other: Operand): Tensor;
  vdot(other: Tensor): Tensor;
}

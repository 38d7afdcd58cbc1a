/** @file Einstein summation, and products over chosen dimensions. */
import { isArray } from '../../../arguments/kinds.js';
import { byPosition, checkArgument, defineOptions, plural } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ShapeError } from '../../../errors.js';
import { normalizeDims, range, show, sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { expandNode, reshapeNode } from '../../build/broadcast.js';
import { composite, operand, operandsOf } from '../../build/define.js';
import { contract, type Labelled } from './contraction.js';
import { parseEquation } from './equation.js';
import { mm } from '../matrix.js';
import { permuteNode } from '../../shape/movement.js';

/**
 * Einstein summation: sums of products as the equation specifies, `einsum('bij,bjk->bik', x, y)`.
 *
 * A label that occurs twice in an operand takes the diagonal; a label that is not in the result is summed over; `...`
 * stands for any further dimensions, which broadcast. Without `->` the result has every label that occurs once, in
 * alphabetical order, after those of `...`. Operands are contracted from left to right, each pair as one batched
 * matrix product. PyTorch: `torch.einsum`.
 *
 * @throws {ShapeError} if the equation and the shapes do not fit. @throws {ChainruleError} for an equation that
 * cannot be parsed.
 * @example einsum('ij,ij->i', x, y) // the inner product of each row
 */
export function einsum(
  equation: string,
  ...operands: readonly Tensor[] | readonly [readonly Tensor[]]
): Tensor {
  return einsumOf(equation, operands);
}

const einsumOf = composite(
  'einsum',
  (equation: string, given: readonly (Tensor | readonly Tensor[])[]): Tensor => {
    checkArgument('einsum', 'equation', equation, kinds.text);
    const list = given.length === 1 && isArray(given[0]) ? given[0] : given;
    const operands = operandsOf('einsum', list);
    const { inputs, output } = parseEquation(
      equation,
      operands.map((x) => x.sizes),
    );
    const labelled: Labelled[] = operands.map((x, i) => ({ x, labels: inputs[i]! }));
    return contract(labelled, output);
  },
);

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface EinsumMethods<S extends Shape = Shape> {
  tensordot(other: Tensor, dims?: TensordotOptions['dims'] | TensordotOptions): Tensor;
}

/** Options of `tensordot`. */
export interface TensordotOptions {
  /**
   * How many of the last dimensions of `x` are paired with the first of `y`, or which dimensions of each. Default 2.
   */
  readonly dims?: number | readonly [readonly number[], readonly number[]];
}

const dimensions = kinds.listOf(kinds.dim);
const tensordotOptions = byPosition(
  defineOptions<TensordotOptions>({
    dims: kinds.either(kinds.whole, kinds.tuple(dimensions, dimensions)),
  }),
  'dims',
);

/**
 * Sums products over paired dimensions of `x` and `y`; the result has the other dimensions of x, then those of y.
 * PyTorch: `torch.tensordot`.
 *
 * @throws {ShapeError} if paired dimensions differ in size; one of size 1 fits any.
 * @example tensordot(x, y, { dims: [[1], [0]] }) // a matrix product
 */
export const tensordot: (
  x: Tensor,
  y: Tensor,
  dims?: TensordotOptions['dims'] | TensordotOptions,
) => Tensor = composite('tensordot', (x, y, given, options?: TensordotOptions): Tensor => {
  const [a, b] = [operand('tensordot', x), operand('tensordot', y)];
  const { dims = 2 } = tensordotOptions('tensordot', given, options);
  const [da, db] = pairs(dims, a.sizes, b.sizes);
  const fits = (m: number, n: number): boolean => m === n || m === 1 || n === 1;
  if (da.length !== db.length || da.some((d, i) => !fits(a.sizes[d]!, b.sizes[db[i]!]!))) {
    throw new ShapeError(
      `tensordot: dimensions ${show(da)} of ${show(a.sizes)} and ${show(db)} of ${show(b.sizes)} must be of equal sizes, or 1`,
    );
  }
  const restA = range(a.ndim).filter((d) => !da.includes(d));
  const restB = range(b.ndim).filter((d) => !db.includes(d));
  const sizes = (t: Tensor, ds: readonly number[]): number[] => ds.map((d) => t.sizes[d]!);
  // A dimension of size 1 is repeated to the size of its partner.
  const paired = da.map((d, i) => (a.sizes[d] === 1 ? b.sizes[db[i]!]! : a.sizes[d]!));
  const wide = (t: Tensor, ds: readonly number[]): Tensor =>
    expandNode(
      t,
      t.sizes.map((n, d) => (ds.includes(d) ? paired[ds.indexOf(d)]! : n)),
    );
  const k = sizeOf(paired);
  const left = reshapeNode(permuteNode(wide(a, da), [...restA, ...da]), [
    sizeOf(sizes(a, restA)),
    k,
  ]);
  const right = reshapeNode(permuteNode(wide(b, db), [...db, ...restB]), [
    k,
    sizeOf(sizes(b, restB)),
  ]);
  return reshapeNode(mm(left, right), [...sizes(a, restA), ...sizes(b, restB)]);
});

function pairs(
  dims: number | readonly (readonly number[])[],
  a: Shape,
  b: Shape,
): [number[], number[]] {
  if (typeof dims !== 'number') {
    return [
      normalizeDims('tensordot', dims[0], a.length),
      normalizeDims('tensordot', dims[1], b.length),
    ];
  }
  if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.length, b.length)) {
    throw new ShapeError(
      `tensordot: ${plural(dims, 'dimension')} of ${show(a)} and ${show(b)} cannot be paired`,
    );
  }
  return [range(dims).map((d) => a.length - dims + d), range(dims)];
}

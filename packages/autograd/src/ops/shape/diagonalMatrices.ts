/** @file Matrices with given diagonals, and the indices of triangles. */
import { byPosition, defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkInteger, checkSize, normalizeDim, range } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { inverseOrder, padNode, permuteNode } from './movement.js';

/** Options of `diagEmbed`. */
export interface DiagEmbedOptions {
  /** Which diagonal: 0 is the main one, positive numbers lie above it. Default 0. */
  readonly offset?: number;
  /** The dimension of the rows in the result. Default −2. */
  readonly dim1?: number;
  /** The dimension of the columns in the result. Default −1. */
  readonly dim2?: number;
}

const diagEmbedOptions: OptionsReader<DiagEmbedOptions> = defineOptions<DiagEmbedOptions>({
  offset: kinds.whole,
  dim1: kinds.dim,
  dim2: kinds.dim,
});

/**
 * Matrices with the last dimension of `x` on a diagonal and 0 elsewhere: `[…, n] → […, n + |offset|, n + |offset|]`.
 * PyTorch: `torch.diag_embed`.
 * @example diagEmbed(tensor([1, 2])) // [[1, 0], [0, 2]]
 */
export const diagEmbed = composite(
  'diagEmbed',
  (x: Operand, options?: DiagEmbedOptions): Tensor => {
    const { offset = 0, dim1 = -2, dim2 = -1 } = diagEmbedOptions('diagEmbed', options);
    return embedded('diagEmbed', operand('diagEmbed', x), offset, dim1, dim2);
  },
);

function embedded(op: string, x: Tensor, offset: number, dim1: number, dim2: number): Tensor {
  if (x.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension, got a number`);
  const rank = x.ndim + 1;
  const [rows, columns] = [normalizeDim(op, dim1, rank), normalizeDim(op, dim2, rank)];
  if (rows === columns)
    throw new ShapeError(`${op}: dim1 and dim2 are both dimension ${rows}; they must differ`);
  const lead = x.sizes.slice(0, -1);
  const n = (x.sizes.at(-1) as number) + Math.abs(offset);
  const flat = padNode(x, [...lead, n * n], {
    start: [...lead.map(() => 0), offset >= 0 ? offset : -offset * n],
    step: [...lead.map(() => 1), n + 1],
  });
  const order = [...range(rank).filter((d) => d !== rows && d !== columns), rows, columns];
  return permuteNode(reshapeNode(flat, [...lead, n, n]), inverseOrder(order));
}

interface OffsetOption {
  readonly offset?: number;
}

const offsetOption = byPosition(defineOptions<OffsetOption>({ offset: kinds.whole }), 'offset');

/**
 * A matrix with all elements of `x` on a diagonal and 0 elsewhere. PyTorch: `torch.diagflat`.
 * @example diagflat(tensor([1, 2]), 1) // [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
 */
export const diagflat: (x: Operand, offset?: number | OffsetOption) => Tensor = composite(
  'diagflat',
  (x, offset) => {
    const node = operand('diagflat', x);
    const { offset: k = 0 } = offsetOption('diagflat', offset);
    return embedded('diagflat', reshapeNode(node, [node.size]), k, 0, 1);
  },
);

type Indices = (row: number, col: number, offset?: number | OffsetOption) => Tensor;

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(x, high));

/** The number of elements of a matrix on and below diagonal `k`: rows that grow by one, then full rows. */
function countBelow(rows: number, columns: number, k: number): number {
  const first = clamp(-k, 0, rows);
  const whole = clamp(columns - 1 - k, first, rows);
  return ((whole - first) * (first + whole + 2 * k + 1)) / 2 + (rows - whole) * columns;
}

function triangleIndices(op: string, lower: boolean): Indices {
  return composite(op, (row: number, col: number, offset?: number | OffsetOption): Tensor => {
    checkInteger(op, 'row', row, 0);
    checkInteger(op, 'col', col, 0);
    const { offset: k = 0 } = offsetOption(op, offset);
    const n = lower ? countBelow(row, col, k) : countBelow(col, row, -k);
    checkSize(op, [2, n]);
    const indices = new Int32Array(2 * n);
    // Rows before and after those of the triangle are skipped: there may be very many.
    let i = lower ? clamp(-k, 0, row) : 0;
    for (let at = 0; at < n; i++) {
      const from = lower ? 0 : clamp(i + k, 0, col);
      const to = lower ? clamp(i + k + 1, 0, col) : col;
      indices.fill(i, at, at + to - from);
      for (let j = from; j < to; j++) indices[n + at++] = j;
    }
    return makeLeaf(indices, [2, n], 'int32');
  });
}

/**
 * The rows and columns of the elements of a matrix on and below a diagonal: int32 `[2, n]`. PyTorch:
 * `torch.tril_indices`.
 * @example trilIndices(2, 2) // [[0, 1, 1], [0, 0, 1]]
 */
export const trilIndices: Indices = triangleIndices('trilIndices', true);

/**
 * The rows and columns of the elements of a matrix on and above a diagonal: int32 `[2, n]`. PyTorch:
 * `torch.triu_indices`.
 * @example triuIndices(2, 2) // [[0, 0, 1], [0, 1, 1]]
 */
export const triuIndices: Indices = triangleIndices('triuIndices', false);

/** @file The matrices of scores that a kernel reads or writes completely: batches of rows, in memory order. */
import type { LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';

/** The scores of a batch. */
export interface Grid {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

export function same(x: Grid, y: Grid): boolean {
  return x.rows === y.rows && x.columns === y.columns && x.batch.join() === y.batch.join();
}

/** Whether strides describe contiguous elements; strides of dimensions of size 1 do not matter. */
function areContiguous(sizes: readonly number[], strides: readonly number[], step = 1): boolean {
  const own = stridesOf(sizes);
  return sizes.every((size, d) => size === 1 || strides[d] === own[d]! * step);
}

/** The scores that a product writes, if they are stored in row-major order. */
export function gridOf({ out, batch, m, n }: MatmulKernel): Grid | null {
  if (out.dtype !== 'float32' || out.offset !== 0) return null;
  return areContiguous([...batch, m, n], out.strides) ? { batch, rows: m, columns: n } : null;
}

/** Whether a loop traverses all scores by rows. */
export function walks({ outer, inner }: LoopKernel, { batch, rows, columns }: Grid): boolean {
  return sizeOf(inner) === columns && sizeOf(outer) === sizeOf(batch) * rows;
}

/** Whether an access of a loop over a grid is at the score of the current point. */
export function isPointOf({ outer, inner }: LoopKernel, { offset, strides }: Access): boolean {
  const rank = outer.length;
  return (
    offset === 0 &&
    strides.length > rank &&
    areContiguous(outer, strides.slice(0, rank), sizeOf(inner)) &&
    areContiguous(inner, strides.slice(rank))
  );
}

/** How a product sums scores: along the rows, or down the columns; null if it does neither. */
export function sumsOver(
  { a, b, out, batch, m, k }: MatmulKernel,
  buffer: number,
  grid: Grid,
): 'rows' | 'columns' | null {
  const { rows, columns } = grid;
  if (a.buffer !== buffer || b.buffer === buffer || a.offset !== 0) return null;
  if (out.dtype !== 'float32' || batch.join() !== grid.batch.join()) return null;
  const rank = batch.length;
  const [first, second] = a.strides.slice(rank) as [number, number];
  if (!areContiguous(batch, a.strides.slice(0, rank), rows * columns)) return null;
  const fits = (size: number, stride: number, want: number): boolean =>
    size === 1 || stride === want;
  if (m === rows && k === columns && fits(m, first, columns) && fits(k, second, 1)) return 'rows';
  if (m === columns && k === rows && fits(m, first, 1) && fits(k, second, columns))
    return 'columns';
  return null;
}

/** @file How a product is cut into blocks, and how its matrices are read: decided by sizes and strides. */
import type { Quantity } from '../assembler/moduleBuilder.js';
import type { Tiling } from './microKernel.js';
import type { Packing } from './packing.js';
import { FACTOR_BYTES, MIN_COLUMNS } from './tinyRows.js';

export const DEPTH_BLOCK = 256;
export const ROW_BLOCK = 120;
export const COLUMN_BLOCK = 512;
/** Elements reserved for a copy of a block of A, whatever its size: so the memory of an exported program grows evenly. */
const BLOCK_CAPACITY = 128 * DEPTH_BLOCK;
/** Rows of B up to this many bytes are read in place. */
const MAX_UNPACKED_ROW = 2048;
/** If columns of A are this many bytes apart, and at least `MIN_COPIED_TILES` tiles read them, blocks of A are copied. */
const MIN_COPIED_STRIDE = 2048;
const MIN_COPIED_TILES = 4;

/** Byte strides of a matrix. */
export interface Matrix<Q extends Quantity = number> {
  readonly rows: Q;
  readonly columns: Q;
}

/** `C [m, n] = A [m, k] · B [k, n]`. */
export interface Product<Q extends Quantity = number> {
  readonly m: Q;
  readonly n: Q;
  readonly k: Q;
  readonly a: Matrix<Q>;
  readonly b: Matrix<Q>;
  readonly c: Matrix<Q>;
}

/** How the matrices of a product are read. Decided by sizes and strides, and part of the code. */
export interface Blocking {
  /** How B is packed; undefined if it is read in place. */
  readonly packing: Packing | undefined;
  /** Whether blocks of A are copied to be contiguous. */
  readonly copiesA: boolean;
  /** Whether rows of C are contiguous. */
  readonly rowMajor: boolean;
  /** Whether tiny rows of A are scaled. */
  readonly scales: boolean;
}

export function blockingOf(t: Tiling, { m, n, a, b, c }: Product): Blocking {
  const rowMajor = b.columns === t.size;
  const inPlace = rowMajor && (Math.abs(b.rows) <= MAX_UNPACKED_ROW || m <= 2 * t.rows);
  const packing = rowMajor ? 'rows' : b.rows === t.size ? 'columns' : 'general';
  const isStrided = a.rows === t.size && Math.abs(a.columns) >= MIN_COPIED_STRIDE;
  return {
    packing: inPlace ? undefined : packing,
    copiesA: isStrided && n >= MIN_COPIED_TILES * columnsOf(t),
    rowMajor: c.columns === t.size,
    scales: t.term === 'product' && t.size === 4 && n >= MIN_COLUMNS,
  };
}

/** Offsets in scratch memory after `FOLD_BYTES`: packed panels of B at 0, then a copy of a block of A, then scaled rows. */
export interface ScratchLayout<Q extends Quantity = number> {
  readonly copy: Q;
  readonly scaled: Q;
}

/** The offsets for a product, and its bytes. */
export function scratchLayoutOf(
  t: Tiling,
  { n, k }: Product,
  { packing, copiesA, scales }: Blocking,
): ScratchLayout & { readonly bytes: number } {
  const depth = Math.min(k, DEPTH_BLOCK) * t.size;
  const width = Math.ceil(Math.min(n, COLUMN_BLOCK) / columnsOf(t)) * columnsOf(t);
  const copy = packing === undefined ? 0 : width * depth;
  const scaled = copy + (copiesA ? BLOCK_CAPACITY * t.size : 0);
  return {
    copy,
    scaled,
    bytes: scaled + (scales ? FACTOR_BYTES + BLOCK_CAPACITY * t.size : 0),
  };
}

/** Columns of a full tile. */
export function columnsOf(t: Tiling): number {
  return t.vectors * t.lanes;
}

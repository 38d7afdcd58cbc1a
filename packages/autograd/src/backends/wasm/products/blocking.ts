/** @file How a product is cut into blocks, and how its matrices are read: decided by sizes and strides. */
import type { Quantity } from '../assembler/moduleBuilder.js';
import type { Packing, Tiling } from './microKernel.js';

export const DEPTH_BLOCK = 256;
export const ROW_BLOCK = 120;
export const COLUMN_BLOCK = 512;
/** Rows of B up to this many bytes are read in place. */
const SHORT_ROW = 2048;
/** Columns of A this many bytes apart are copied together where they are read for so many tiles. */
const FAR = 2048;
const MANY_TILES = 4;

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

/** How the matrices of a product are read: what of it is code, decided by sizes and strides. */
export interface Blocking {
  /** How B is packed; undefined where it is read in place. */
  readonly packing: Packing | undefined;
  /** Whether blocks of A are copied together. */
  readonly copiesA: boolean;
  /** Whether the elements of a row of C follow each other. */
  readonly rowMajor: boolean;
}

export function blockingOf(t: Tiling, { m, n, a, b, c }: Product): Blocking {
  const rowMajor = b.columns === t.size;
  const inPlace = rowMajor && (Math.abs(b.rows) <= SHORT_ROW || m <= 2 * t.rows);
  const packing = rowMajor ? 'rows' : b.rows === t.size ? 'columns' : 'general';
  const far = a.rows === t.size && Math.abs(a.columns) >= FAR;
  return {
    packing: inPlace ? undefined : packing,
    copiesA: far && n >= MANY_TILES * columnsOf(t),
    rowMajor: c.columns === t.size,
  };
}

/** Bytes of the packed panels of B, in scratch memory from `FOLD_BYTES` on, and with a block of A after them. */
export function packedBytes(
  t: Tiling,
  { n, k }: Product,
  { packing, copiesA }: Blocking,
): { readonly panels: number; readonly all: number } {
  const depth = Math.min(k, DEPTH_BLOCK) * t.size;
  const width = Math.ceil(Math.min(n, COLUMN_BLOCK) / columnsOf(t)) * columnsOf(t);
  const panels = packing === undefined ? 0 : width * depth;
  return { panels, all: panels + (copiesA ? ROW_BLOCK * depth : 0) };
}

/** Columns of a full tile. */
export function columnsOf(t: Tiling): number {
  return t.vectors * t.lanes;
}

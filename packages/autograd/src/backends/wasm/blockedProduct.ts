/**
 * @file The blocked product of two matrices, written into a function: what matrix products and convolutions share.
 *
 * Blocks of the depth are 256 long, so that a panel of B stays in the first cache and a block of A in the second. A is
 * read where it lies, unless its columns are contiguous and far apart: a few elements of each would then compete for the
 * same places of the cache, so that blocks are copied together. B is read where it lies if its rows are contiguous and
 * short, else packed panel by panel.
 */
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { FOLD_BYTES, SCRATCH } from './kernelFunction.js';
import { edgeFunction, gatherFunction, packFunction, tileFunction } from './microKernel.js';
import type { Packing, Tiling } from './microKernel.js';
import { I32 } from './opcodes.js';

const DEPTH_BLOCK = 256;
const ROW_BLOCK = 120;
const COLUMN_BLOCK = 512;
/** Rows of B up to this many bytes are read in place. */
const SHORT_ROW = 2048;
/** Columns of A this many bytes apart are copied together where they are read for so many tiles. */
const FAR = 2048;
const MANY_TILES = 4;

/** Byte strides of a matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** `C [m, n] = A [m, k] · B [k, n]`. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
}

/** Rows or columns from a local on (from 0 where there is none) up to the value of another. */
export type Range = readonly [start: number | undefined, end: () => void];

/** Writes a product into `f`, whose local `SCRATCH` points to `FOLD_BYTES` and then `packedBytes` of scratch memory. */
export class BlockedProduct {
  /** Columns of a full tile. */
  readonly tileColumns: number;
  /** Scratch bytes for packed panels of B and a block of A, after the first `FOLD_BYTES`. */
  readonly packedBytes: number;
  private readonly module: ModuleBuilder;
  private readonly f: FunctionBuilder;
  private readonly t: Tiling;
  private readonly p: Product;
  /** How B is packed; undefined where it is read in place. */
  private readonly packing: Packing | undefined;
  /** How A is read: where it lies, or from a copy of a block of it. */
  private readonly a: Matrix;
  private readonly copiesA: boolean;
  private readonly bytesB: number;

  constructor(module: ModuleBuilder, f: FunctionBuilder, t: Tiling, product: Product) {
    this.module = module;
    this.f = f;
    this.t = t;
    this.p = product;
    const { b, m, n, k } = product;
    this.tileColumns = t.vectors * t.lanes;
    const rowMajor = b.columns === t.size;
    const inPlace = rowMajor && (Math.abs(b.rows) <= SHORT_ROW || m <= 2 * t.rows);
    this.packing = inPlace
      ? undefined
      : rowMajor
        ? 'rows'
        : b.rows === t.size
          ? 'columns'
          : 'general';
    const panels = Math.ceil(Math.min(n, COLUMN_BLOCK) / this.tileColumns);
    this.bytesB =
      this.packing === undefined
        ? 0
        : panels * this.tileColumns * Math.min(k, DEPTH_BLOCK) * t.size;
    const { a } = product;
    this.copiesA =
      a.rows === t.size && Math.abs(a.columns) >= FAR && n >= MANY_TILES * this.tileColumns;
    this.a = this.copiesA ? { rows: t.size, columns: ROW_BLOCK * t.size } : a;
    const bytesA = this.copiesA ? ROW_BLOCK * t.size * Math.min(k, DEPTH_BLOCK) : 0;
    this.packedBytes = this.bytesB + bytesA;
  }

  /**
   * The product of the matrices that the locals `a`, `b` and `c` point to, within some columns and rows. It is added to
   * what C holds where the local `accumulate` is not 0.
   */
  write(
    a: number,
    b: number,
    c: number,
    columns: Range = [undefined, () => this.f.i32(this.p.n)],
    rows: Range = [undefined, () => this.f.i32(this.p.m)],
    accumulate?: number,
  ): void {
    const { f } = this;
    blocks(f, columns[0], columns[1], COLUMN_BLOCK, (column, width) => {
      blocks(
        f,
        undefined,
        () => f.i32(this.p.k),
        DEPTH_BLOCK,
        (depth, length) => {
          this.pack(b, column, width, depth, length);
          blocks(f, rows[0], rows[1], ROW_BLOCK, (row, height) => {
            const blockA = this.blockOfA(a, row, depth, length);
            this.tiles({ blockA, b, c, column, width, depth, length, row, height }, accumulate);
          });
        },
      );
    });
  }

  /** Pushes `base + i·stride`. */
  private offset(i: number, stride: number): FunctionBuilder {
    return this.f.get(i).i32(stride).op(I32.mul).op(I32.add);
  }

  /** Points to the block of A from a row and a depth on, copied together where it is. */
  private blockOfA(a: number, row: number, depth: number, length: number): number {
    const { f, p } = this;
    const block = f.local('i32');
    f.get(a);
    this.offset(row, p.a.rows);
    this.offset(depth, p.a.columns).set(block);
    if (this.copiesA) {
      const to = f.local('i32');
      f.get(SCRATCH)
        .i32(FOLD_BYTES + this.bytesB)
        .op(I32.add)
        .set(to);
      const gather = gatherFunction(this.module, this.a.columns);
      f.get(length).get(block).i32(p.a.columns).get(to).call(gather);
      f.get(to).set(block);
    }
    return block;
  }

  private pack(b: number, column: number, width: number, depth: number, length: number): void {
    const { f, t } = this;
    if (this.packing === undefined) return;
    const to = f.local('i32');
    f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).set(to);
    const pack = packFunction(this.module, t, this.packing);
    blocks(
      f,
      undefined,
      () => f.get(width),
      this.tileColumns,
      (panel, count) => {
        f.get(length);
        f.get(b);
        this.offset(depth, this.p.b.rows);
        f.get(column).get(panel).op(I32.add).i32(this.p.b.columns).op(I32.mul).op(I32.add);
        f.i32(this.p.b.rows).i32(this.p.b.columns).get(to).get(count).call(pack);
        f.get(length)
          .i32(this.tileColumns * t.size)
          .op(I32.mul)
          .get(to)
          .op(I32.add)
          .set(to);
      },
    );
  }

  private tiles(
    at: Record<
      'blockA' | 'b' | 'c' | 'column' | 'width' | 'depth' | 'length' | 'row' | 'height',
      number
    >,
    accumulate: number | undefined,
  ): void {
    const { f, t, p } = this;
    const add = (): void => {
      f.get(at.depth).i32(0).op(I32.ne);
      if (accumulate !== undefined) f.get(accumulate).op(I32.or);
    };
    const [panelB, rowA, rowC] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const tileBytes = this.tileColumns * t.size;
    blocks(
      f,
      undefined,
      () => f.get(at.width),
      this.tileColumns,
      (panel, columns) => {
        if (this.packing === undefined) {
          f.get(at.b);
          this.offset(at.depth, this.p.b.rows);
          f.get(at.column).get(panel).op(I32.add).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
        } else {
          f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add);
          f.get(panel).get(at.length).op(I32.mul).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
        }
        blocks(
          f,
          undefined,
          () => f.get(at.height),
          t.rows,
          (tile, rows) => {
            f.get(at.blockA);
            this.offset(tile, this.a.rows).set(rowA);
            f.get(at.c);
            f.get(at.row).get(tile).op(I32.add).i32(this.p.c.rows).op(I32.mul).op(I32.add);
            f.get(at.column)
              .get(panel)
              .op(I32.add)
              .i32(this.p.c.columns)
              .op(I32.mul)
              .op(I32.add)
              .set(rowC);
            const call = (
              count: number,
              c: () => void,
              pitch: number,
              adding: () => void,
            ): void => {
              f.get(at.length).get(rowA).i32(this.a.rows).i32(this.a.columns);
              f.get(panelB).i32(this.packing === undefined ? this.p.b.rows : tileBytes);
              c();
              f.i32(pitch);
              adding();
              f.call(tileFunction(this.module, t, count));
            };
            const byHeight = (c: () => void, pitch: number, adding: () => void): void => {
              const rest = p.m % t.rows;
              const whole = (): void => call(t.rows, c, pitch, adding);
              const part = (): void => call(rest, c, pitch, adding);
              if (rest === 0) whole();
              else if (p.m < t.rows) part();
              else f.get(rows).i32(t.rows).op(I32.eq).if(whole, part);
            };
            const direct = (): void => byHeight(() => f.get(rowC), this.p.c.rows, add);
            const edge = (): void => {
              byHeight(
                () => f.get(SCRATCH),
                tileBytes,
                () => f.i32(0),
              );
              f.get(SCRATCH)
                .get(rowC)
                .i32(this.p.c.rows)
                .i32(this.p.c.columns)
                .get(rows)
                .get(columns);
              add();
              f.call(edgeFunction(this.module, t));
            };
            if (this.p.c.columns !== t.size || p.n < this.tileColumns) edge();
            else if (p.n % this.tileColumns === 0) direct();
            else f.get(columns).i32(this.tileColumns).op(I32.eq).if(direct, edge);
          },
        );
      },
    );
  }
}

/** `for (i = start; i < end; i += step)`, the body also getting min(step, end − i). */
export function blocks(
  f: FunctionBuilder,
  start: number | undefined,
  end: () => void,
  step: number,
  body: (i: number, count: number) => void,
): void {
  const [i, count] = [f.local('i32'), f.local('i32')];
  if (start === undefined) f.i32(0);
  else f.get(start);
  f.set(i);
  f.block(() => {
    f.loop(() => {
      end();
      f.get(i).op(I32.sub).tee(count).i32(0).op(I32.leS).brIf(1);
      if (step > 1) f.i32(step).get(count).get(count).i32(step).op(I32.gtS).select().set(count);
      body(i, count);
      f.advance(i, step).br(0);
    });
  });
}

/**
 * @file The blocked product of two matrices, written into a function: shared by matrix products and convolutions.
 *
 * Blocks have a depth of 256, so that a panel of B stays in the L1 cache and a block of A in the L2 cache. A is read in
 * place, unless its columns are contiguous and far apart: then a few elements of each column would compete for the same cache
 * lines, so blocks are copied. B is read in place if its rows are contiguous and short, otherwise packed panel by panel.
 */
import type { FunctionBuilder, ModuleBuilder, Quantity } from '../assembler/moduleBuilder.js';
import { COLUMN_BLOCK, columnsOf, DEPTH_BLOCK, ROW_BLOCK } from './blocking.js';
import type { Blocking, Matrix, Product, ScratchLayout } from './blocking.js';
import { FOLD_BYTES, SCRATCH } from '../assembler/kernelFunction.js';
import { edgeFunction, tileFunction } from './microKernel.js';
import { gatherFunction, packFunction } from './packing.js';
import type { Tiling } from './microKernel.js';
import { FACTOR_BYTES, scaledRowsFunction, tinyRowsFunction, unscaleFunction } from './tinyRows.js';
import { I32 } from '../assembler/opcodes.js';

/** Rows or columns from the value of a local (or 0) up to a pushed value. */
export type Range = readonly [start: number | undefined, end: () => void];

/**
 * Writes a product into `f`, whose local `SCRATCH` points to `FOLD_BYTES` of scratch memory, followed by the bytes that
 * `roomOf` counts.
 */
export class BlockedProduct {
  private readonly module: ModuleBuilder;
  private readonly f: FunctionBuilder;
  private readonly t: Tiling;
  private readonly p: Product<Quantity>;
  private readonly plan: Blocking;
  private readonly layout: ScratchLayout<Quantity>;
  /** For pulls: the distance in bytes from C to what B is subtracted from. */
  private readonly beyond: Quantity | undefined;
  /** The strides of A: in place, or in a copy of a block of it. */
  private readonly a: Matrix<Quantity>;
  /** A local that says whether rows of the current block are scaled, and one that points to their factors. */
  private readonly scaled: { readonly any: number; readonly factors: number } | null;

  constructor(
    module: ModuleBuilder,
    f: FunctionBuilder,
    t: Tiling,
    product: Product<Quantity>,
    blocking: Blocking,
    scratch: ScratchLayout<Quantity>,
    beyond?: Quantity,
  ) {
    this.module = module;
    this.f = f;
    this.t = t;
    this.p = product;
    this.plan = blocking;
    this.layout = scratch;
    this.beyond = beyond;
    this.scaled = blocking.scales ? { any: f.local('i32'), factors: f.local('i32') } : null;
    this.a = blocking.copiesA ? { rows: t.size, columns: ROW_BLOCK * t.size } : product.a;
  }

  /**
   * The product of the matrices that the locals `a`, `b` and `c` point to, within some columns and rows. If the local
   * `accumulate` is not 0, it is added to C.
   */
  write(
    a: number,
    b: number,
    c: number,
    columns: Range = [undefined, () => this.f.push(this.p.n)],
    rows: Range = [undefined, () => this.f.push(this.p.m)],
    accumulate?: number,
  ): void {
    const { f } = this;
    blocks(f, columns[0], columns[1], COLUMN_BLOCK, (column, width) => {
      blocks(
        f,
        undefined,
        () => f.push(this.p.k),
        DEPTH_BLOCK,
        (depth, length) => {
          this.pack(b, column, width, depth, length);
          blocks(f, rows[0], rows[1], ROW_BLOCK, (row, height) => {
            const blockA = this.blockOfA(a, row, depth, length);
            const read = this.scaleRows(blockA, height, length);
            this.tiles(
              { blockA, b, c, column, width, depth, length, row, height },
              read,
              accumulate,
            );
          });
        },
      );
    });
  }

  /** Pushes `base + i·stride`. */
  private offset(i: number, stride: Quantity): FunctionBuilder {
    return this.f.get(i).push(stride).op(I32.mul).op(I32.add);
  }

  /** A pointer to the block of A from a row and a depth on, or to its copy. */
  private blockOfA(a: number, row: number, depth: number, length: number): number {
    const { f, p } = this;
    const block = f.local('i32');
    f.get(a);
    this.offset(row, p.a.rows);
    this.offset(depth, p.a.columns).set(block);
    if (this.plan.copiesA) {
      const to = f.local('i32');
      this.scratch(this.layout.copy).set(to);
      const gather = gatherFunction(this.module, ROW_BLOCK * this.t.size);
      f.get(length).get(block).push(p.a.columns).get(to).call(gather);
      f.get(to).set(block);
    }
    return block;
  }

  /** Pushes an address in scratch memory. */
  private scratch(at: Quantity): FunctionBuilder {
    return this.f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).push(at).op(I32.add);
  }

  /** If any row of a block of A must be scaled, copies the block and points to the copy; returns the strides of the block. */
  private scaleRows(block: number, rows: number, depth: number): Matrix<Quantity> {
    const { f, module, scaled, a } = this;
    if (scaled === null) return a;
    const [row, column] = [f.local('i32'), f.local('i32')];
    f.push(a.rows).set(row).push(a.columns).set(column);
    this.scratch(this.layout.scaled).set(scaled.factors);
    const where = (): FunctionBuilder => f.get(block).get(rows).get(depth).get(row).get(column);
    where().get(scaled.factors).call(tinyRowsFunction(module)).tee(scaled.any);
    f.if(() => {
      const to = f.local('i32');
      where().get(scaled.factors).get(scaled.factors).i32(FACTOR_BYTES).op(I32.add).tee(to);
      f.call(scaledRowsFunction(module));
      f.get(to).set(block).get(depth).i32(4).op(I32.mul).set(row).i32(4).set(column);
    });
    return { rows: { local: row }, columns: { local: column } };
  }

  private pack(b: number, column: number, width: number, depth: number, length: number): void {
    const { f, t, p } = this;
    const { packing } = this.plan;
    if (packing === undefined) return;
    const to = f.local('i32');
    f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).set(to);
    const pack = packFunction(this.module, t, packing);
    blocks(
      f,
      undefined,
      () => f.get(width),
      columnsOf(t),
      (panel, count) => {
        f.get(length);
        f.get(b);
        this.offset(depth, p.b.rows);
        f.get(column).get(panel).op(I32.add).push(p.b.columns).op(I32.mul).op(I32.add);
        f.push(p.b.rows).push(p.b.columns).get(to).get(count).call(pack);
        f.get(length)
          .i32(columnsOf(t) * t.size)
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
    read: Matrix<Quantity>,
    accumulate: number | undefined,
  ): void {
    const { f, t, p, scaled } = this;
    const { packing } = this.plan;
    const add = (): void => {
      f.get(at.depth).i32(0).op(I32.ne);
      if (accumulate !== undefined) f.get(accumulate).op(I32.or);
    };
    const [panelB, rowA, rowC] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const width = columnsOf(t);
    const panel = (first: number, columns: number): void => {
      if (packing === undefined) {
        f.get(at.b);
        this.offset(at.depth, p.b.rows);
        f.get(at.column).get(first).op(I32.add).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
      } else {
        f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add);
        f.get(first).get(at.length).op(I32.mul).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
      }
      blocks(
        f,
        undefined,
        () => f.get(at.height),
        t.rows,
        (tile, rows) => {
          f.get(at.blockA);
          this.offset(tile, read.rows).set(rowA);
          f.get(at.c);
          f.get(at.row).get(tile).op(I32.add).push(p.c.rows).op(I32.mul).op(I32.add);
          f.get(at.column).get(first).op(I32.add).push(p.c.columns).op(I32.mul).op(I32.add);
          f.set(rowC);
          const call = (c: number, pitch: Quantity, adding: () => void): void =>
            this.tile(rows, (count) => {
              f.get(at.length).get(rowA).push(read.rows).push(read.columns).get(panelB);
              f.push(packing === undefined ? p.b.rows : width * t.size)
                .get(c)
                .push(pitch);
              adding();
              if (this.beyond !== undefined)
                f.get(rowC).push(this.beyond).op(I32.add).push(p.c.rows);
              f.call(tileFunction(this.module, t, count));
            });
          const direct = (): void => call(rowC, p.c.rows, add);
          const edge = (): void => {
            call(SCRATCH, width * t.size, () => f.i32(0));
            if (scaled !== null) {
              f.get(scaled.any).if(() => {
                f.get(SCRATCH);
                f.get(scaled.factors).get(tile).i32(4).op(I32.mul).op(I32.add);
                f.get(rows).call(unscaleFunction(this.module, t));
              });
            }
            f.get(SCRATCH).get(rowC).push(p.c.rows).push(p.c.columns).get(rows).get(columns);
            add();
            f.call(edgeFunction(this.module, t));
          };
          if (this.plan.rowMajor) {
            f.get(columns).i32(width).op(I32.eq);
            if (scaled !== null) f.get(scaled.any).op(I32.eqz).op(I32.and);
            f.if(direct, edge);
          } else edge();
        },
      );
    };
    blocks(f, undefined, () => f.get(at.width), width, panel);
  }

  /** Calls the tile function for the number of rows in the local `rows`: full tiles first. */
  private tile(rows: number, call: (count: number) => void): void {
    const from = (count: number): void => {
      if (count === 1) return call(1);
      this.f
        .get(rows)
        .i32(count)
        .op(I32.eq)
        .if(
          () => call(count),
          () => from(count - 1),
        );
    };
    from(this.t.rows);
  }
}

/** `for (i = start; i < end; i += step)`; the body also gets min(step, end − i). */
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

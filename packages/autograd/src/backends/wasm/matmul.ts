/**
 * @file Matrix products: blocked over tiles that stay in registers.
 *
 * Blocks of the depth are 256 long, so that a panel of B stays in the first cache and a block of A in the second. A is
 * read where it lies. B is read where it lies if its rows are contiguous and short, else packed panel by panel. Threads
 * take columns, rows or matrices of a batch; the order in which one element is summed never changes.
 */
import type { Access, LoopKernel, MatmulKernel } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { FOLD_BYTES, kernelFunction, loadAddress, SCRATCH, threadRange } from './kernelFunction.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { edgeFunction, packFunction, tileFunction, tiling } from './microKernel.js';
import type { Packing, Tiling } from './microKernel.js';
import { I32 } from './opcodes.js';

const DEPTH_BLOCK = 256;
const ROW_BLOCK = 120;
const COLUMN_BLOCK = 512;
/** Rows of B up to this many bytes are read in place. */
const SHORT_ROW = 2048;
/** Multiplications below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/** Products that are better written as sums over a loop: small ones, vectors, integers. */
export function matmulAsLoop(kernel: MatmulKernel): LoopKernel | undefined {
  const { batch, m, n, k, a, b, out } = kernel;
  const float =
    (out.dtype === 'float32' || out.dtype === 'float64') &&
    a.dtype === out.dtype &&
    b.dtype === out.dtype;
  if (float && m > 1 && n > 1 && m * n * k > 1024) return undefined;
  const rank = batch.length;
  const at = (access: Access, rows: number, columns: number, depth: number): Access => ({
    ...access,
    strides: [...access.strides.slice(0, rank), rows, columns, depth],
  });
  const stride = (access: Access, d: number): number => access.strides[rank + d] as number;
  return {
    kind: 'loop',
    outer: [...batch, m, n],
    inner: [k],
    inputs: [at(a, stride(a, 0), 0, stride(a, 1)), at(b, 0, stride(b, 1), stride(b, 0))],
    body: [
      { kind: 'load', input: 0, dtype: a.dtype },
      { kind: 'load', input: 1, dtype: b.dtype },
      { kind: 'op', op: 'mul', args: [0, 1], dtype: out.dtype },
      { kind: 'reduce', op: 'sum', arg: 2, dtype: out.dtype },
    ],
    outputs: [{ ...out, value: 3 }],
  };
}

export function compileMatmul(
  module: ModuleBuilder,
  kernel: MatmulKernel,
  context: KernelContext,
): CompiledKernel {
  return new MatmulCompiler(module, kernel, context).compile();
}

/** Byte strides of a matrix. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

class MatmulCompiler {
  private readonly module: ModuleBuilder;
  private readonly kernel: MatmulKernel;
  private readonly t: Tiling;
  private readonly f: FunctionBuilder;
  private readonly a: Matrix;
  private readonly b: Matrix;
  private readonly c: Matrix;
  private readonly tileColumns: number;
  private readonly batches: number;
  /** How B is packed; undefined where it is read in place. */
  private readonly packing: Packing | undefined;
  private readonly split: 'batch' | 'rows' | 'columns' | 'none';

  constructor(module: ModuleBuilder, kernel: MatmulKernel, context: KernelContext) {
    this.module = module;
    this.kernel = kernel;
    this.t = tiling(kernel.out.dtype === 'float64' ? 'float64' : 'float32', context);
    this.f = kernelFunction(module);
    const matrix = (access: Access): Matrix => ({
      rows: (access.strides[kernel.batch.length] as number) * this.t.size,
      columns: (access.strides[kernel.batch.length + 1] as number) * this.t.size,
    });
    [this.a, this.b, this.c] = [matrix(kernel.a), matrix(kernel.b), matrix(kernel.out)];
    this.tileColumns = this.t.vectors * this.t.lanes;
    this.batches = kernel.batch.reduce((all, size) => all * size, 1);

    const { size, rows } = this.t;
    const rowMajor = this.b.columns === size;
    const inPlace = rowMajor && (Math.abs(this.b.rows) <= SHORT_ROW || kernel.m <= 2 * rows);
    this.packing = inPlace
      ? undefined
      : rowMajor
        ? 'rows'
        : this.b.rows === size
          ? 'columns'
          : 'general';

    const panels = Math.ceil(kernel.n / this.tileColumns);
    const tiles = Math.ceil(kernel.m / rows);
    const options = [
      ['batch', this.batches * 1.5],
      ['columns', panels * 1.2],
      ['rows', tiles],
    ] as const;
    const [best] = options.reduce((x, y) => (y[1] > x[1] ? y : x));
    this.split = this.batches * kernel.m * kernel.n * kernel.k >= SERIAL_WORK ? best : 'none';
  }

  compile(): CompiledKernel {
    const { f, kernel } = this;
    const range = (
      name: typeof this.split,
      units: number,
      unit: number,
      most: number,
    ): [number, number] => {
      const [start, end] = [f.local('i32'), f.local('i32')];
      if (this.split === name) {
        threadRange(f, units, start, end);
        if (unit > 1) {
          f.get(start).i32(unit).op(I32.mul).set(start).get(end).i32(unit).op(I32.mul).set(end);
          f.get(end).i32(most).get(end).i32(most).op(I32.ltS).select().set(end);
        }
      } else {
        f.i32(most).set(end);
      }
      return [start, end];
    };
    if (this.batches > 0) {
      const batch = range('batch', this.batches, 1, this.batches);
      const columns = range(
        'columns',
        Math.ceil(kernel.n / this.tileColumns),
        this.tileColumns,
        kernel.n,
      );
      const rows = range('rows', Math.ceil(kernel.m / this.t.rows), this.t.rows, kernel.m);
      this.batchLoop(batch, columns, rows);
    }
    const panels = Math.ceil(Math.min(kernel.n, COLUMN_BLOCK) / this.tileColumns);
    const packed =
      this.packing === undefined
        ? 0
        : panels * this.tileColumns * Math.min(kernel.k, DEPTH_BLOCK) * this.t.size;
    return { function: f, parallel: this.split !== 'none', threadScratch: packed };
  }

  /** `for (i = start; i < end; i += step)`, the body also getting min(step, end − i). */
  private blocks(
    start: number | undefined,
    end: () => void,
    step: number,
    body: (i: number, count: number) => void,
  ): void {
    const { f } = this;
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

  private batchLoop(
    batch: readonly [number, number],
    columns: readonly [number, number],
    rows: readonly [number, number],
  ): void {
    const { f, kernel } = this;
    const bases = [kernel.a, kernel.b, kernel.out].map((access) => {
      const base = f.local('i32');
      loadAddress(f, access.buffer);
      f.i32(access.offset * this.t.size)
        .op(I32.add)
        .set(base);
      return { access, base, at: f.local('i32') };
    });
    this.blocks(
      batch[0],
      () => f.get(batch[1]),
      1,
      (index) => {
        for (const { access, base, at } of bases) {
          f.get(base);
          let within = this.batches;
          kernel.batch.forEach((size, d) => {
            within /= size;
            const stride = (access.strides[d] as number) * this.t.size;
            if (stride === 0 || size === 1) return;
            f.get(index)
              .i32(within)
              .op(I32.divU)
              .i32(size)
              .op(I32.remU)
              .i32(stride)
              .op(I32.mul)
              .op(I32.add);
          });
          f.set(at);
        }
        const [a = 0, b = 0, c = 0] = bases.map(({ at }) => at);
        this.product(a, b, c, columns, rows);
      },
    );
  }

  private product(
    a: number,
    b: number,
    c: number,
    columns: readonly [number, number],
    rows: readonly [number, number],
  ): void {
    const { f, kernel } = this;
    this.blocks(
      columns[0],
      () => f.get(columns[1]),
      COLUMN_BLOCK,
      (column, width) => {
        this.blocks(
          undefined,
          () => f.i32(kernel.k),
          DEPTH_BLOCK,
          (depth, length) => {
            this.pack(b, column, width, depth, length);
            this.blocks(
              rows[0],
              () => f.get(rows[1]),
              ROW_BLOCK,
              (row, height) => {
                this.tiles({ a, b, c, column, width, depth, length, row, height });
              },
            );
          },
        );
      },
    );
  }

  /** Pushes `base + i·stride`. */
  private offset(i: number, stride: number): FunctionBuilder {
    return this.f.get(i).i32(stride).op(I32.mul).op(I32.add);
  }

  private pack(b: number, column: number, width: number, depth: number, length: number): void {
    const { f, t } = this;
    if (this.packing === undefined) return;
    const to = f.local('i32');
    f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).set(to);
    const pack = packFunction(this.module, t, this.packing);
    this.blocks(
      undefined,
      () => f.get(width),
      this.tileColumns,
      (panel, count) => {
        f.get(length);
        f.get(b);
        this.offset(depth, this.b.rows);
        f.get(column).get(panel).op(I32.add).i32(this.b.columns).op(I32.mul).op(I32.add);
        f.i32(this.b.rows).i32(this.b.columns).get(to).get(count).call(pack);
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
      'a' | 'b' | 'c' | 'column' | 'width' | 'depth' | 'length' | 'row' | 'height',
      number
    >,
  ): void {
    const { f, t, kernel } = this;
    const [panelB, rowA, rowC] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const tileBytes = this.tileColumns * t.size;
    this.blocks(
      undefined,
      () => f.get(at.width),
      this.tileColumns,
      (panel, columns) => {
        if (this.packing === undefined) {
          f.get(at.b);
          this.offset(at.depth, this.b.rows);
          f.get(at.column).get(panel).op(I32.add).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
        } else {
          f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add);
          f.get(panel).get(at.length).op(I32.mul).i32(t.size).op(I32.mul).op(I32.add).set(panelB);
        }
        this.blocks(
          undefined,
          () => f.get(at.height),
          t.rows,
          (tile, rows) => {
            f.get(at.a);
            f.get(at.row).get(tile).op(I32.add).i32(this.a.rows).op(I32.mul).op(I32.add);
            this.offset(at.depth, this.a.columns).set(rowA);
            f.get(at.c);
            f.get(at.row).get(tile).op(I32.add).i32(this.c.rows).op(I32.mul).op(I32.add);
            f.get(at.column)
              .get(panel)
              .op(I32.add)
              .i32(this.c.columns)
              .op(I32.mul)
              .op(I32.add)
              .set(rowC);
            const call = (
              count: number,
              c: () => void,
              pitch: number,
              accumulate: () => void,
            ): void => {
              f.get(at.length).get(rowA).i32(this.a.rows).i32(this.a.columns);
              f.get(panelB).i32(this.packing === undefined ? this.b.rows : tileBytes);
              c();
              f.i32(pitch);
              accumulate();
              f.call(tileFunction(this.module, t, count));
            };
            const byHeight = (c: () => void, pitch: number, accumulate: () => void): void => {
              const rest = kernel.m % t.rows;
              const whole = (): void => call(t.rows, c, pitch, accumulate);
              const part = (): void => call(rest, c, pitch, accumulate);
              if (rest === 0) whole();
              else if (kernel.m < t.rows) part();
              else f.get(rows).i32(t.rows).op(I32.eq).if(whole, part);
            };
            const direct = (): void =>
              byHeight(
                () => f.get(rowC),
                this.c.rows,
                () => f.get(at.depth).i32(0).op(I32.ne),
              );
            const edge = (): void => {
              byHeight(
                () => f.get(SCRATCH),
                tileBytes,
                () => f.i32(0),
              );
              f.get(SCRATCH).get(rowC).i32(this.c.rows).i32(this.c.columns).get(rows).get(columns);
              f.get(at.depth).i32(0).op(I32.ne).call(edgeFunction(this.module, t));
            };
            if (this.c.columns !== t.size || kernel.n < this.tileColumns) edge();
            else if (kernel.n % this.tileColumns === 0) direct();
            else f.get(columns).i32(this.tileColumns).op(I32.eq).if(direct, edge);
          },
        );
      },
    );
  }
}

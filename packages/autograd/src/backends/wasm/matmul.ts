/**
 * @file Matrix products: blocked over tiles that stay in registers.
 *
 * Threads take columns, rows or matrices of a batch; the order in which one element is summed never changes.
 */
import type { Access, LoopKernel, MatmulKernel } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { compileBlasMatmul } from './blasProduct.js';
import { blocks, BlockedProduct } from './blockedProduct.js';
import type { Matrix, Range } from './blockedProduct.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { tiling } from './microKernel.js';
import type { Tiling } from './microKernel.js';
import { I32 } from './opcodes.js';

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
  const byBlas = context.blas ? compileBlasMatmul(module, kernel) : undefined;
  return byBlas ?? new MatmulCompiler(module, kernel, context).compile();
}

class MatmulCompiler {
  private readonly kernel: MatmulKernel;
  private readonly t: Tiling;
  private readonly f: FunctionBuilder;
  private readonly product: BlockedProduct;
  private readonly batches: number;
  private readonly split: 'batch' | 'rows' | 'columns' | 'none';

  constructor(module: ModuleBuilder, kernel: MatmulKernel, context: KernelContext) {
    this.kernel = kernel;
    this.t = tiling(kernel.out.dtype === 'float64' ? 'float64' : 'float32', context);
    this.f = kernelFunction(module);
    const matrix = (access: Access): Matrix => ({
      rows: (access.strides[kernel.batch.length] as number) * this.t.size,
      columns: (access.strides[kernel.batch.length + 1] as number) * this.t.size,
    });
    const { m, n, k } = kernel;
    this.product = new BlockedProduct(module, this.f, this.t, {
      m,
      n,
      k,
      a: matrix(kernel.a),
      b: matrix(kernel.b),
      c: matrix(kernel.out),
    });
    this.batches = kernel.batch.reduce((all, size) => all * size, 1);

    const panels = Math.ceil(kernel.n / this.product.tileColumns);
    const tiles = Math.ceil(kernel.m / this.t.rows);
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
    const range = (name: typeof this.split, units: number, unit: number, most: number): Range => {
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
      return [start, () => f.get(end)];
    };
    if (this.batches > 0) {
      const batch = range('batch', this.batches, 1, this.batches);
      const columns = range(
        'columns',
        Math.ceil(kernel.n / this.product.tileColumns),
        this.product.tileColumns,
        kernel.n,
      );
      const rows = range('rows', Math.ceil(kernel.m / this.t.rows), this.t.rows, kernel.m);
      this.batchLoop(batch, columns, rows);
    }
    return {
      function: f,
      parallel: this.split !== 'none',
      threadScratch: this.product.packedBytes,
    };
  }

  private batchLoop(batch: Range, columns: Range, rows: Range): void {
    const { f, kernel } = this;
    const bases = [kernel.a, kernel.b, kernel.out].map((access) => {
      const base = f.local('i32');
      loadAddress(f, access.buffer);
      f.i32(access.offset * this.t.size)
        .op(I32.add)
        .set(base);
      return { access, base, at: f.local('i32') };
    });
    blocks(f, batch[0], batch[1], 1, (index) => {
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
      this.product.write(a, b, c, columns, rows);
    });
  }
}

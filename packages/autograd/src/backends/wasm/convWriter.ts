/** @file What the three convolutions share: their share of the work, their memory, and the products of a block. */
import type { ConvKernel, Place } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { blasLayouts, callGemm } from './blasProduct.js';
import { BlockedProduct } from './blockedProduct.js';
import type { Product } from './blockedProduct.js';
import type { ConvGeometry } from './convGeometry.js';
import { FOLD_BYTES, kernelFunction, loadAddress, SCRATCH, threadRange } from './kernelFunction.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { tiling } from './microKernel.js';
import type { Tiling } from './microKernel.js';
import { elementsOf, forRange } from './nest.js';
import type { Elements } from './nest.js';
import { I32 } from './opcodes.js';

/** Multiplications below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/** Writes the function of a convolution. */
export class ConvWriter {
  private readonly module: ModuleBuilder;
  protected readonly kernel: ConvKernel;
  private readonly t: Tiling;
  protected readonly f: FunctionBuilder;
  protected readonly elements: Elements;
  protected readonly item: number;
  private readonly parallel: boolean;
  private readonly blas: boolean;
  /** Scratch bytes for packed panels, which come first. */
  private packed = 0;

  constructor(module: ModuleBuilder, kernel: ConvKernel, context: KernelContext) {
    this.module = module;
    this.kernel = kernel;
    this.blas = context.blas;
    const single = kernel.out.dtype === 'float32';
    this.t = tiling(single ? 'float32' : 'float64', context);
    this.f = kernelFunction(module);
    this.item = single ? 4 : 8;
    this.elements = elementsOf(kernel.out.dtype, true);
    const { batch, groups, inChannels, outChannels, places, window } = kernel;
    const work = [batch, groups, inChannels, outChannels, ...places, ...window];
    this.parallel = work.reduce((all, n) => all * n, 1) >= SERIAL_WORK;
  }

  /** Functions `(a, b, c, scratch, accumulate)` that multiply the matrices of a block of so many places. */
  protected products(
    g: ConvGeometry,
    of: (places: number) => Product,
  ): (places: number) => FunctionBuilder {
    const made = new Map<number, FunctionBuilder>();
    for (const places of new Set([g.blockPlaces, g.restPlaces])) {
      if (places === 0) continue;
      const f = this.module.function(['i32', 'i32', 'i32', 'i32', 'i32'], []);
      made.set(places, f);
      const product = of(places);
      const layouts = this.blas ? blasLayouts(product, this.item) : null;
      if (layouts !== null) {
        const { m, n, k } = product;
        const sizes = { m: () => f.i32(m), n: () => f.i32(n), k };
        callGemm(this.module, f, this.t.size, layouts, { ...sizes, a: 0, b: 1, c: 2, add: 4 });
        continue;
      }
      const blocked = new BlockedProduct(this.module, f, this.t, product);
      blocked.write(0, 1, 2, undefined, undefined, 4);
      this.packed = Math.max(this.packed, Math.ceil(blocked.packedBytes / 64) * 64);
    }
    return (places) => made.get(places) as FunctionBuilder;
  }

  /** Pointers to the padded image and to the spread-out windows in this thread's scratch memory. */
  protected buffers(g: ConvGeometry): { padded: number; columns: number } {
    const { f } = this;
    const [padded, columns] = this.locals(2);
    f.get(SCRATCH)
      .i32(FOLD_BYTES + this.packed)
      .op(I32.add)
      .tee(padded);
    f.i32(g.paddedBytes).op(I32.add).set(columns);
    return { padded, columns };
  }

  /** This thread's share of `count` units. */
  protected units(count: number, body: (unit: number) => void): void {
    const { f } = this;
    const [start, end] = this.locals(2);
    if (this.parallel) threadRange(f, count, start, end);
    else f.i32(count).set(end);
    forRange(f, start, end, body);
  }

  /** Writes `body` for a full block and for the last, and runs that of the local `block`. */
  protected byBlock(g: ConvGeometry, block: number, body: (places: number) => void): void {
    const full = (): void => body(g.blockPlaces);
    if (g.restPlaces === 0) return full();
    this.f
      .get(block)
      .i32(g.fullBlocks)
      .op(I32.ltU)
      .if(full, () => body(g.restPlaces));
  }

  protected eachBlock(g: ConvGeometry, body: (places: number) => void): void {
    this.f.repeat(g.fullBlocks, () => body(g.blockPlaces));
    if (g.restPlaces > 0) body(g.restPlaces);
  }

  /** `to = base + index · count` elements. */
  protected at(to: number, base: number, index: number, count: number): void {
    const { f } = this;
    f.get(base)
      .get(index)
      .i32(count * this.item)
      .op(I32.mul)
      .op(I32.add)
      .set(to);
  }

  protected addresses<P extends readonly Place[]>(...places: P): { [K in keyof P]: number } {
    return places.map(({ buffer, offset }) => {
      const address = this.f.local('i32');
      loadAddress(this.f, buffer);
      this.f
        .i32(offset * this.item)
        .op(I32.add)
        .set(address);
      return address;
    }) as { [K in keyof P]: number };
  }

  protected locals<N extends number>(count: N): Tuple<N> {
    return Array.from({ length: count }, () => this.f.local('i32')) as Tuple<N>;
  }

  protected finished(bytes: number): CompiledKernel {
    return { function: this.f, parallel: this.parallel, threadScratch: this.packed + bytes + 64 };
  }
}

/** So many locals. */
type Tuple<N extends number, T extends number[] = []> = T['length'] extends N
  ? T
  : Tuple<N, [...T, number]>;

/**
 * @file Windows over planes: where the largest element is, sums, and the transpose of sums.
 *
 * Windows that are all alike are written out with fixed sizes. Others, at edges or adaptive, read their bounds from a
 * small table that each thread writes before it starts. Sums are kept in double precision. Threads take planes.
 */
import type { PoolKernel } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { FOLD_BYTES, kernelFunction, loadAddress, SCRATCH, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { byteStrides, elementsOf, forRange, nest, zeroFill } from './nest.js';
import type { Elements, Moving } from './nest.js';
import { F32, F64, I32 } from './opcodes.js';
import { comparisonOf } from './positionKernel.js';
import { argmaxVectors, goesInVectors } from './windowVectors.js';
import { eachTap, lengthOf, regularity, UNROLLED } from './windowSpans.js';
import type { Regular } from './windowSpans.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** Bytes of a window's entry in the table of bounds: its start, and how many positions it has. */
const ENTRY = 8;

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1);

export function compilePool(module: ModuleBuilder, kernel: PoolKernel): CompiledKernel {
  return new PoolCompiler(module, kernel).compile();
}

class PoolCompiler {
  private readonly kernel: PoolKernel;
  private readonly f: FunctionBuilder;
  private readonly elements: Elements;
  private readonly counts: readonly number[];
  private readonly area: number;
  private readonly places: number;
  private readonly regular: readonly (Regular | null)[];
  /** Where each dimension's bounds lie in the table, from its beginning. */
  private readonly tables: readonly number[];
  private readonly tableBytes: number;
  private readonly parallel: boolean;

  constructor(module: ModuleBuilder, kernel: PoolKernel) {
    this.kernel = kernel;
    this.f = kernelFunction(module);
    this.elements = elementsOf(kernel.inputs[0].dtype);
    this.counts = kernel.spans.map((span) => span.starts.length);
    this.area = product(kernel.spans.map((span) => span.size));
    this.places = product(this.counts);
    this.regular = kernel.spans.map(regularity);
    let bytes = 0;
    this.tables = kernel.spans.map((span, d) => {
      const at = bytes;
      if (this.regular[d] === null) bytes += span.starts.length * ENTRY;
      return at;
    });
    this.tableBytes = Math.ceil(bytes / 64) * 64;
    this.parallel = kernel.planes * (this.area + this.places) >= SERIAL_WORK;
  }

  compile(): CompiledKernel {
    const { f, kernel, elements } = this;
    const [input] = kernel.inputs;
    const spreads = kernel.mode === 'spread';
    const outItem = kernel.mode === 'argmax' ? 4 : elements.size;
    const [x, out, table, sums] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).tee(table);
    f.i32(this.tableBytes).op(I32.add).set(sums);
    this.writeTables(table);
    const [start, end] = [f.local('i32'), f.local('i32')];
    if (this.parallel) threadRange(f, kernel.planes, start, end);
    else f.i32(kernel.planes).set(end);
    const inPlane = (spreads ? this.places : this.area) * elements.size;
    const outPlane = (spreads ? this.area : this.places) * outItem;
    forRange(f, start, end, (plane) => {
      for (const [pointer, place, item, bytes] of [
        [x, input, elements.size, inPlane],
        [out, kernel.out, outItem, outPlane],
      ] as const) {
        loadAddress(f, place.buffer);
        f.get(plane).i32(bytes).op(I32.mul).op(I32.add);
        f.i32(place.offset * item)
          .op(I32.add)
          .set(pointer);
      }
      if (spreads) this.spread(x, out, sums, table);
      else if (goesInVectors(kernel, this.regular))
        argmaxVectors(f, kernel, this.regular as readonly Regular[], x, out);
      else this.fold(x, out, table);
    });
    const scratch = this.tableBytes + (spreads ? this.area * 8 + 64 : 0);
    return { function: f, parallel: this.parallel, threadScratch: scratch };
  }

  private writeTables(table: number): void {
    const { f } = this;
    this.kernel.spans.forEach((span, d) => {
      if (this.regular[d] !== null) return;
      span.starts.forEach((from, o) => {
        const at = (this.tables[d] as number) + o * ENTRY;
        f.get(table).i32(from).memory(I32.store, at);
        f.get(table)
          .i32(lengthOf(span, o))
          .memory(I32.store, at + 4);
      });
    });
  }

  private fold(x: number, out: number, table: number): void {
    const { f, kernel, elements } = this;
    const argmax = kernel.mode === 'argmax';
    const { type, gt, ne } = comparisonOf(kernel.inputs[0].dtype);
    const [value, next] = [f.local(type), f.local(type)];
    const best = f.local('i32');
    const sum = f.local('f64');
    this.windows(x, elements.size, out, argmax ? 4 : elements.size, table, (from, index, taps) => {
      if (argmax) {
        f.get(index).set(best).get(from).memory(elements.load, 0).set(value);
        taps((at, bytes) => {
          f.get(at).memory(elements.load, bytes).tee(next).get(value).op(gt);
          if (ne !== null) f.get(next).get(next).op(ne).op(I32.or);
          f.if(() => {
            f.get(next).set(value);
            f.get(index).get(at).get(from).op(I32.sub).i32(bytes).op(I32.add);
            f.i32(Math.log2(elements.size)).op(I32.shrU).op(I32.add).set(best);
          });
        });
        f.get(out).get(best).memory(I32.store, 0);
        return;
      }
      f.f64(0).set(sum);
      taps((at, bytes) => {
        f.get(sum).get(at).memory(elements.load, bytes);
        if (elements.size === 4) f.op(F64.promoteF32);
        f.op(F64.add).set(sum);
      });
      f.get(out).get(sum);
      if (elements.size === 4) f.op(F32.demoteF64);
      f.memory(elements.store, 0);
    });
  }

  private spread(x: number, out: number, sums: number, table: number): void {
    const { f, elements } = this;
    const single = elements.size === 4;
    const into = single ? sums : out;
    zeroFill(f, into, this.area * 8);
    const value = f.local('f64');
    this.windows(into, 8, x, elements.size, table, (_from, _index, taps) => {
      f.get(x).memory(elements.load, 0);
      if (single) f.op(F64.promoteF32);
      f.set(value);
      taps((at, bytes) => {
        f.get(at).get(at).memory(F64.load, bytes).get(value).op(F64.add).memory(F64.store, bytes);
      });
    });
    if (!single) return;
    const [from, to, left] = [f.local('i32'), f.local('i32'), f.local('i32')];
    f.get(sums).set(from).get(out).set(to).i32(this.area).set(left);
    f.repeatLocal(left, () => {
      f.get(to).get(from).memory(F64.load, 0).op(F32.demoteF64).memory(F32.store, 0);
      f.advance(from, 8).advance(to, 4);
    });
  }

  /**
   * Visits every window of a plane: `body` gets a pointer to its first element, the flat position of that, and what
   * visits its elements as a pointer and bytes beyond it. `beside` points to the window's own element meanwhile.
   */
  private windows(
    plane: number,
    item: number,
    beside: number,
    besideItem: number,
    table: number,
    body: (
      from: number,
      index: number,
      taps: (visit: (at: number, bytes: number) => void) => void,
    ) => void,
  ): void {
    const { f, kernel, regular, counts } = this;
    const strides = byteStrides(
      kernel.spans.map((span) => span.size),
      1,
    );
    const [at, from, index] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const first = regular.reduce((sum, r, d) => sum + (r?.start ?? 0) * (strides[d] as number), 0);
    f.i32(first).set(at);
    const moving: Moving[] = [
      {
        pointer: at,
        strides: regular.map((r, d) => (r?.stride ?? 0) * (strides[d] as number)),
      },
      { pointer: beside, strides: byteStrides(counts, besideItem) },
    ];
    // A pointer into the table for each dimension that has one.
    const bounds = regular.map((r, d) => {
      if (r !== null) return null;
      const pointer = f.local('i32');
      f.get(table)
        .i32(this.tables[d] as number)
        .op(I32.add)
        .set(pointer);
      moving.push({ pointer, strides: regular.map((_, e) => (e === d ? ENTRY : 0)) });
      return pointer;
    });
    nest(f, counts, moving, () => {
      f.get(at);
      bounds.forEach((pointer, d) => {
        if (pointer === null) return;
        f.get(pointer).memory(I32.load, 0);
        f.i32(strides[d] as number)
          .op(I32.mul)
          .op(I32.add);
      });
      f.tee(index).i32(item).op(I32.mul).get(plane).op(I32.add).set(from);
      body(from, index, (visit) => this.taps(from, item, strides, bounds, visit));
    });
  }

  private taps(
    from: number,
    item: number,
    strides: readonly number[],
    bounds: readonly (number | null)[],
    visit: (at: number, bytes: number) => void,
  ): void {
    const { f, kernel, regular } = this;
    const steps = kernel.spans.map((span, d) => span.step * (strides[d] as number) * item);
    const sizes = regular.map((r) => r?.count ?? Infinity);
    if (product(sizes) <= UNROLLED)
      return eachTap(kernel.spans, regular, (offset) => visit(from, offset * item));
    const level = (d: number, pointer: number): void => {
      if (d === sizes.length) return visit(pointer, 0);
      const own = f.local('i32');
      f.get(pointer).set(own);
      const iteration = (): void => {
        level(d + 1, own);
        f.advance(own, steps[d] as number);
      };
      const bound = bounds[d];
      if (bound === null || bound === undefined) f.repeat(sizes[d] as number, iteration);
      else {
        const left = f.local('i32');
        f.get(bound).memory(I32.load, 4).set(left);
        f.repeatLocal(left, iteration);
      }
    };
    level(0, from);
  }
}

/**
 * @file Windows over planes: where the largest element is, sums, and the transpose of sums.
 *
 * Windows that are all alike are written out with fixed sizes. Others, at edges or adaptive, read their bounds from a
 * small table that each thread writes before it starts. Sums are kept in double precision. Threads take planes.
 */
import type { PoolKernel, Span } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { FOLD_BYTES, kernelFunction, loadAddress, SCRATCH, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { byteStrides, elementsOf, forRange, nest, zeroFill } from './nest.js';
import type { Elements, Moving } from './nest.js';
import { F32, F32x4, F64, I32, I32x4, SHUFFLE, V128 } from './opcodes.js';
import { comparisonOf } from './positionKernel.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** Windows of up to this many elements are written out. */
const UNROLLED = 16;
/** Bytes of a window's entry in the table of bounds: its start, and how many positions it has. */
const ENTRY = 8;

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1);

export function compilePool(module: ModuleBuilder, kernel: PoolKernel): CompiledKernel {
  return new PoolCompiler(module, kernel).compile();
}

/** Windows along one dimension that are all of one length, equally far apart. */
interface Regular {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
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
      else if (this.goesInVectors()) this.argmaxVectors(x, out);
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

  /** Whether four windows next to each other can go through the lanes of a vector. */
  private goesInVectors(): boolean {
    const { kernel, elements, regular } = this;
    const float = kernel.mode === 'argmax' && kernel.inputs[0].dtype === 'float32';
    const taps = product(regular.map((r) => r?.count ?? Infinity));
    return float && elements.size === 4 && taps <= UNROLLED && (this.counts.at(-1) ?? 0) >= 4;
  }

  private argmaxVectors(x: number, out: number): void {
    const { f, kernel, counts } = this;
    const regular = this.regular as readonly Regular[];
    const last = regular.length - 1;
    const strides = byteStrides(
      kernel.spans.map((span) => span.size),
      1,
    );
    const [from, index] = [f.local('i32'), f.local('i32')];
    const first = regular.reduce((sum, r, d) => sum + r.start * (strides[d] as number), 0);
    f.get(x)
      .i32(first * 4)
      .op(I32.add)
      .set(from)
      .i32(first)
      .set(index);
    const steps = regular.map((r, d) => r.stride * (strides[d] as number));
    const apart = steps[last] as number;
    const [value, next, best, base, mask] = [1, 2, 3, 4, 5].map(() => f.local('v128')) as [
      ...[number, number, number, number, number],
    ];
    const four = (): void => {
      f.get(index)
        .op(I32x4.splat)
        .v128([0, apart, 2 * apart, 3 * apart])
        .op(I32x4.add)
        .tee(base);
      f.set(best);
      this.eachTap(strides, (offset) => {
        strided(f, from, offset * 4, apart);
        if (offset === 0) return f.set(value);
        f.tee(next).get(value).op(F32x4.gt).get(next).get(next).op(F32x4.ne).op(V128.or).set(mask);
        f.get(next).get(value).get(mask).op(V128.bitselect).set(value);
        f.get(base).i32(offset).op(I32x4.splat).op(I32x4.add);
        return f.get(best).get(mask).op(V128.bitselect).set(best);
      });
      f.get(out).get(best).memory(V128.store, 0);
    };
    const move = (windows: number): void => {
      f.advance(from, windows * apart * 4).advance(index, windows * apart);
      f.advance(out, windows * 4);
    };
    const count = counts[last] as number;
    const lead = counts.slice(0, -1);
    nest(
      f,
      lead,
      [
        { pointer: from, strides: steps.slice(0, -1).map((s) => s * 4) },
        { pointer: index, strides: steps.slice(0, -1) },
        { pointer: out, strides: byteStrides(counts, 4).slice(0, -1) },
      ],
      () => {
        f.repeat(Math.floor(count / 4), () => {
          four();
          move(4);
        });
        const rest = count % 4;
        if (rest > 0) {
          // The last four windows, some of them again.
          move(rest - 4);
          four();
          move(4 - rest);
        }
        move(rest - count);
      },
    );
  }

  /** Visits the elements of a window of fixed size, as elements beyond its first. */
  private eachTap(strides: readonly number[], visit: (offset: number) => void): void {
    const { regular, kernel } = this;
    const each = (d: number, offset: number): void => {
      if (d === regular.length) return visit(offset);
      const step = (kernel.spans[d] as Span).step * (strides[d] as number);
      const count = regular[d]?.count ?? 0;
      for (let k = 0; k < count; k++) each(d + 1, offset + k * step);
    };
    each(0, 0);
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
    if (product(sizes) <= UNROLLED) {
      const each = (d: number, bytes: number): void => {
        if (d === sizes.length) return visit(from, bytes);
        for (let k = 0; k < (sizes[d] as number); k++)
          each(d + 1, bytes + k * (steps[d] as number));
      };
      return each(0, 0);
    }
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

/** Pushes four elements that lie `apart` elements from each other. */
function strided(f: FunctionBuilder, from: number, at: number, apart: number): void {
  if (apart === 1) {
    f.get(from).memory(V128.load, at);
  } else if (apart === 2) {
    f.get(from).memory(V128.load, at);
    f.get(from)
      .memory(V128.load, at + 16)
      .shuffle32(SHUFFLE, [0, 2, 4, 6]);
  } else {
    // A lane is loaded into the vector above its address on the stack.
    for (let lane = 0; lane < 4; lane++) f.get(from);
    f.memory(V128.load32Zero, at);
    for (let lane = 1; lane < 4; lane++) f.memoryLane(V128.load32Lane, at + lane * apart * 4, lane);
  }
}

function lengthOf({ starts, ends, step }: Span, o: number): number {
  return Math.max(0, Math.ceil(((ends[o] as number) - (starts[o] as number)) / step));
}

function regularity(span: Span): Regular | null {
  const { starts } = span;
  const [start = 0, second = start] = starts;
  const count = lengthOf(span, 0);
  const stride = second - start;
  const alike = starts.every((s, o) => s === start + o * stride && lengthOf(span, o) === count);
  return alike && count > 0 ? { start, stride, count } : null;
}

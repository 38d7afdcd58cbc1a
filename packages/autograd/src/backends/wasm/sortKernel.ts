/**
 * @file Sorting, and medians: radix sort, or insertion where rows are short.
 *
 * An element becomes a whole number in the order of the elements, its key, beside its position in the row. Keys are sorted
 * digit by digit from the lowest, each pass stable, without a comparison (D. E. Knuth, The Art of Computer Programming 3,
 * 5.2.5). Threads take rows.
 */
import type { SortKernel } from '../../engine/kernel.js';
import type { DType } from '../../graph/dtype.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import type { Scratch } from './chunkReductions.js';
import { FOLD_BYTES, kernelFunction, loadAddress, SCRATCH, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { elementsOf, forRange, zeroFill } from './nest.js';
import { I32, I64 } from './opcodes.js';
import { itemOf, pushKey, type Item } from './sortKeys.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** Up to this length a row is sorted by insertion, which needs no counts of digits. */
const SHORT_ROW = 64;

const DIGIT_VALUES = 256;
const COUNT_BYTES = DIGIT_VALUES * 4;

export function compileSort(
  module: ModuleBuilder,
  kernel: SortKernel,
  scratch: Scratch,
): CompiledKernel {
  return new SortCompiler(module, kernel, scratch).compile();
}

class SortCompiler {
  private readonly kernel: SortKernel;
  private readonly scratch: Scratch;
  private readonly f: FunctionBuilder;
  private readonly dtype: DType;
  private readonly item: Item;
  private readonly counted: boolean;
  /** Pointers: the counts of each digit, the items, and as much room again. */
  private readonly counts: number;
  private readonly items: number;
  private readonly room: number;
  private readonly at: number;

  constructor(module: ModuleBuilder, kernel: SortKernel, scratch: Scratch) {
    this.kernel = kernel;
    this.scratch = scratch;
    this.f = kernelFunction(module);
    [{ dtype: this.dtype }] = kernel.inputs;
    this.item = itemOf(this.dtype);
    this.counted = kernel.length > SHORT_ROW;
    const local = (): number => this.f.local('i32');
    [this.counts, this.items, this.room, this.at] = [local(), local(), local(), local()];
  }

  compile(): CompiledKernel {
    const { f, kernel, item } = this;
    const { outer, length, inner, out } = kernel;
    const rows = outer * inner;
    const parallel = rows > 1 && rows * length >= SERIAL_WORK;
    const countBytes = this.counted ? item.digits * COUNT_BYTES : 0;
    const itemBytes = Math.ceil((length * item.bytes) / 64) * 64;
    const bytes = countBytes + itemBytes * (this.counted ? 2 : 1);
    this.place(parallel, bytes);
    f.get(this.counts).i32(countBytes).op(I32.add).set(this.items);
    f.get(this.items).i32(itemBytes).op(I32.add).set(this.room);

    const [start, end, from, to] = [0, 0, 0, 0].map(() => f.local('i32')) as [
      ...[number, number, number, number],
    ];
    if (parallel) threadRange(f, rows, start, end);
    else f.i32(rows).set(end);
    const { size } = elementsOf(this.dtype);
    forRange(f, start, end, (row) => {
      this.rowAddress(row, length, kernel.inputs[0].buffer, kernel.inputs[0].offset, size, from);
      if (kernel.result === 'order') this.rowAddress(row, length, out.buffer, out.offset, 4, to);
      else {
        const { size: step } = elementsOf(out.dtype);
        loadAddress(f, out.buffer);
        f.i32(out.offset * step)
          .op(I32.add)
          .get(row)
          .i32(step)
          .op(I32.mul)
          .op(I32.add)
          .set(to);
      }
      this.encode(from, size * inner);
      if (this.counted) for (let d = 0; d < item.digits; d++) this.pass(d);
      else this.insertion();
      if (kernel.result === 'order') this.writeOrder(to);
      else this.writeMedian(from, to, size * inner);
    });
    return { function: f, parallel, threadScratch: parallel ? bytes : 0 };
  }

  /** Where the counts and items are: in scratch memory of the thread's own, or shared if it works alone. */
  private place(parallel: boolean, bytes: number): void {
    const { f, scratch } = this;
    if (parallel) {
      f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).set(this.counts);
      return;
    }
    loadAddress(f, scratch.entry);
    f.i32(scratch.bytes).op(I32.add).set(this.counts);
    scratch.bytes += Math.ceil(bytes / 64) * 64;
  }

  /** The address of a row's first element. */
  private rowAddress(
    ...[row, length, buffer, offset, size, into]: [number, number, number, number, number, number]
  ): void {
    const { f } = this;
    const { inner } = this.kernel;
    loadAddress(f, buffer);
    f.i32(offset * size).op(I32.add);
    f.get(row).i32(inner).op(I32.divU);
    f.i32(length * inner * size)
      .op(I32.mul)
      .op(I32.add);
    f.get(row).i32(inner).op(I32.remU).i32(size).op(I32.mul).op(I32.add).set(into);
  }

  /** Positions and keys of a row, and how often each digit occurs in each place. */
  private encode(from: number, step: number): void {
    const { f, item, counts, at, kernel } = this;
    const [source, position] = [f.local('i32'), f.local('i32')];
    if (this.counted) zeroFill(f, counts, item.digits * COUNT_BYTES);
    f.get(from).set(source).get(this.items).set(at).i32(0).set(position);
    f.repeat(kernel.length, () => {
      f.get(at).get(position).memory(I32.store, 0);
      f.get(at);
      pushKey(f, this.dtype, source, kernel.descending);
      f.memory(this.dtype === 'float64' ? I64.store : I32.store, item.key);
      for (let d = 0; d < item.digits && this.counted; d++) {
        const count = f.local('i32');
        this.digit(at, d);
        f.get(counts)
          .op(I32.add)
          .tee(count)
          .get(count)
          .memory(I32.load, d * COUNT_BYTES);
        f.i32(1)
          .op(I32.add)
          .memory(I32.store, d * COUNT_BYTES);
      }
      f.advance(position, 1).advance(at, item.bytes).advance(source, step);
    });
  }

  /** Pushes digit `d` of the item at `at`, as bytes into the counts. */
  private digit(at: number, d: number): void {
    const { f, item } = this;
    f.get(at)
      .memory(I32.load8U, item.key + d)
      .i32(4)
      .op(I32.mul);
  }

  /** Moves the items to their places by one digit, unless it is the same in all. */
  private pass(d: number): void {
    const { f, item, counts, items, room, at, kernel } = this;
    const [slot, to, count, left] = [0, 0, 0, 0].map(() => f.local('i32')) as [
      ...[number, number, number, number],
    ];
    const base = d * COUNT_BYTES;
    this.digit(items, d);
    f.get(counts).op(I32.add).memory(I32.load, base).i32(kernel.length).op(I32.ne);
    f.if(() => {
      // Counts become where the first item with that digit goes.
      f.get(counts)
        .set(slot)
        .get(room)
        .set(to)
        .i32(DIGIT_VALUES / 4)
        .set(left);
      f.repeatLocal(left, () => {
        for (let k = 0; k < 4; k++) {
          f.get(slot)
            .memory(I32.load, base + 4 * k)
            .set(count);
          f.get(slot)
            .get(to)
            .memory(I32.store, base + 4 * k);
          f.get(to).get(count).i32(item.bytes).op(I32.mul).op(I32.add).set(to);
        }
        f.advance(slot, 16);
      });
      f.get(items).set(at);
      f.repeat(kernel.length, () => {
        this.digit(at, d);
        f.get(counts).op(I32.add).tee(slot).memory(I32.load, base).tee(to);
        f.get(at).memory(item.load, 0).memory(item.store, 0);
        f.get(slot).get(to).i32(item.bytes).op(I32.add).memory(I32.store, base);
        f.advance(at, item.bytes);
      });
      f.get(items).get(room).set(items).set(room);
    });
  }

  /** Each item moves down past those with larger keys. */
  private insertion(): void {
    const { f, item, items, at, kernel } = this;
    const wide = item.bytes === 16;
    const taken = f.local(wide ? 'v128' : 'i64');
    const [key, hole] = [f.local('i64'), f.local('i32')];
    // Positions differ, so that a whole item of eight bytes can be compared.
    const keyAt = wide ? item.key : 0;
    f.get(items).set(at);
    f.repeat(kernel.length - 1, () => {
      f.advance(at, item.bytes).get(at).tee(hole).memory(item.load, 0).set(taken);
      f.get(at).memory(I64.load, keyAt).set(key);
      f.block(() =>
        f.loop(() => {
          f.get(hole).get(items).op(I32.eq).brIf(1);
          f.get(hole).i32(item.bytes).op(I32.sub).memory(I64.load, keyAt);
          f.get(key).op(I64.gtU).op(I32.eqz).brIf(1);
          f.get(hole).get(hole).i32(item.bytes).op(I32.sub).memory(item.load, 0);
          f.memory(item.store, 0).advance(hole, -item.bytes).br(0);
        }),
      );
      f.get(hole).get(taken).memory(item.store, 0);
    });
  }

  /** The positions in their new order. */
  private writeOrder(to: number): void {
    const { f, item, items, at, kernel } = this;
    f.get(items).set(at);
    f.repeat(kernel.length, () => {
      f.get(to).get(at).memory(I32.load, 0).memory(I32.store, 0);
      f.advance(at, item.bytes).advance(to, kernel.inner * 4);
    });
  }

  /** The element in the middle, or the first NaN, or where it is. */
  private writeMedian(from: number, to: number, step: number): void {
    const { f, item, items, at, kernel, dtype } = this;
    const { length, result } = kernel;
    const isNaN = (back: number): void => {
      f.get(at);
      if (back > 0) f.i32(back).op(I32.sub);
      if (dtype === 'float64') f.memory(I64.load, item.key).i64(-1).op(I64.eq);
      else f.memory(I32.load, item.key).i32(-1).op(I32.eq);
    };
    f.get(items)
      .i32(((length - 1) >> 1) * item.bytes)
      .op(I32.add)
      .set(at);
    if (dtype === 'float32' || dtype === 'float64') {
      const middle = f.local('i32');
      f.get(at).set(middle);
      f.get(items)
        .i32((length - 1) * item.bytes)
        .op(I32.add)
        .set(at);
      isNaN(0);
      f.if(
        () =>
          f.block(() =>
            f.loop(() => {
              f.get(at).get(items).op(I32.eq).brIf(1);
              isNaN(item.bytes);
              f.op(I32.eqz).brIf(1).advance(at, -item.bytes).br(0);
            }),
          ),
        () => f.get(middle).set(at),
      );
    }
    f.get(to);
    if (result === 'argmedian') {
      f.get(at).memory(I32.load, 0).memory(I32.store, 0);
      return;
    }
    const { load, store } = elementsOf(dtype);
    f.get(from).get(at).memory(I32.load, 0).i32(step).op(I32.mul).op(I32.add);
    f.memory(load, 0).memory(store, 0);
  }
}

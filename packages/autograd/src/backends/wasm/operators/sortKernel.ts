/**
 * @file Sorting, and medians: radix sort, or insertion where rows are short. If only the first few elements of an order are
 * read, the best so far are kept in order during one pass over the row.
 *
 * Each element becomes an integer that sorts like it, its key, stored with its position in the row. Keys are sorted digit by
 * digit from the lowest, each pass stable, without comparisons (D. E. Knuth, The Art of Computer Programming 3, 5.2.5). Threads
 * take rows.
 */
import type { SortKernel } from '../../../engine/compile/operators.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, ModuleBuilder, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel, type Scratch } from '../assembler/block.js';
import { FOLD_BYTES, kernelFunction, SCRATCH } from '../assembler/kernelFunction.js';
import { elementsOf, forShare, zeroFill } from '../assembler/nest.js';
import { I32, I64 } from '../assembler/opcodes.js';
import { pushRow, rowsOf, type Rows } from './rows.js';
import { chooseItems } from './sortChoice.js';
import { itemOf, pushKey, type Item } from './sortKeys.js';

/** Below this many elements one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** Up to this length a row is sorted by insertion, which needs no counts of digits. */
const MAX_INSERTION_ROW = 64;

const DIGIT_VALUES = 256;
const COUNT_BYTES = DIGIT_VALUES * 4;

/** A sort as a kernel that can be called; a thread that works alone takes its room from the shared `scratch`. */
export function planSort(kernel: SortKernel, scratch: Scratch): FormedKernel {
  const { outer, length, inner, out, result, descending, leading } = kernel;
  const [input] = kernel.inputs;
  const item = itemOf(input.dtype);
  const chosen = leading !== undefined;
  const kept = leading ?? length;
  const radix = length > MAX_INSERTION_ROW && !chosen;
  const rows = outer * inner;
  const parallel = rows > 1 && rows * length >= SERIAL_WORK;
  const itemBytes = Math.ceil((kept * item.bytes) / 64) * 64;
  const bytes = (radix ? item.digits * COUNT_BYTES + itemBytes : 0) + itemBytes;
  const block = new Block();
  const numbers: SortNumbers = {
    from: rowsOf(block, input, kernel),
    to: result === 'order' ? rowsOf(block, out, kernel) : block.place(out),
    scratch: parallel ? null : block.place(scratch.take('bool', bytes)),
    rows: block.number(rows),
    length: block.number(length),
    kept: block.number(kept),
    keptMinusOne: block.number(kept - 1),
    rest: block.number(length - kept),
    itemBytes: block.number(itemBytes),
    middle: block.number(((length - 1) >> 1) * item.bytes),
    last: block.number((kept - 1) * item.bytes),
  };
  return {
    key: `sort ${result} ${input.dtype} ${descending} ${radix} ${chosen} ${parallel}`,
    block,
    parallel,
    threadScratch: parallel ? bytes : 0,
    write: (module) => {
      const { dtype } = input;
      const kind: SortForm = { result, descending, dtype, radix, chosen, parallel };
      return new SortWriter(module, kind, numbers).write();
    },
  };
}

/** The parts of a sort that determine its code. */
interface SortForm {
  readonly result: SortKernel['result'];
  readonly descending: boolean;
  readonly dtype: DType;
  /** Whether digits are counted; otherwise the row is sorted by insertion. */
  readonly radix: boolean;
  /** Whether only the first elements of an order are found. */
  readonly chosen: boolean;
  readonly parallel: boolean;
}

/** The parts of a sort that are in words; sizes in elements, or in bytes of items. */
interface SortNumbers {
  readonly from: Rows;
  /** Rows of positions, or one value per row. */
  readonly to: Rows | Word;
  /** The address of counts and items; null if each thread has its own. */
  readonly scratch: Word | null;
  readonly rows: Word;
  readonly length: Word;
  /** The number of kept items, the same minus one, and the number of elements after them in the row. */
  readonly kept: Word;
  readonly keptMinusOne: Word;
  readonly rest: Word;
  readonly itemBytes: Word;
  /** The offsets of the middle and of the last item. */
  readonly middle: Word;
  readonly last: Word;
}

class SortWriter {
  private readonly form: SortForm;
  private readonly numbers: SortNumbers;
  private readonly f: FunctionBuilder;
  private readonly item: Item;
  /** Pointers: the counts of each digit, the items, and a buffer of the same size. */
  private readonly counts: number;
  readonly items: number;
  private readonly scratch: number;
  private readonly at: number;
  /** The next element of the row: its address, and its position. */
  readonly source: number;
  readonly position: number;

  constructor(module: ModuleBuilder, form: SortForm, numbers: SortNumbers) {
    this.form = form;
    this.numbers = numbers;
    this.f = kernelFunction(module);
    this.item = itemOf(form.dtype);
    const local = (): number => this.f.local('i32');
    [this.counts, this.items, this.scratch, this.at] = [local(), local(), local(), local()];
    [this.source, this.position] = [local(), local()];
  }

  write(): FunctionBuilder {
    const { f, item, numbers } = this;
    const { dtype, result, radix, chosen, parallel } = this.form;
    if (numbers.scratch === null) f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add);
    else f.push(numbers.scratch);
    f.tee(this.counts);
    f.i32(radix ? item.digits * COUNT_BYTES : 0)
      .op(I32.add)
      .tee(this.items);
    f.push(numbers.itemBytes).op(I32.add).set(this.scratch);

    const [from, to] = [f.local('i32'), f.local('i32')];
    forShare(f, numbers.rows, parallel, (row) => {
      pushRow(f, numbers.from, row).set(from);
      if ('step' in numbers.to) pushRow(f, numbers.to, row).set(to);
      else {
        f.push(numbers.to).get(row);
        f.i32(result === 'median' ? itemSize[dtype] : 4)
          .op(I32.mul)
          .op(I32.add)
          .set(to);
      }
      this.encode(from);
      if (radix) for (let d = 0; d < item.digits; d++) this.pass(d);
      else this.insertion();
      if (chosen) chooseItems(f, this.form, this, numbers);
      if ('step' in numbers.to) this.writeOrder(to, numbers.to.step);
      else this.writeMedian(from, to);
    });
    return f;
  }

  /** Writes positions and keys of the elements that are kept first, and counts each digit in each place. */
  private encode(from: number): void {
    const { f, item, counts, at, numbers } = this;
    const { dtype, descending, radix } = this.form;
    const { source, position } = this;
    if (radix) zeroFill(f, counts, item.digits * COUNT_BYTES);
    f.get(from).set(source).get(this.items).set(at).i32(0).set(position);
    f.repeat(numbers.kept, () => {
      f.get(at).get(position).memory(I32.store, 0);
      f.get(at);
      pushKey(f, dtype, source, descending);
      f.memory(dtype === 'float64' ? I64.store : I32.store, item.key);
      for (let d = 0; d < item.digits && radix; d++) {
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
      f.advance(position, 1).advance(at, item.bytes).advance(source, numbers.from.step);
    });
  }

  /** Pushes digit `d` of the item at `at`, as a byte offset into the counts. */
  private digit(at: number, d: number): void {
    const { f, item } = this;
    f.get(at)
      .memory(I32.load8U, item.key + d)
      .i32(4)
      .op(I32.mul);
  }

  /** Sorts the items by one digit, unless it is the same in all. */
  private pass(d: number): void {
    const { f, item, counts, items, scratch, at } = this;
    const { length } = this.numbers;
    const [slot, to, count, left] = [0, 0, 0, 0].map(() => f.local('i32')) as [
      ...[number, number, number, number],
    ];
    const base = d * COUNT_BYTES;
    this.digit(items, d);
    f.get(counts).op(I32.add).memory(I32.load, base).push(length).op(I32.ne);
    f.if(() => {
      // Turns counts into the destination of the first item with each digit.
      f.get(counts)
        .set(slot)
        .get(scratch)
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
      f.repeat(length, () => {
        this.digit(at, d);
        f.get(counts).op(I32.add).tee(slot).memory(I32.load, base).tee(to);
        f.get(at).memory(item.load, 0).memory(item.store, 0);
        f.get(slot).get(to).i32(item.bytes).op(I32.add).memory(I32.store, base);
        f.advance(at, item.bytes);
      });
      f.get(items).get(scratch).set(items).set(scratch);
    });
  }

  /** Moves each item down past those with larger keys. */
  private insertion(): void {
    const { f, item, items, at } = this;
    const wide = item.bytes === 16;
    const taken = f.local(wide ? 'v128' : 'i64');
    const [key, hole] = [f.local('i64'), f.local('i32')];
    // Positions differ, so a whole item of eight bytes can be compared.
    const keyAt = wide ? item.key : 0;
    f.get(items).set(at);
    f.repeat(this.numbers.keptMinusOne, () => {
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

  /** Writes the positions in their new order. */
  private writeOrder(to: number, step: Word): void {
    const { f, item, items, at } = this;
    f.get(items).set(at);
    f.repeat(this.numbers.kept, () => {
      f.get(to).get(at).memory(I32.load, 0).memory(I32.store, 0);
      f.advance(at, item.bytes).advance(to, step);
    });
  }

  /** Writes the middle element, or the first NaN, or the position of either. */
  private writeMedian(from: number, to: number): void {
    const { f, item, items, at, numbers } = this;
    const { dtype, result } = this.form;
    const isNaN = (back: number): void => {
      f.get(at);
      if (back > 0) f.i32(back).op(I32.sub);
      if (dtype === 'float64') f.memory(I64.load, item.key).i64(-1).op(I64.eq);
      else f.memory(I32.load, item.key).i32(-1).op(I32.eq);
    };
    f.get(items).push(numbers.middle).op(I32.add).set(at);
    if (dtype === 'float32' || dtype === 'float64') {
      const middle = f.local('i32');
      f.get(at).set(middle);
      f.get(items).push(numbers.last).op(I32.add).set(at);
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
    f.get(from).get(at).memory(I32.load, 0).push(numbers.from.step).op(I32.mul).op(I32.add);
    f.memory(load, 0).memory(store, 0);
  }
}

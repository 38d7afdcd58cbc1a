/** @file Running sums, products and extremes along rows, and linear recurrences. Threads take rows. */
import type { CumulativeKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import type { FunctionBuilder, ModuleBuilder, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import { elementsOf, forShare } from '../assembler/nest.js';
import { F32, F64, I32 } from '../assembler/opcodes.js';
import { pushRow, rowsOf, type Rows } from './rows.js';

/** Below this many elements one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** How many elements of a row are unrolled in the loop. */
const UNROLL = 4;

export function planCumulative(kernel: CumulativeKernel): FormedKernel {
  const { op, outer, length, inner, reverse, inputs, out } = kernel;
  const rows = outer * inner;
  const parallel = rows * length >= SERIAL_WORK && rows > 1;
  const block = new Block();
  const operands = [...inputs, out].map((place): Operand => {
    // In reverse, a row begins at its last element.
    const offset = place.offset + (reverse ? (length - 1) * inner : 0);
    const own = rowsOf(block, { ...place, offset }, kernel);
    const step = block.number((reverse ? -inner : inner) * own.size);
    return { dtype: place.dtype, rows: own, step };
  });
  const count = block.number(rows);
  const blocks = block.number(Math.floor((length - 1) / UNROLL));
  const rest = block.number((length - 1) % UNROLL);
  return {
    key: `cumulative ${op} ${operands.map((x) => x.dtype).join()} ${parallel}`,
    block,
    parallel,
    threadScratch: 0,
    write: (module) => {
      const writer = new ScanWriter(module, op, operands);
      const { f } = writer;
      forShare(f, count, parallel, (row) => {
        writer.first(row);
        f.repeat(blocks, () => {
          for (let k = 0; k < UNROLL; k++) writer.step();
        });
        f.repeat(rest, () => writer.step());
      });
      return f;
    },
  };
}

interface Operand {
  readonly dtype: BufferRef['dtype'];
  readonly rows: Rows;
  /** Bytes from one element to the next in the order of the scan. */
  readonly step: Word;
}

/**
 * Locals: the sum of all rounding errors, the sum including the next element, and how much of that element the sum has taken.
 */
interface RoundingErrors {
  readonly total: number;
  readonly nextSum: number;
  readonly added: number;
}

class ScanWriter {
  readonly f: FunctionBuilder;
  private readonly op: CumulativeKernel['op'];
  /** The inputs, then the output, with a pointer each. */
  private readonly operands: readonly (Operand & { readonly at: number })[];
  private readonly extreme: boolean;
  private readonly type: 'f64' | 'i32';
  private readonly sum: number;
  private readonly next: number;
  /** The sum of the rounding errors of additions of doubles; null where a sum has digits to spare. */
  private readonly errors: RoundingErrors | null;
  private readonly position: number;
  private readonly chosen: number;

  constructor(module: ModuleBuilder, op: CumulativeKernel['op'], operands: readonly Operand[]) {
    const f = kernelFunction(module);
    this.f = f;
    this.op = op;
    this.operands = operands.map((x) => ({ ...x, at: f.local('i32') }));
    this.extreme = op === 'largest' || op === 'smallest';
    const from = operands[0]?.dtype;
    const to = operands.at(-1)?.dtype;
    const number = from === 'float32' || from === 'float64' ? 'f64' : 'i32';
    this.type = this.extreme || to !== 'int32' ? number : 'i32';
    [this.sum, this.next] = [f.local(this.type), f.local(this.type)];
    this.errors =
      op === 'sum' && to === 'float64'
        ? { total: f.local('f64'), nextSum: f.local('f64'), added: f.local('f64') }
        : null;
    [this.position, this.chosen] = [f.local('i32'), f.local('i32')];
  }

  /** The first element of a row, whose number a local holds. */
  first(row: number): void {
    const { f, op, type, sum } = this;
    for (const { rows, at } of this.operands) pushRow(f, rows, row).set(at);
    this.load(op === 'recurrence' ? 1 : 0);
    // A sum starts from 0, which turns −0 into 0.
    if (op === 'sum' && type === 'f64') f.f64(0).op(F64.add);
    f.set(sum);
    if (this.errors !== null) f.f64(0).set(this.errors.total);
    if (this.extreme) f.i32(0).set(this.position).i32(0).set(this.chosen);
    this.store();
  }

  step(): void {
    const { f, op, type, sum, next } = this;
    if (op === 'recurrence') {
      f.f64(0);
      this.load(0);
      f.get(sum).op(F64.mul);
      f.get(sum).f64(0).op(F64.eq).select();
      this.load(1);
      f.op(F64.add).set(sum);
    } else if (this.errors !== null) {
      this.addExact(this.errors);
    } else if (!this.extreme) {
      const [add, multiply] = type === 'f64' ? [F64.add, F64.mul] : [I32.add, I32.mul];
      f.get(sum);
      this.load(0);
      f.op(op === 'sum' ? add : multiply).set(sum);
    } else {
      // Takes the last of equal ones; after a NaN only another NaN.
      f.advance(this.position, 1);
      this.load(0);
      f.tee(next).get(sum);
      if (type === 'f64') {
        f.op(op === 'largest' ? F64.ge : F64.le);
        f.get(next).get(next).op(F64.ne).op(I32.or);
      } else f.op(op === 'largest' ? I32.geS : I32.leS);
      f.if(() => f.get(next).set(sum).get(this.position).set(this.chosen));
    }
    this.store();
  }

  /** Adds an element, and adds the rounding error to the errors so far (Knuth's two-sum). */
  private addExact({ total, nextSum, added }: RoundingErrors): void {
    const { f, sum, next } = this;
    this.load(0);
    f.set(next).get(total);
    f.get(sum).get(sum).get(next).op(F64.add).tee(nextSum);
    f.get(nextSum).get(sum).op(F64.sub).tee(added).op(F64.sub).op(F64.sub);
    f.get(next).get(added).op(F64.sub).op(F64.add);
    f.op(F64.add).set(total).get(nextSum).set(sum);
  }

  private load(k: number): void {
    const { dtype, at } = this.operands[k] as (typeof this.operands)[number];
    this.f.get(at).memory(elementsOf(dtype).load, 0);
    if (dtype === 'float32') this.f.op(F64.promoteF32);
  }

  /** Stores the current result, and advances. */
  private store(): void {
    const { f, operands } = this;
    const { dtype, at } = operands.at(-1) as (typeof operands)[number];
    f.get(at);
    if (this.errors === null) f.get(this.extreme ? this.chosen : this.sum);
    else {
      // The rounding error is NaN once the sum is infinite.
      const { total, nextSum } = this.errors;
      f.get(this.sum).get(total).op(F64.add).tee(nextSum).get(this.sum);
      f.get(nextSum).get(nextSum).op(F64.eq).select();
    }
    if (dtype === 'float32') f.op(F32.demoteF64);
    f.memory(elementsOf(dtype).store, 0);
    for (const { at: pointer, step } of operands) f.advance(pointer, step);
  }
}

/**
 * @file Reading and writing at positions given by an index.
 *
 * Elements that are contiguous on both sides are copied in vectors. Threads share a dimension along which the positions written
 * never coincide, or otherwise the slices of the table; so elements at one position add up in order on any number of threads.
 * An index out of range sets the plan's fault; the results are then not used.
 */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { IndexKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { FunctionBuilder, ModuleBuilder, Quantity, Word } from '../assembler/moduleBuilder.js';
import { FAULT } from '../run/barrier.js';
import { Block, SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';
import { kernelFunction, threadRange } from '../assembler/kernelFunction.js';
import { copyRow, elementsOf, nest } from '../assembler/nest.js';
import type { Elements, Combining } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';

/** Below this many elements one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;

/** For slices shorter than this, one thread writes all of them in the time that several take to skip those of others. */
const MIN_SHARED_ROW = 16;

/** One dimension of the space, with its stride in bytes for each operand. */
interface Dimension<Q extends Quantity = number> {
  readonly size: Q;
  readonly index: Q;
  readonly table: Q;
  readonly other: Q;
}

/** What the threads share. */
type Split = 'outer' | 'slices' | 'none';

/** The kernels of an indexed access: one that fills the table first if it is written to, then the access itself. */
export function planIndex(kernel: IndexKernel): (FormedKernel | LoopKernel)[] {
  const { mode, space, inputs, out } = kernel;
  const size = itemSize[out.dtype];
  const dims = collapse(kernel, size);
  const last = dims.reduce((at, d, i) => (d.index !== 0 ? i : at), -1);
  // The dimensions up to the last along which the index varies, and those within one index.
  const outer = dims.slice(0, last + 1);
  const inner = dims.slice(last + 1);
  // Along a dimension in which the table advances, different points never share a position.
  const free = outer.filter((d) => mode === 'gather' || d.table !== 0);
  const widest = free.reduce<Dimension | null>(
    (best, d) => (best === null || d.size > best.size ? d : best),
    null,
  );
  let split: Split = 'none';
  if (sizeOf(space) >= SERIAL_WORK) {
    if (widest !== null && widest.size > 1) {
      split = 'outer';
    } else if (mode !== 'gather' && sizeOf(inner.map((d) => d.size)) >= MIN_SHARED_ROW)
      split = 'slices';
  }

  const block = new Block();
  const [table, index, other] = {
    gather: [inputs[0], inputs[1], out],
    mark: [out, inputs[0], out],
    write: [out, inputs.at(-2), inputs.at(-1)],
  }[mode === 'gather' || mode === 'mark' ? mode : 'write'] as [BufferRef, BufferRef, BufferRef];
  // The shared dimension stays in its place, so that adjacent elements are visited one after the other.
  const shared = split === 'outer' ? outer.indexOf(widest as Dimension) : -1;
  let key = `index ${mode} ${out.dtype} ${split} ${shared} `;
  /** Strides of 0 and of adjacent elements are part of the form. */
  const quantity = (value: number): Quantity => {
    const fixed = value === 0 || value === size;
    key += fixed ? (value === 0 ? 0 : 1) : 'w';
    return fixed ? value : block.number(value);
  };
  const dimension = (d: Dimension): Dimension<Quantity> => {
    key += '/';
    const [i, t, o] = [quantity(d.index), quantity(d.table), quantity(d.other)];
    return { size: block.number(d.size), index: i, table: t, other: o };
  };
  const numbers: IndexNumbers = {
    table: block.place(table),
    index: block.place(index),
    other: block.place(other),
    fault: block.place({ buffer: SCRATCH_BUFFER, dtype: 'bool', offset: FAULT }),
    limit: block.number(kernel.limit),
    step: quantity(kernel.step * size),
    shared,
    outer: outer.map(dimension),
    inner: inner.map(dimension),
  };
  key += ` ${outer.length}`;
  const { dtype } = out;
  const write: FormedKernel = {
    key,
    block,
    parallel: split !== 'none',
    threadScratch: 0,
    write: (module) => new IndexWriter(module, mode, dtype, split, numbers).write(),
  };
  return mode === 'gather' || kernel.begun === true ? [write] : [startingTable(kernel), write];
}

/** The kernel that fills the table before anything is written at the indices. */
function startingTable({ start, inputs, out, tableSize }: IndexKernel): LoopKernel {
  const { dtype } = out;
  return {
    kind: 'loop',
    outer: [tableSize],
    inner: [],
    inputs: start === null ? [{ ...(inputs[0] as BufferRef), strides: [1] }] : [],
    body: [
      start === null ? { kind: 'load', input: 0, dtype } : { kind: 'const', value: start, dtype },
    ],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

interface IndexNumbers {
  readonly table: Word;
  readonly index: Word;
  readonly other: Word;
  /** The address of the word to set when an index is out of range. */
  readonly fault: Word;
  readonly limit: Word;
  /** Bytes of the table between the positions of adjacent indices. */
  readonly step: Quantity;
  /** Which of `outer` the threads share; −1 if none. */
  readonly shared: number;
  readonly outer: readonly Dimension<Quantity>[];
  readonly inner: readonly Dimension<Quantity>[];
}

class IndexWriter {
  private readonly mode: IndexKernel['mode'];
  private readonly split: Split;
  private readonly numbers: IndexNumbers;
  private readonly f: FunctionBuilder;
  private readonly elements: Elements;
  /** Pointers to the table, the index and the other tensor. */
  private readonly table: number;
  private readonly index: number;
  private readonly other: number;
  /** The slices of this thread. */
  private readonly start: number;
  private readonly end: number;

  constructor(
    module: ModuleBuilder,
    mode: IndexKernel['mode'],
    dtype: DType,
    split: Split,
    numbers: IndexNumbers,
  ) {
    this.mode = mode;
    this.split = split;
    this.numbers = numbers;
    const f = kernelFunction(module);
    this.f = f;
    this.elements = elementsOf(dtype, joiningOf(mode));
    const local = (): number => f.local('i32');
    [this.table, this.index, this.other] = [local(), local(), local()];
    [this.start, this.end] = [local(), local()];
    f.push(numbers.table).set(this.table).push(numbers.index).set(this.index);
    f.push(numbers.other).set(this.other);
  }

  write(): FunctionBuilder {
    const { f, start, end } = this;
    const { outer, limit, shared } = this.numbers;
    const moving = (
      [
        [this.table, 'table'],
        [this.index, 'index'],
        [this.other, 'other'],
      ] as const
    ).map(([pointer, of]) => ({ pointer, strides: outer.map((d) => d[of]) }));
    const sizes = outer.map((d) => d.size);
    if (this.split === 'slices') threadRange(f, limit, start, end);
    if (this.split === 'outer') {
      threadRange(f, (outer[shared] as Dimension<Quantity>).size, start, end);
      for (const { pointer, strides } of moving)
        f.get(pointer)
          .get(start)
          .push(strides[shared] as Quantity)
          .op(I32.mul)
          .op(I32.add)
          .set(pointer);
      f.get(end).get(start).op(I32.sub).set(end);
      sizes[shared] = { local: end };
    }
    nest(f, sizes, moving, () => this.point());
    return f;
  }

  /** Processes everything that one index names. */
  private point(): void {
    const { f, index, start, end } = this;
    const { limit, fault } = this.numbers;
    const k = f.local('i32');
    f.get(index).memory(I32.load, 0).tee(k).push(limit).op(I32.geU);
    f.if(
      () => f.push(fault).i32(1).memory(I32.store, 0),
      () => {
        if (this.split !== 'slices') return this.slice(k);
        f.get(k).get(start).op(I32.sub).get(end).get(start).op(I32.sub).op(I32.ltU);
        return f.if(() => this.slice(k));
      },
    );
  }

  /** Processes a single element that an index names. */
  private element(k: number): void {
    const { f, mode, other } = this;
    const { load, store, join } = this.elements;
    const at = f.local('i32');
    f.get(this.table).get(k).push(this.numbers.step).op(I32.mul).op(I32.add).set(at);
    if (mode === 'gather') {
      f.get(other).get(at).memory(load, 0).memory(store, 0);
      return;
    }
    f.get(at);
    if (join !== undefined) f.get(at).memory(load, 0);
    f.get(other).memory(load, 0);
    join?.one(f);
    f.memory(store, 0);
  }

  private slice(k: number): void {
    const { f, elements, mode } = this;
    const { step, inner } = this.numbers;
    if (inner.length === 0 && mode !== 'mark') return this.element(k);
    const [at, otherAt] = [f.local('i32'), f.local('i32')];
    f.get(this.table).get(k).push(step).op(I32.mul).op(I32.add).set(at);
    if (mode === 'mark') {
      f.get(at).i32(1).memory(I32.store, 0);
      return;
    }
    f.get(this.other).set(otherAt);
    const [to, from] = mode === 'gather' ? [otherAt, at] : [at, otherAt];
    const { size } = elements;
    const row = inner.at(-1) ?? { size: 1, table: size, other: size };
    const outer = inner.slice(0, -1);
    nest(
      f,
      outer.map((d) => d.size),
      [
        { pointer: at, strides: outer.map((d) => d.table) },
        { pointer: otherAt, strides: outer.map((d) => d.other) },
      ],
      () => {
        const [fromStep, toStep] =
          mode === 'gather' ? [row.table, row.other] : [row.other, row.table];
        copyRow(f, to, from, row.size, elements, fromStep, toStep);
      },
    );
  }
}

/** How an element is combined with the one at its position, if it does not overwrite it. */
function joiningOf(mode: IndexKernel['mode']): Combining | undefined {
  return mode === 'gather' || mode === 'set' || mode === 'mark' ? undefined : mode;
}

/** The dimensions of the space, merged where they are contiguous in every operand. */
function collapse(kernel: IndexKernel, item: number): Dimension[] {
  const dims: Dimension[] = [];
  kernel.space.forEach((size, d) => {
    if (size === 1) return;
    const next = {
      size,
      index: (kernel.index[d] as number) * 4,
      table: (kernel.table[d] as number) * item,
      other: (kernel.other[d] as number) * item,
    };
    const before = dims.at(-1);
    const joins = (key: 'index' | 'table' | 'other'): boolean => before?.[key] === next[key] * size;
    if (before !== undefined && joins('index') && joins('table') && joins('other'))
      dims[dims.length - 1] = { ...next, size: before.size * size };
    else dims.push(next);
  });
  return dims;
}

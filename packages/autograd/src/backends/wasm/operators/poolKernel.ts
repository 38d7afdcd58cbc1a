/**
 * @file Windows over planes: the position of the largest element, sums, and the transpose of sums.
 *
 * Small windows that are all alike are unrolled. Others, at edges or adaptive, read their bounds from a table in the block.
 * Sums are kept in double precision. Threads take planes.
 */
import type { PoolKernel } from '../../../engine/compile/operators.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { FunctionBuilder, ModuleBuilder, Quantity, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { BLOCK, FOLD_BYTES, kernelFunction, SCRATCH } from '../assembler/kernelFunction.js';
import { byteStrides, elementsOf, forShare, nest, zeroFill } from '../assembler/nest.js';
import type { Elements, MovingPointer } from '../assembler/nest.js';
import { F32, F64, I32 } from '../assembler/opcodes.js';
import { comparisonOf } from './positionKernel.js';
import { argmaxVectors, goesInVectors } from './windowVectors.js';
import { eachTap, ENTRY_BYTES, windowsOf, type Windows } from './windowSpans.js';

/** Below this many elements one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;

/** The numbers of a pooling besides those of its windows. */
interface PoolNumbers {
  readonly x: Word;
  readonly out: Word;
  readonly planes: Word;
  /** Bytes of a plane of the input, and of one of the output. */
  readonly inPlane: Word;
  readonly outPlane: Word;
  /** Elements of a whole plane. */
  readonly area: Word;
  readonly areaBytes: Word;
  /** Byte strides of the operand that has one element per window. */
  readonly strides: readonly Word[];
}

export function planPool(kernel: PoolKernel): FormedKernel {
  const { mode, planes, spans, out } = kernel;
  const [input] = kernel.inputs;
  const { dtype } = input;
  const area = sizeOf(spans.map((span) => span.size));
  const counts = spans.map((span) => span.starts.length);
  const outputs = sizeOf(counts);
  const spreads = mode === 'spread';
  const [inItem, outItem] = [itemSize[dtype], mode === 'argmax' ? 4 : itemSize[dtype]];
  const parallel = planes * (area + outputs) >= SERIAL_WORK;
  const block = new Block();
  const numbers: PoolNumbers = {
    x: block.place(input),
    out: block.place(out),
    planes: block.number(planes),
    inPlane: block.number((spreads ? outputs : area) * inItem),
    outPlane: block.number((spreads ? area : outputs) * outItem),
    area: block.number(area),
    areaBytes: block.number(area * 8),
    strides: byteStrides(counts, spreads ? inItem : outItem).map((bytes) => block.number(bytes)),
  };
  const windows = windowsOf(block, spans);
  const vectors = goesInVectors(kernel, windows);
  return {
    key: `pool ${mode} ${dtype} ${parallel} ${vectors} ${windows.key}`,
    block,
    parallel,
    threadScratch: spreads ? area * 8 + 64 : 0,
    write: (module) => {
      const writer = new PoolWriter(module, mode, dtype, windows, numbers);
      const { f, x, out: to } = writer;
      writer.eachPlane(parallel, () => {
        if (mode === 'spread') writer.spread();
        else if (goesInVectors(kernel, windows)) argmaxVectors(f, windows, numbers.strides, x, to);
        else writer.fold();
      });
      return f;
    },
  };
}

class PoolWriter {
  readonly f: FunctionBuilder;
  /** Pointers to the current planes. */
  readonly x: number;
  readonly out: number;
  private readonly mode: PoolKernel['mode'];
  private readonly dtype: DType;
  private readonly elements: Elements;
  private readonly windows: Windows;
  private readonly numbers: PoolNumbers;

  constructor(
    module: ModuleBuilder,
    mode: PoolKernel['mode'],
    dtype: DType,
    windows: Windows,
    numbers: PoolNumbers,
  ) {
    this.f = kernelFunction(module);
    [this.x, this.out] = [this.f.local('i32'), this.f.local('i32')];
    this.mode = mode;
    this.dtype = dtype;
    this.elements = elementsOf(dtype);
    this.windows = windows;
    this.numbers = numbers;
  }

  eachPlane(parallel: boolean, body: () => void): void {
    const { f, numbers } = this;
    forShare(f, numbers.planes, parallel, (plane) => {
      f.push(numbers.x).get(plane).push(numbers.inPlane).op(I32.mul).op(I32.add).set(this.x);
      f.push(numbers.out).get(plane).push(numbers.outPlane).op(I32.mul).op(I32.add).set(this.out);
      body();
    });
  }

  /** Computes one number per window. */
  fold(): void {
    const { f, elements, x, out } = this;
    const argmax = this.mode === 'argmax';
    const { type, gt, ne } = comparisonOf(this.dtype);
    const [value, next] = [f.local(type), f.local(type)];
    const best = f.local('i32');
    const sum = f.local('f64');
    this.eachWindow(x, elements.size, out, (from, index, taps) => {
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

  /** Adds each element to all elements that its window covers. */
  spread(): void {
    const { f, elements, numbers, x, out } = this;
    const single = elements.size === 4;
    const sums = f.local('i32');
    f.get(SCRATCH).i32(FOLD_BYTES).op(I32.add).set(sums);
    const into = single ? sums : out;
    zeroFill(f, into, numbers.areaBytes);
    const value = f.local('f64');
    this.eachWindow(into, 8, x, (_from, _index, taps) => {
      f.get(x).memory(elements.load, 0);
      if (single) f.op(F64.promoteF32);
      f.set(value);
      taps((at, bytes) => {
        f.get(at).get(at).memory(F64.load, bytes).get(value).op(F64.add).memory(F64.store, bytes);
      });
    });
    if (!single) return;
    const [from, to] = [f.local('i32'), f.local('i32')];
    f.get(sums).set(from).get(out).set(to);
    f.repeat(numbers.area, () => {
      f.get(to).get(from).memory(F64.load, 0).op(F32.demoteF64).memory(F32.store, 0);
      f.advance(from, 8).advance(to, 4);
    });
  }

  /**
   * Visits every window of a plane. `body` gets a pointer to its first element, the flat position of that element, and a
   * function that visits the window's elements, each as a pointer and a byte offset. Meanwhile `output` points to the window's
   * own element.
   */
  private eachWindow(
    plane: number,
    item: number,
    output: number,
    body: (
      from: number,
      index: number,
      taps: (visit: (at: number, bytes: number) => void) => void,
    ) => void,
  ): void {
    const { f, windows, numbers } = this;
    const { dims, first } = windows;
    const [at, from, index] = [f.local('i32'), f.local('i32'), f.local('i32')];
    f.push(first).set(at);
    const moving: MovingPointer[] = [
      { pointer: at, strides: dims.map((d) => d.windowStride) },
      { pointer: output, strides: numbers.strides },
    ];
    // A pointer into the table, for each dimension that has one.
    const bounds = dims.map(({ table }, d) => {
      if (table === null) return null;
      const pointer = f.local('i32');
      f.get(BLOCK).push(table).op(I32.add).set(pointer);
      moving.push({ pointer, strides: dims.map((_, e): Quantity => (e === d ? ENTRY_BYTES : 0)) });
      return pointer;
    });
    const counts = dims.map((d) => d.windows);
    nest(f, counts, moving, () => {
      f.get(at);
      bounds.forEach((pointer, d) => {
        if (pointer === null) return;
        f.get(pointer).memory(I32.load, 0);
        f.push((dims[d] as (typeof dims)[number]).stride)
          .op(I32.mul)
          .op(I32.add);
      });
      f.tee(index).i32(item).op(I32.mul).get(plane).op(I32.add).set(from);
      body(from, index, (visit) => this.taps(from, item, bounds, visit));
    });
  }

  private taps(
    from: number,
    item: number,
    bounds: readonly (number | null)[],
    visit: (at: number, bytes: number) => void,
  ): void {
    const { f, windows } = this;
    const { dims, taps } = windows;
    if (taps !== null) return eachTap(f, { ...windows, taps }, from, item, visit);
    const level = (d: number, pointer: number): void => {
      const dim = dims[d];
      if (dim === undefined) return visit(pointer, 0);
      const [own, left] = [f.local('i32'), f.local('i32')];
      f.get(pointer).set(own);
      const bound = bounds[d] ?? null;
      if (bound === null) f.push(dim.count);
      else f.get(bound).memory(I32.load, 4);
      f.set(left);
      f.repeatLocal(left, () => {
        level(d + 1, own);
        f.get(own).get(f.word(dim.step, item)).op(I32.add).set(own);
      });
    };
    level(0, from);
  }
}

/**
 * @file Reading and writing at places that an index names.
 *
 * What lies together on both sides is copied in vectors. Threads share out a dimension along which the places written
 * never meet, or else the slices of the table; so elements at one place add up in order on any number of threads. An
 * index out of range sets the plan's fault; what is computed then is not used.
 */
import type { IndexKernel, LoopKernel, Place } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { FAULT } from './barrier.js';
import type { Scratch } from './chunkReductions.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { copyRow, elementsOf, nest } from './nest.js';
import type { Elements, Moving } from './nest.js';
import { I32 } from './opcodes.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;

/** One dimension of the space, with its stride in bytes for each operand. */
interface Dimension {
  readonly size: number;
  readonly index: number;
  readonly table: number;
  readonly other: number;
}

export function compileIndex(
  module: ModuleBuilder,
  kernel: IndexKernel,
  scratch: Scratch,
): (CompiledKernel | LoopKernel)[] {
  const pieces: (CompiledKernel | LoopKernel)[] = [];
  if (kernel.mode !== 'gather') pieces.push(startingTable(kernel));
  pieces.push(new IndexCompiler(module, kernel, scratch).compile());
  return pieces;
}

/** What the table holds before anything is written at the indices. */
function startingTable({ start, inputs, out, tableSize }: IndexKernel): LoopKernel {
  const { dtype } = out;
  return {
    kind: 'loop',
    outer: [tableSize],
    inner: [],
    inputs: start === null ? [{ ...(inputs[0] as Place), strides: [1] }] : [],
    body: [
      start === null ? { kind: 'load', input: 0, dtype } : { kind: 'const', value: start, dtype },
    ],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

class IndexCompiler {
  private readonly kernel: IndexKernel;
  private readonly scratch: Scratch;
  private readonly f: FunctionBuilder;
  private readonly elements: Elements;
  /** Dimensions that the index varies along (at least up to the last such), and those within one index. */
  private readonly outer: Dimension[];
  private readonly inner: Dimension[];
  private readonly split: 'outer' | 'slices' | 'none';

  constructor(module: ModuleBuilder, kernel: IndexKernel, scratch: Scratch) {
    this.kernel = kernel;
    this.scratch = scratch;
    this.f = kernelFunction(module);
    this.elements = elementsOf(kernel.out.dtype, kernel.mode === 'add');
    const dims = collapse(kernel, this.elements.size);
    const last = dims.reduce((at, d, i) => (d.index !== 0 ? i : at), -1);
    this.outer = dims.slice(0, last + 1);
    this.inner = dims.slice(last + 1);
    const points = kernel.space.reduce((all, n) => all * n, 1);
    // Along a dimension in which the table moves, different points never share a place.
    const free = this.outer.filter((d) => kernel.mode === 'gather' || d.table !== 0);
    const widest = free.reduce<Dimension | null>(
      (best, d) => (best === null || d.size > best.size ? d : best),
      null,
    );
    if (points < SERIAL_WORK) this.split = 'none';
    else if (widest !== null && widest.size > 1) {
      this.outer = [widest, ...this.outer.filter((d) => d !== widest)];
      this.split = 'outer';
    } else this.split = kernel.mode === 'gather' ? 'none' : 'slices';
  }

  compile(): CompiledKernel {
    const { f, kernel, outer } = this;
    const [table, index, other] = this.operands();
    const [start, end] = [f.local('i32'), f.local('i32')];
    const moving: Moving[] = [
      { pointer: table, strides: outer.map((d) => d.table) },
      { pointer: index, strides: outer.map((d) => d.index) },
      { pointer: other, strides: outer.map((d) => d.other) },
    ];
    const rest = moving.map((m) => ({ ...m, strides: m.strides.slice(1) }));
    const point = (): void => this.point(table, index, other, start, end);
    if (this.split === 'outer') {
      const [first] = outer as [Dimension];
      threadRange(f, first.size, start, end);
      for (const { pointer, strides } of moving) {
        f.get(pointer)
          .get(start)
          .i32(strides[0] as number);
        f.op(I32.mul).op(I32.add).set(pointer);
      }
      f.get(end).get(start).op(I32.sub).set(end);
      const left = f.local('i32');
      f.get(end).set(left);
      f.repeatLocal(left, () => {
        nest(
          f,
          outer.slice(1).map((d) => d.size),
          rest,
          point,
        );
        for (const { pointer, strides } of moving) f.advance(pointer, strides[0] as number);
      });
    } else {
      if (this.split === 'slices') threadRange(f, kernel.limit, start, end);
      nest(
        f,
        outer.map((d) => d.size),
        moving,
        point,
      );
    }
    return { function: f, parallel: this.split !== 'none', threadScratch: 0 };
  }

  /** Pointers to the table, the index and the other tensor. */
  private operands(): [number, number, number] {
    const { f, kernel } = this;
    const { mode, inputs, out } = kernel;
    const places = {
      gather: [inputs[0], inputs[1], out],
      add: [out, inputs.at(-2), inputs.at(-1)],
      set: [out, inputs.at(-2), inputs.at(-1)],
      mark: [out, inputs[0], out],
    }[mode] as readonly Place[];
    return places.map(({ buffer, offset }, i) => {
      const pointer = f.local('i32');
      loadAddress(f, buffer);
      f.i32(offset * (i === 1 ? 4 : this.elements.size))
        .op(I32.add)
        .set(pointer);
      return pointer;
    }) as [number, number, number];
  }

  /** All that one index says. */
  private point(table: number, index: number, other: number, start: number, end: number): void {
    const { f, kernel } = this;
    const k = f.local('i32');
    f.get(index).memory(I32.load, 0).tee(k).i32(kernel.limit).op(I32.geU);
    f.if(
      () => {
        f.get(0).memory(I32.load, this.scratch.entry * 4);
        f.i32(1).memory(I32.store, FAULT);
      },
      () => {
        const slice = (): void => this.slice(table, k, other);
        if (this.split !== 'slices') return slice();
        f.get(k).get(start).op(I32.sub).get(end).get(start).op(I32.sub).op(I32.ltU).if(slice);
      },
    );
  }

  private slice(table: number, k: number, other: number): void {
    const { f, kernel, elements } = this;
    const [at, beside] = [f.local('i32'), f.local('i32')];
    f.get(table)
      .get(k)
      .i32(kernel.step * elements.size);
    f.op(I32.mul).op(I32.add).set(at);
    if (kernel.mode === 'mark') {
      f.get(at).i32(1).memory(I32.store, 0);
      return;
    }
    f.get(other).set(beside);
    const [to, from] = kernel.mode === 'gather' ? [beside, at] : [at, beside];
    const row = this.inner.at(-1) ?? {
      size: 1,
      index: 0,
      table: elements.size,
      other: elements.size,
    };
    const around = this.inner.slice(0, -1);
    nest(
      f,
      around.map((d) => d.size),
      [
        { pointer: at, strides: around.map((d) => d.table) },
        { pointer: beside, strides: around.map((d) => d.other) },
      ],
      () => {
        const [fromStep, toStep] =
          kernel.mode === 'gather' ? [row.table, row.other] : [row.other, row.table];
        copyRow(f, to, from, row.size, elements, fromStep, toStep);
      },
    );
  }
}

/** The dimensions of the space; those that lie together in every operand are one. */
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

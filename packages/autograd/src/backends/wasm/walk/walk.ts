/**
 * @file A walk: makes a program ready operation by operation, with each value in a buffer of its own.
 *
 * Nothing is fused or optimized. Views cost nothing; a buffer is free again after its last use. A plan of fused loops takes
 * many times as long to make, and is made for programs that run many times; it gives the same bits.
 */
import { copyOf } from '../../../engine/compile/compilerPrimitives.js';
import { isContiguous, ownView, viewOf, type View } from '../../../engine/compile/view.js';
import { viewOfWindow, windowOf, type Window } from '../../../engine/compile/windows.js';
import { loopOf, type Loop } from '../../../engine/loop.js';
import type { Instruction, Program } from '../../../engine/program.js';
import type { DynamicViewSpec } from '../../../graph/lowering.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { constantOp } from '../../../graph/version.js';
import type { Arrays } from '../run/arrays.js';
import { disposeParts, type Part, type PreparedProgram } from '../run/prepare.js';
import { WasmPlan } from '../run/wasmPlan.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { CallWriter } from './callWriter.js';
import type { KernelCache } from './kernelCache.js';
import type { NumberTrees } from './numberTrees.js';
import type { OperationLoop } from './operationLoop.js';
import type { ProductCall } from './productCall.js';
import type { WalkContext } from './walkContext.js';
import type { WalkTools } from './walkTools.js';
import { write } from './writeCalls.js';

/** A buffer without an offset in the arena. */
const NO_OFFSET = -1;
/** Instead of the last use of a buffer: it is read after the last operation, or was given back already. */
const LIVE_OUT = Infinity;
const RELEASED = -2;

export class Walk implements WalkContext {
  readonly instructions: Instruction[];
  readonly views: (View | null)[] = [];
  readonly base: number[] = [];
  readonly calls: CallWriter;
  readonly arrays: Arrays;
  readonly loop: OperationLoop;
  readonly product: ProductCall;
  readonly kernels: KernelCache;
  readonly context: KernelContext;
  private readonly parts: Part[] = [];
  /** The offset of each buffer in the arena. */
  private readonly offsets: number[] = [];
  private arenaBytes = 0;
  /** The last slot that reads a buffer. */
  private readonly last: number[] = [];
  /** Free offsets, by their size in bytes. */
  private readonly free = new Map<number, number[]>();
  /** The slots of numbers that are part of the program. */
  private readonly numbers: number[] = [];
  /** The results of each loop. */
  private readonly results = new Map<number, Map<number, number>>();
  /** Buffers within others; and for each of these the outermost buffer that contains it. */
  private readonly windows: Window[] = [];
  private readonly roots = new Map<number, number>();
  private readonly tools: WalkTools;
  /** The trees of numbers that are computed in the kernels of their readers. */
  private readonly trees: NumberTrees | null;
  /** How many instructions the program has, without the copies that are added. */
  private readonly count: number;

  constructor({ instructions }: Program, tools: WalkTools, trees: NumberTrees | null = null) {
    this.instructions = instructions.slice();
    this.count = instructions.length;
    this.arrays = tools.arrays;
    const { context, loop, product, kernels } = tools.forms;
    this.context = context;
    this.loop = loop;
    this.product = product;
    this.kernels = kernels;
    this.calls = tools.calls;
    this.tools = tools;
    this.trees = trees;
    this.calls.reset();
  }

  run({ outputs }: Program): PreparedProgram {
    const { arrays, instructions } = this;
    // `mapOverExamples`, because V8 would optimize a loop in this function with both functions inlined, which takes twice the time of
    // the two.
    instructions.forEach((instruction, slot) => this.resolve(instruction, slot));
    const results = outputs.map((slot) => this.result(slot));
    this.reserveLoops();
    try {
      // Instructions that the walk adds are computed where it adds them.
      instructions.forEach((instruction, slot) => this.compute(instruction, slot));
      arrays.forms.finish();
      this.flush();
    } catch (error) {
      arrays.forms.abandon();
      this.loop.forget();
      this.product.forget();
      this.kernels.forget();
      disposeParts(this.parts);
      throw error;
    }
    const { offsets, arenaBytes, parts, numbers, windows } = this;
    return { instructions, windows, outputs: results, offsets, arenaBytes, parts, numbers };
  }

  /** Adds an instruction that is not part of the program, with a buffer of its own. */
  add(instruction: Instruction): number {
    const slot = this.instructions.push(instruction) - 1;
    this.define(slot, slot, null);
    return slot;
  }

  window(slot: number, spec: DynamicViewSpec, numbers: readonly number[], view: View): void {
    this.windows.push(windowOf(slot, spec, numbers, view));
    this.roots.set(slot, this.rootOf(view.base));
  }

  /** The outermost buffer that contains a buffer, or the buffer itself. */
  private rootOf(buffer: number): number {
    return this.roots.size === 0 ? buffer : (this.roots.get(buffer) ?? buffer);
  }

  take(slot: number): void {
    if (this.offsets[slot] !== NO_OFFSET) return;
    const bytes = this.bytesOf(slot);
    const place = this.free.get(bytes)?.pop();
    this.offsets[slot] = place ?? this.arenaBytes;
    if (place === undefined) this.arenaBytes += bytes;
  }

  release(slot: number): void {
    const place = this.offsets[slot]!;
    if (place === NO_OFFSET) return; // an input
    const bytes = this.bytesOf(slot);
    const list = this.free.get(bytes);
    if (list === undefined) this.free.set(bytes, [place]);
    else list.push(place);
  }

  reference(slot: number, operands: readonly number[]): void {
    this.flush();
    this.parts.push({ kind: 'opaque', slot, operands });
  }

  repeat(slot: number, operands: readonly number[]): void {
    const loop = this.loopAt(slot);
    const results = this.wantedOf(slot);
    for (const result of results.values()) this.take(result);
    this.flush();
    const step = { kind: 'loop' as const, slot, operands, results };
    this.parts.push({ kind: 'loop', step, repeated: this.tools.repeated(loop) });
  }

  /** Whether an instruction is a result of a loop in this program. */
  private isLeftByLoop({ op, inputs }: Instruction): boolean {
    return op?.lowering.kind === 'loopResult' && this.results.has(inputs[0]!);
  }

  private loopAt(slot: number): Loop {
    return loopOf(this.instructions[slot]?.attrs ?? {});
  }

  /** The results of a loop that something reads. */
  private wantedOf(slot: number): Map<number, number> {
    const all = this.results.get(slot) ?? [];
    return new Map(Array.from(all).filter(([, result]) => this.last[result] !== NO_OFFSET));
  }

  /** Reserves the memory that the steps of loops need. */
  private reserveLoops(): void {
    for (const slot of this.results.keys()) {
      const loop = this.loopAt(slot);
      const bytes = this.tools.repeated(loop)?.memoryFor(loop, this.wantedOf(slot));
      if (bytes === undefined) continue;
      const shape = [bytes / itemSize.int32];
      this.instructions[slot] = { ...(this.instructions[slot] as Instruction), shape };
    }
  }

  /** Makes a list of the calls so far. */
  private flush(): void {
    if (this.calls.isEmpty) return;
    const plan = new WasmPlan(this.arrays.forms, this.calls.finish());
    this.parts.push({ kind: 'plan', plan, work: null });
  }

  private define(slot: number, base: number, view: View | null): void {
    this.base[slot] = base;
    this.views[slot] = view;
    this.offsets[slot] = NO_OFFSET;
    this.last[slot] = NO_OFFSET;
  }

  /** Finds the buffer and the view of a slot, and notes its readers. */
  private resolve(instruction: Instruction, slot: number): void {
    const { op, inputs } = instruction;
    if (op === null || op === constantOp) {
      this.define(slot, slot, null);
      if (op === null) return;
      this.take(slot); // written before the run, as inputs are: into memory that no value uses before
      this.last[slot] = LIVE_OUT;
      this.numbers.push(slot);
      return;
    }
    const { kind } = op.lowering;
    if ((kind === 'alias' || kind === 'view') && this.resolveView(slot, instruction)) return;
    if (op.lowering.kind === 'dynamicView')
      return this.resolveWindow(slot, instruction, op.lowering.dynamic(instruction.attrs ?? {}));
    this.define(slot, slot, null);
    if (op.lowering.kind === 'loop') this.results.set(slot, new Map());
    if (op.lowering.kind === 'loopResult' && this.isLeftByLoop(instruction)) {
      this.results.get(inputs[0]!)!.set(op.lowering.result(instruction.attrs ?? {}), slot);
      return this.readBy(inputs[0]!, slot);
    }
    const reader = this.trees?.rootOf(slot) ?? slot;
    for (const x of inputs) this.readBy(x, reader);
  }

  /** A view of an existing buffer; false if no strides describe it. */
  private resolveView(slot: number, instruction: Instruction): boolean {
    const x = instruction.inputs[0]!;
    const base = this.base[x]!;
    const from = this.views[x]!;
    const { op, shape } = instruction;
    if (op?.lowering.kind === 'alias' && from === null) {
      this.define(slot, base, null);
    } else {
      const { shape: before } = this.instructions[x] as Instruction;
      const view = viewOf(instruction, from ?? ownView(base, before), before);
      if (view === null) return false;
      const { shape: whole } = this.instructions[base] as Instruction;
      this.define(slot, base, isContiguous(view, shape, whole) ? null : view);
    }
    this.readBy(x, slot);
    return true;
  }

  /** A window of an existing buffer. */
  private resolveWindow(slot: number, { inputs, shape }: Instruction, spec: DynamicViewSpec): void {
    const [x, ...numbers] = inputs as readonly [number, ...number[]];
    const whole =
      this.views[x] ?? ownView(this.base[x]!, (this.instructions[x] as Instruction).shape);
    const view = viewOfWindow(slot, spec, whole);
    this.define(slot, slot, isContiguous(view, shape, shape) ? null : view);
    this.window(slot, spec, numbers, whole);
    this.readBy(x, slot);
  }

  private readBy(x: number, slot: number): void {
    const base = this.rootOf(this.base[x]!);
    if (this.last[base]! < slot) this.last[base] = slot;
  }

  /** The slot whose buffer holds an output. */
  private result(slot: number): number {
    const base = this.base[slot]!;
    const { shape, dtype } = this.instructions[slot] as Instruction;
    this.last[this.rootOf(base)] = LIVE_OUT;
    const isOwn = this.views[slot] === null && !this.roots.has(base);
    if (isOwn && (this.instructions[base] as Instruction).op !== constantOp) return base;
    const copy = this.add(copyOf(slot, shape, dtype));
    this.last[copy] = LIVE_OUT;
    return copy;
  }

  /** Writes the calls that compute a slot. */
  private compute({ op, inputs }: Instruction, slot: number): void {
    if (op === null || op === constantOp || this.base[slot] !== slot) return;
    if (this.roots.has(slot)) return;
    if (this.trees !== null && this.trees.rootOf(slot) !== slot) return;
    const tree = this.trees?.slotsOf(slot) ?? null;
    if (!this.isLeftByLoop(this.instructions[slot] as Instruction)) {
      this.take(slot);
      if (tree === null) write(this, slot);
      else this.trees?.write(this, slot);
    }
    if (slot >= this.count) return;
    if (tree === null) this.freeBuffer(inputs, slot);
    else
      for (const part of tree)
        this.freeBuffer((this.instructions[part] as Instruction).inputs, slot);
    if (this.last[slot] === NO_OFFSET) this.release(slot);
  }

  /** Gives back the buffers of `inputs` that nothing reads after a slot. */
  private freeBuffer(inputs: readonly number[], slot: number): void {
    for (const x of inputs) {
      const base = this.rootOf(this.base[x]!);
      if (this.last[base] !== slot) continue;
      this.last[base] = RELEASED;
      this.release(base);
    }
  }

  private bytesOf(slot: number): number {
    const { shape, dtype } = this.instructions[slot] as Instruction;
    return Math.ceil((sizeOf(shape) * itemSize[dtype]) / 64) * 64;
  }
}

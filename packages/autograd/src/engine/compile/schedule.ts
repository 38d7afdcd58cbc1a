/**
 * @file Scheduling: decides which instructions become one loop, and which values are stored in buffers.
 *
 * Instructions are taken in order. An element-wise one, or a reduction, joins the loop of its operands if the iteration
 * spaces fit. So chains with broadcasting, reductions with what comes before and after them, and the whole update of a
 * parameter become one pass over memory. Movement operations become views, which cost nothing.
 */
import type {
  KernelSpec,
  PartsSpec,
  DynamicPartsSpec,
  DynamicViewSpec,
} from '../../graph/lowering.js';
import { sizeOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import { copyOf } from './compilerPrimitives.js';
import { productOrder } from './foldOrder.js';
import { isFusible, LoopFusion, type Supports } from './loops/loopFusion.js';
import { mergeLoops } from './loops/merge.js';
import { withoutWideCasts } from './loops/wideCasts.js';
import { SharedOperands, transpose, transposeOf, isLoop, transposition } from './products.js';
import { writesTable } from './operatorKernel.js';
import type { Instruction, Program } from '../program.js';
import { Slots } from './slots.js';
import { isContiguous, ownView, viewOf, type View } from './view.js';
import { partsInWindows, partsOf } from './parts.js';
import type { LoopStep, Schedule } from './steps.js';
import { rootsOf, viewOfWindow, windowOf, type Window } from './windows.js';

interface ScheduleOptions {
  /** Inputs that do not change over many runs: then it pays to copy a matrix in the order in which it is read. */
  readonly lasting?: ReadonlySet<number>;
  /** Whether the executor can place windows. */
  readonly windows?: boolean;
}

export function schedule(
  program: Program,
  supports: Supports,
  options: ScheduleOptions = {},
): Schedule {
  return new Scheduler(program, supports, options).run();
}

class Scheduler extends Slots {
  private readonly joining: LoopFusion;
  private readonly copies = new Map<number, number>();
  private readonly shared: SharedOperands;
  /** For each slot the slot of its transpose. */
  private readonly transposes = new Map<number, number>();
  private readonly loops = new Map<number, LoopStep>();
  private readonly program: Program;
  private readonly supports: Supports;
  private readonly lasting: ReadonlySet<number>;
  private readonly hasWindows: boolean;
  private readonly windows: Window[] = [];

  constructor(
    program: Program,
    supports: Supports,
    { lasting = new Set(), windows = false }: ScheduleOptions,
  ) {
    super(program);
    this.program = program;
    this.lasting = lasting;
    this.hasWindows = windows;
    this.supports = supports;
    this.joining = new LoopFusion(this);
    this.shared = new SharedOperands(program);
  }

  run(): Schedule {
    for (let slot = 0; slot < this.program.instructions.length; slot++) this.place(slot);
    const isWindow = new Set(this.windows.map(({ slot }) => slot));
    const outputs = this.program.outputs.map((slot) =>
      isWindow.has(this.view(slot).base) ? this.copy(slot) : this.contiguous(slot),
    );
    const { instructions, windows } = this;
    const rootOf = rootsOf(windows);
    const { steps: merged, visits } = mergeLoops(this.steps, instructions, rootOf);
    const held = new Set(windows.flatMap(({ slot, within }) => [slot, within]));
    const steps = withoutWideCasts(merged, instructions, held);
    return { steps, instructions, windows, outputs, visits: this.joining.visits + visits };
  }

  private place(slot: number): void {
    const instruction = this.at(slot);
    const { op, shape, attrs } = instruction;
    if (op === null || op === constantOp) return this.define(slot, ownView(slot, shape), -1);
    const { lowering } = op;
    switch (lowering.kind) {
      case 'alias':
      case 'view':
        return this.define(slot, this.movedView(instruction), -1);
      case 'element':
        if (isFusible(instruction, this.instructions, this.supports))
          return this.joining.element(slot);
        break;
      case 'fold':
        if (isFusible(instruction, this.instructions, this.supports))
          return this.joining.fold(slot, lowering.dims(attrs ?? {}));
        break;
      case 'product':
        if (sizeOf(shape) > 0) return this.matmul(slot);
        break;
      case 'parts':
        return this.assemble(slot, lowering.parts(attrs ?? {}));
      case 'dynamicView':
        if (this.hasWindows) return this.window(slot, lowering.dynamic(attrs ?? {}));
        break;
      case 'dynamicParts':
        if (this.hasWindows) return this.assembleInWindows(slot, lowering.dynamic(attrs ?? {}));
        break;
      case 'kernel':
        return this.opaque(slot, lowering.kernel(attrs ?? {}));
      case 'loop':
        // A loop whose results are read by another program runs by its reference.
        if (!this.program.outputs.includes(slot)) return this.loop(slot);
        break;
      case 'loopResult': {
        const loop = this.loops.get(instruction.inputs[0] as number);
        if (loop === undefined) break;
        loop.results.set(lowering.result(attrs ?? {}), slot);
        return this.define(slot, ownView(slot, shape), this.step(loop.slot));
      }
      case 'reference':
      case 'leaf':
    }
    this.opaque(slot, null);
  }

  /** The elements of an input in another order; if no strides describe it, they are copied first. */
  private movedView(instruction: Instruction): View {
    const [x] = instruction.inputs as readonly [number];
    const view = viewOf(instruction, this.view(x), this.at(x).shape);
    if (view !== null) return view;
    const copy = this.contiguous(x);
    return viewOf(instruction, this.view(copy), this.at(copy).shape) as View;
  }

  private opaque(slot: number, spec: KernelSpec | null): void {
    const operands = this.at(slot).inputs.map((x, i) => {
      const { base } = this.view(x);
      // A table that is one number throughout needs no buffer.
      const number =
        i === 0 && this.at(base).op === constantOp && writesTable(this.instructions, slot, spec);
      return number ? base : this.contiguous(x);
    });
    this.push({ kind: 'opaque', slot, operands }, slot);
  }

  private loop(slot: number): void {
    const operands = this.at(slot).inputs.map((x) => this.contiguous(x));
    const step: LoopStep = { kind: 'loop', slot, operands, results: new Map() };
    this.loops.set(slot, step);
    this.push(step, slot);
  }

  private matmul(slot: number): void {
    const instruction = this.at(slot);
    const [a, b] = instruction.inputs as readonly [number, number];
    const along = productOrder(
      this.view(a).strides,
      this.view(b).strides,
      transposition(instruction),
    );
    const turned = transposition(instruction);
    const [m = 0, n = 0] = instruction.shape.slice(-2);
    const k = this.at(a).shape.at(turned.a ? -2 : -1)!;
    // A sum in a loop takes its order from the operands' own views, so it must not read copies of them.
    const columns = isLoop(m, n, k, along) ? this.inMemory(b) : this.inRows(b, turned.b);
    const rows = this.inMemory(a);
    this.push({ kind: 'matmul', slot, a: rows, b: columns, along }, slot);
  }

  /** The second operand of a product. If its rows are not contiguous and many products share it, it is copied once. */
  private inRows(slot: number, transposed: boolean): View {
    const inRows = this.view(slot).strides.at(transposed ? -2 : -1) === 1;
    const often = this.shared.isShared(slot, transposed) || this.lasting.has(this.view(slot).base);
    if (inRows || !often) return this.inMemory(slot);
    return transposed
      ? transpose(this.view(this.contiguous(this.transposed(slot))))
      : this.view(this.contiguous(slot));
  }

  private transposed(slot: number): number {
    const known = this.transposes.get(slot);
    if (known !== undefined) return known;
    const made = this.instructions.push(transposeOf(slot, this.at(slot))) - 1;
    this.transposes.set(slot, made);
    this.define(made, transpose(this.inMemory(slot)), -1);
    return made;
  }

  /** A view that can be read from memory; a number is copied into a buffer first. */
  private inMemory(slot: number): View {
    const view = this.view(slot);
    return this.at(view.base).op === constantOp ? this.view(this.contiguous(slot)) : view;
  }

  private assemble(slot: number, spec: PartsSpec): void {
    const view = (x: number): View => this.view(x);
    this.push(
      { kind: 'assemble', slot, parts: partsOf(slot, spec, this.instructions, view) },
      slot,
    );
  }

  private window(slot: number, spec: DynamicViewSpec): void {
    const [x, ...numbers] = this.at(slot).inputs as readonly [number, ...number[]];
    const whole = this.view(x);
    const view = viewOfWindow(slot, spec, whole);
    // A constant is the same wherever it is read.
    if (this.at(whole.base).op === constantOp)
      return this.define(slot, { ...view, base: whole.base }, -1);
    this.windows.push(windowOf(slot, spec, numbers, whole));
    this.define(slot, view, this.step(whole.base));
  }

  private assembleInWindows(slot: number, spec: DynamicPartsSpec): void {
    const view = (x: number): View => this.view(x);
    const parts = partsInWindows(slot, spec, this.instructions, view, this.windows);
    this.push({ kind: 'assemble', slot, parts }, slot);
  }

  /** A slot whose own buffer holds the elements of `slot` in order: itself, its base, or a copy. */
  private contiguous(slot: number): number {
    const view = this.view(slot);
    const { shape } = this.at(slot);
    const base = this.at(view.base);
    const literal = base.op === constantOp;
    return !literal && isContiguous(view, shape, base.shape) ? view.base : this.copy(slot);
  }

  private copy(slot: number): number {
    const { shape, dtype } = this.at(slot);
    const known = this.copies.get(slot);
    if (known !== undefined) return known;
    const copy = this.instructions.length;
    this.copies.set(slot, copy);
    this.instructions.push(copyOf(slot, shape, dtype));
    this.joining.element(copy);
    return copy;
  }
}

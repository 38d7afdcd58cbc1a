/**
 * @file Scheduling: which instructions become one loop together, and which values are stored in buffers.
 *
 * Instructions are taken in order. An element-wise one, or a reduction, joins the loop of its operands where the
 * iteration spaces fit; so chains with broadcasting, reductions with what comes before and after them, and the whole
 * update of a parameter become one pass over memory. Movement becomes a view that costs nothing.
 */
import type { DType } from '../graph/dtype.js';
import { sizeOf, stridesOf, type Shape } from '../graph/shape.js';
import { constantOp } from '../graph/version.js';
import { Cluster } from './cluster.js';
import { mergeLoops } from './merge.js';
import { SharedOperands, transpose, transposeOf, transposesB } from './products.js';
import type { Instruction, Program } from './program.js';
import { RecentReaders } from './readers.js';
import { isContiguous, ownView, viewOf, type View } from './view.js';

/** One thing to run, in order. */
export type Step =
  | { readonly kind: 'cluster'; readonly cluster: Cluster }
  /** A matrix product, over any views of its operands. */
  | { readonly kind: 'matmul'; readonly slot: number; readonly a: View; readonly b: View }
  /** A buffer put together from parts: each view is written where its part lies. */
  | { readonly kind: 'assemble'; readonly slot: number; readonly parts: readonly Part[] }
  /** A primitive of its own kind, over contiguous buffers. */
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] };

/** A view and where in the whole it goes: `offset`, and a stride for each of its dimensions. */
export interface Part {
  readonly view: View;
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: readonly number[];
}

export interface Schedule {
  readonly steps: readonly Step[];
  /** The instructions of the program, and after them the copies that scheduling added. */
  readonly instructions: readonly Instruction[];
  /** For each output of the program the slot whose buffer holds it. */
  readonly outputs: readonly number[];
  /** How many steps were looked at to find it: some for each instruction, however many there are. */
  readonly visits: number;
}

/** What a backend can put into a loop: an element function with results of `dtype` from arguments of `from`. */
export type Supports = (op: string, dtype: DType, from: DType) => boolean;

const REDUCTIONS: Readonly<Record<string, true | undefined>> = {
  sum: true,
  prod: true,
  max: true,
  min: true,
};

/** Primitives that write into a copy of their first operand, which may be a number. */
const TABLE_WRITERS: Readonly<Record<string, true | undefined>> = {
  scatterAdd: true,
  scatter: true,
  indexAdd: true,
};

export function schedule(program: Program, supports: Supports): Schedule {
  return new Scheduler(program, supports).run();
}

class Scheduler {
  private readonly instructions: Instruction[];
  private readonly views: View[] = [];
  private readonly steps: Step[] = [];
  /** The step that computes a slot; -1 for inputs and numbers. */
  private readonly stepOf: number[] = [];
  private readonly readers = new RecentReaders();
  private visits = 0;
  private readonly copies = new Map<number, number>();
  private readonly shared: SharedOperands;
  /** For each slot the slot of its transpose. */
  private readonly transposes = new Map<number, number>();
  private readonly program: Program;
  private readonly supports: Supports;

  constructor(program: Program, supports: Supports) {
    this.program = program;
    this.supports = supports;
    this.instructions = [...program.instructions];
    this.shared = new SharedOperands(program);
  }

  run(): Schedule {
    for (let slot = 0; slot < this.program.instructions.length; slot++) this.place(slot);
    const outputs = this.program.outputs.map((slot) => this.contiguous(slot));
    const { steps, visits } = mergeLoops(this.steps, this.instructions);
    return { steps, instructions: this.instructions, outputs, visits: this.visits + visits };
  }

  private place(slot: number): void {
    const instruction = this.at(slot);
    const { op, inputs, shape } = instruction;
    if (op === null || op === constantOp) return this.define(slot, ownView(slot, shape), -1);
    const [first] = inputs;
    if (first !== undefined && inputs.length === 1) {
      let view = viewOf(instruction, this.view(first), this.at(first).shape);
      if (view === null && op.trait === 'alias') {
        // No strides say it: the elements are put in order first.
        const copy = this.contiguous(first);
        view = viewOf(instruction, this.view(copy), this.at(copy).shape);
      }
      if (view !== null) return this.define(slot, view, -1);
    }
    if (op.trait === 'element' && this.fusible(instruction)) return this.element(slot);
    if (op.trait === 'reduce' && REDUCTIONS[op.name] === true && this.fusible(instruction))
      return this.reduce(slot);
    if (op.name === 'matmul' && sizeOf(shape) > 0) return this.matmul(slot);
    if (op.name === 'concat') return this.concat(slot);
    if (op.name === 'pad') return this.pad(slot);
    const operands = inputs.map((x, i) => {
      const { base } = this.view(x);
      // A table that is one number throughout needs no buffer.
      const number = i === 0 && this.at(base).op === constantOp && this.writesTable(instruction);
      return number ? base : this.contiguous(x);
    });
    this.push({ kind: 'opaque', slot, operands }, slot);
  }

  private writesTable({ op, inputs, shape }: Instruction): boolean {
    if (op === null || TABLE_WRITERS[op.name] !== true) return false;
    return shape.length > 0 && sizeOf(shape) > 0 && sizeOf(this.at(inputs[1] as number).shape) > 0;
  }

  private fusible({ op, dtype, inputs, shape }: Instruction): boolean {
    const name = (op as NonNullable<typeof op>).name;
    if (sizeOf(shape) === 0 || inputs.some((x) => sizeOf(this.at(x).shape) === 0)) return false;
    if (op?.trait === 'reduce') return dtype !== 'bool';
    return this.supports(name, dtype, this.at(inputs[0] as number).dtype);
  }

  private element(slot: number): void {
    const instruction = this.at(slot);
    const views = instruction.inputs.map((x) => this.view(x));
    const shapes = instruction.inputs.map((x) => this.at(x).shape);
    this.join(slot, views, (cluster) =>
      cluster.joinElement(slot, instruction, views, shapes, (base) => this.before(base, cluster)),
    );
  }

  private reduce(slot: number): void {
    const { inputs, attrs, shape } = this.at(slot);
    const x = inputs[0] as number;
    const dims = attrs?.['dims'] as readonly number[];
    this.join(slot, [this.view(x)], (cluster) =>
      cluster.joinReduce(slot, shape, dims, this.view(x), this.at(x).shape, (base) =>
        this.before(base, cluster),
      ),
    );
  }

  /** Puts an instruction into the loop of its operands, into one that reads the same buffers, or into a new one. */
  private join(slot: number, views: readonly View[], into: (cluster: Cluster) => boolean): void {
    const latest = Math.max(-1, ...views.map((view) => this.stepOf[view.base] as number));
    const own = ownView(slot, this.at(slot).shape);
    for (const k of this.loopsNear(latest, views)) {
      this.visits++;
      const step = this.steps[k] as Step;
      if (step.kind !== 'cluster' || !into(step.cluster)) continue;
      this.noteReads(views, step.cluster);
      return this.define(slot, own, k);
    }
    const { op, shape, inputs } = this.at(slot);
    const space = op?.trait === 'reduce' ? this.at(inputs[0] as number).shape : shape;
    const cluster = new Cluster(this.steps.length, space);
    this.steps.push({ kind: 'cluster', cluster });
    if (!into(cluster))
      throw new Error(`schedule: ${op?.name ?? 'an instruction'} does not fit a loop of its own`);
    this.noteReads(views, cluster);
    this.define(slot, own, cluster.index);
  }

  /** The step that computes the last of the operands, and later ones that read any of them: the latest first. */
  private loopsNear(latest: number, views: readonly View[]): number[] {
    const loops = this.readers.of(views.map(({ base }) => base)).filter((k) => k >= latest);
    if (latest >= 0 && loops.at(-1) !== latest) loops.push(latest);
    return loops;
  }

  private noteReads(views: readonly View[], { index, reads }: Cluster): void {
    for (const { base } of views) {
      if (reads.has(base) && this.at(base).shape.length > 0) this.readers.note(base, index);
    }
  }

  private matmul(slot: number): void {
    const instruction = this.at(slot);
    const [a, b] = instruction.inputs as readonly [number, number];
    this.push(
      { kind: 'matmul', slot, a: this.stored(a), b: this.inRows(b, transposesB(instruction)) },
      slot,
    );
  }

  /** The second operand of a product. One whose rows are not contiguous and that many products share is copied once. */
  private inRows(slot: number, transposed: boolean): View {
    const inRows = this.view(slot).strides.at(transposed ? -2 : -1) === 1;
    if (inRows || !this.shared.byMany(slot, transposed)) return this.stored(slot);
    return transposed
      ? transpose(this.view(this.contiguous(this.transposed(slot))))
      : this.view(this.contiguous(slot));
  }

  private transposed(slot: number): number {
    const known = this.transposes.get(slot);
    if (known !== undefined) return known;
    const made = this.instructions.push(transposeOf(slot, this.at(slot))) - 1;
    this.transposes.set(slot, made);
    this.define(made, transpose(this.stored(slot)), -1);
    return made;
  }

  /** A view that can be read from memory: of a number, that of a copy. */
  private stored(slot: number): View {
    const view = this.view(slot);
    return this.at(view.base).op === constantOp ? this.view(this.contiguous(slot)) : view;
  }

  private concat(slot: number): void {
    const { inputs, shape, attrs } = this.at(slot);
    const dim = attrs?.['dim'] as number;
    const strides = stridesOf(shape);
    let offset = 0;
    const parts = inputs.map((x): Part => {
      const part = { view: this.view(x), shape: this.at(x).shape, offset, strides };
      offset += part.shape[dim]! * strides[dim]!;
      return part;
    });
    this.push({ kind: 'assemble', slot, parts }, slot);
  }

  private pad(slot: number): void {
    const { inputs, shape, attrs } = this.at(slot);
    const [x, value] = inputs as readonly [number, number];
    const [start, step] = [attrs?.['start'], attrs?.['step']] as readonly (readonly number[])[];
    const strides = stridesOf(shape);
    const filling: View = { ...this.view(value), strides: shape.map(() => 0), dims: null };
    const parts: Part[] = [
      { view: filling, shape, offset: 0, strides },
      {
        view: this.view(x),
        shape: this.at(x).shape,
        offset: start!.reduce((at, s, d) => at + s * strides[d]!, 0),
        strides: strides.map((s, d) => s * step![d]!),
      },
    ];
    this.push({ kind: 'assemble', slot, parts }, slot);
  }

  private push(step: Step, slot: number): void {
    this.steps.push(step);
    this.define(slot, ownView(slot, this.at(slot).shape), this.steps.length - 1);
  }

  private before(base: number, cluster: Cluster): boolean {
    return (this.stepOf[base] as number) < cluster.index;
  }

  /** A slot whose own buffer holds the elements of `slot` in order: itself, its base, or a copy. */
  private contiguous(slot: number): number {
    const view = this.view(slot);
    const { shape, dtype } = this.at(slot);
    const base = this.at(view.base);
    const literal = base.op === constantOp;
    if (!literal && isContiguous(view, shape, base.shape)) return view.base;
    const known = this.copies.get(slot);
    if (known !== undefined) return known;
    const copy = this.instructions.length;
    this.copies.set(slot, copy);
    this.instructions.push({ op: COPY, attrs: null, inputs: [slot], shape, dtype });
    this.element(copy);
    return copy;
  }

  private define(slot: number, view: View, step: number): void {
    this.views[slot] = view;
    this.stepOf[slot] = step;
  }

  private view(slot: number): View {
    return this.views[slot] as View;
  }

  private at(slot: number): Instruction {
    return this.instructions[slot] as Instruction;
  }
}

/** Reads a view and writes it in order. */
export const COPY: NonNullable<Instruction['op']> = {
  name: 'copy',
  id: -1,
  trait: 'element',
  differentiable: false,
  scalar: (x) => x,
  vjp: () => null,
  jvp: () => null,
  batch: ([x]) => x as never,
  kernel: () => undefined,
};

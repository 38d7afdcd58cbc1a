/** @file Joining: an instruction joins the loop of its operands, a loop that reads the same buffers, or a new one. */
import { largest } from '../../../graph/lists.js';
import type { DType } from '../../../graph/dtype.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Instruction } from '../../program.js';
import { Cluster } from './cluster.js';
import { isOrdered } from '../foldOrder.js';
import { RecentReaders } from './readers.js';
import type { Slots } from '../slots.js';
import type { Step } from '../steps.js';
import { ownView, type View } from '../view.js';

/** Whether a backend can put an element function into a loop, with results of `dtype` from arguments of `from`. */
export type Supports = (op: string, dtype: DType, from: DType) => boolean;

/** Whether an element function or a fold can be part of a loop; else its reference runs. */
export function isFusible(
  { op, dtype, inputs, shape }: Instruction,
  instructions: readonly Instruction[],
  supports: Supports,
): boolean {
  const { name, lowering } = op as Primitive;
  if (sizeOf(shape) === 0) return false;
  for (let i = 0; i < inputs.length; i++)
    if (sizeOf(instructions[inputs[i]!]!.shape) === 0) return false;
  if (lowering.kind === 'fold') return dtype !== 'bool';
  return supports(name, dtype, instructions[inputs[0]!]!.dtype);
}

export class LoopFusion {
  /** How many loops were looked at: a few for each instruction at most. */
  visits = 0;
  private readonly slots: Slots;
  private readonly readers = new RecentReaders();

  constructor(slots: Slots) {
    this.slots = slots;
  }

  element(slot: number): void {
    const instruction = this.slots.at(slot);
    const views = instruction.inputs.map((x) => this.slots.view(x));
    const shapes = instruction.inputs.map((x) => this.slots.at(x).shape);
    this.join(slot, views, (cluster) =>
      cluster.joinElement(slot, instruction, views, shapes, (base) => this.precedes(base, cluster)),
    );
  }

  fold(slot: number, dims: readonly number[]): void {
    const { inputs, shape } = this.slots.at(slot);
    const rounds = isOrdered(this.slots.at(slot));
    const x = inputs[0] as number;
    this.join(slot, [this.slots.view(x)], (cluster) =>
      cluster.joinReduce(
        slot,
        shape,
        dims,
        this.slots.view(x),
        this.slots.at(x).shape,
        rounds,
        (base) => this.precedes(base, cluster),
      ),
    );
  }

  /** Puts an instruction into the loop of its operands, into one that reads the same buffers, or into a new one. */
  private join(slot: number, views: readonly View[], into: (cluster: Cluster) => boolean): void {
    const latest = largest(
      views.map((view) => this.slots.step(view.base)),
      -1,
    );
    const own = ownView(slot, this.slots.at(slot).shape);
    for (const k of this.loopsNear(latest, views)) {
      this.visits++;
      const step = this.slots.steps[k] as Step;
      if (step.kind !== 'cluster' || !into(step.cluster)) continue;
      this.noteReads(views, step.cluster);
      return this.slots.define(slot, own, k);
    }
    const { op, shape, inputs } = this.slots.at(slot);
    const space = op?.lowering.kind === 'fold' ? this.slots.at(inputs[0] as number).shape : shape;
    const cluster = new Cluster(this.slots.steps.length, space);
    this.slots.steps.push({ kind: 'cluster', cluster });
    if (!into(cluster))
      throw new Error(`schedule: ${op?.name ?? 'an instruction'} does not fit a loop of its own`);
    this.noteReads(views, cluster);
    this.slots.define(slot, own, cluster.index);
  }

  /** The step that computes the last of the operands, and later ones that read any of them: the latest first. */
  private loopsNear(latest: number, views: readonly View[]): number[] {
    const loops = this.readers.of(views.map(({ base }) => base)).filter((k) => k >= latest);
    if (latest >= 0 && loops.at(-1) !== latest) loops.push(latest);
    return loops;
  }

  private noteReads(views: readonly View[], { index, reads }: Cluster): void {
    for (const { base } of views) {
      if (reads.has(base) && this.slots.at(base).shape.length > 0) this.readers.note(base, index);
    }
  }

  private precedes(base: number, cluster: Cluster): boolean {
    return this.slots.step(base) < cluster.index;
  }
}

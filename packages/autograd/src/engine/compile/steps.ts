/** @file Steps: the elements of a schedule, and what each reads and writes. */
import type { Shape } from '../../graph/shape.js';
import type { Instruction } from '../program.js';
import type { Cluster } from './loops/cluster.js';
import type { View } from './view.js';
import type { Window } from './windows.js';

/** One thing to run, in order. */
export type Step =
  | { readonly kind: 'cluster'; readonly cluster: Cluster }
  /** A matrix product, over any views of its operands. */
  | {
      readonly kind: 'matmul';
      readonly slot: number;
      readonly a: View;
      readonly b: View;
      readonly along: 'row' | 'column';
    }
  /** A buffer assembled from parts: each view is written where its part lies. */
  | { readonly kind: 'assemble'; readonly slot: number; readonly parts: readonly Part[] }
  /** A primitive with an operator kernel, or that runs by its reference, over contiguous buffers. */
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] }
  | LoopStep;

/** A whole loop, over contiguous buffers; `results` maps the number of each result that is wanted to its slot. */
export interface LoopStep {
  readonly kind: 'loop';
  readonly slot: number;
  readonly operands: readonly number[];
  readonly results: Map<number, number>;
}

/** A view and its location in the whole: `offset`, and a stride for each of its dimensions. */
export interface Part {
  readonly view: View;
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: readonly number[];
  /** A window of the buffer, if it is written there instead. */
  readonly window?: number;
  /** Whether it is added to what is already there. */
  readonly adds?: boolean;
}

export interface Schedule {
  readonly steps: readonly Step[];
  /** The instructions of the program, and after them the copies that scheduling added. */
  readonly instructions: readonly Instruction[];
  /** Buffers within others, each after the one it lies within. */
  readonly windows: readonly Window[];
  /** For each output of the program, the slot whose buffer holds it. */
  readonly outputs: readonly number[];
  /** How many steps were looked at: a few for each instruction, however many there are. */
  readonly visits: number;
}

/** The buffers that a step writes. */
export function writtenBy(step: Step): Iterable<number> {
  if (step.kind === 'cluster') return step.cluster.members.keys();
  return step.kind === 'loop' ? step.results.values() : [step.slot];
}

/** The buffers that a step reads. */
export function readBy(step: Step): Iterable<number> {
  switch (step.kind) {
    case 'cluster':
      return step.cluster.reads;
    case 'matmul':
      return [step.a.base, step.b.base];
    case 'assemble':
      return step.parts.map(({ view }) => view.base);
    case 'opaque':
    case 'loop':
      return step.operands;
  }
}

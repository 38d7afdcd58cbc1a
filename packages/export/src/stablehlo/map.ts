/** @file How a program for XLA is run: what goes in, what comes out, and what belongs together. */
import type { Shape } from '@chainrule/autograd';
import type { ElementType } from './writer.js';

/** What goes in or comes out of the program, in its order. */
export interface StableHLOPort {
  /** `seed` and `offset` are of the random generator, ui64. */
  readonly kind: 'state' | 'argument' | 'seed' | 'offset' | 'output';
  /** A state's key, the name of an argument or of an output. */
  readonly name: string;
  /** The shape of one replica; `[]` for a single number. */
  readonly shape: Shape;
  /** The element type, as StableHLO writes it. */
  readonly type: ElementType;
}

/** How to run a program: plain data, to be saved as JSON. */
export interface StableHLOMap {
  /** The program that wrote it and its version, `chainrule …`. */
  readonly writtenBy: string;
  /** On how many devices a step runs. */
  readonly replicas: number;
  /** What `main` takes, in order. */
  readonly inputs: readonly StableHLOPort[];
  /** Results of the function, then states: those go in again at the next step under the same name. */
  readonly outputs: readonly StableHLOPort[];
  /** How far each step moves the offset of the random generator. */
  readonly draws: number;
}

/** @file The map of an XLA program: its inputs, its outputs, and which of them belong together. */
import type { Shape } from '@chainrule/autograd';
import type { ElementType } from './writer.js';

/** An input or output of the program. */
export interface StableHLOPort {
  /** The kind of value; `seed` and `offset` belong to the random generator, ui64. */
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
  /** The number of devices that a step runs on. */
  readonly replicas: number;
  /** The inputs of `main`, in order. */
  readonly inputs: readonly StableHLOPort[];
  /** The results of the function, then the states, which are inputs of the next step under the same name. */
  readonly outputs: readonly StableHLOPort[];
  /** How far each step advances the offset of the random generator. */
  readonly draws: number;
}

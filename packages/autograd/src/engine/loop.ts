/**
 * @file A loop as the engine sees it: the plan of its body, and where each step finds its inputs and leaves its results.
 *
 * In a graph it is a node for the loop and one for each result. A backend that knows loops computes all results at once;
 * for the others the node runs the loop, and leaves the results to be taken one by one.
 */
import type { DType, TypedArray } from '../graph/dtype.js';
import type { LoopName } from '../graph/mode.js';
import type { Attrs, Value } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { LoopFamily } from '../kernels/loopFamily.js';
import type { Plan } from './plan.js';

/** Where an input of a body comes from at each step; an offset is counted from where the step's draws begin. */
export interface BodyInput {
  readonly kind: 'carry' | 'x' | 'constant' | 'offset';
  readonly index: number;
}

/** What runs the steps: shared by all loops whose bodies have the same structure. */
export interface LoopBody {
  readonly id: number;
  readonly plan: Plan;
  /** The inputs of the plan. */
  readonly inputs: readonly BodyInput[];
  readonly carries: number;
  /** The new carries, then the results of a step. */
  readonly outputs: readonly { readonly shape: Shape; readonly dtype: DType }[];
  /** How many random numbers a step draws. */
  readonly draws: number;
}

/** How a loop runs. Its inputs are carries, sequences or operands, constants, and where random numbers begin. */
export interface Loop {
  readonly name: LoopName;
  /** One body, or the branches to choose from. */
  readonly bodies: readonly LoopBody[];
  /**
   * `scan` takes slices, `while` goes on while the first result of a step holds, `branch` runs one of its bodies once.
   */
  readonly kind: 'scan' | 'while' | 'branch';
  /** The steps; of a loop that ends by a condition the most that there may be. */
  readonly length: number;
  readonly reverse: boolean;
  /** Whether the random numbers of the last step are those of the first: for the way back of a loop. */
  readonly rewound: boolean;
  /** For each body where its constants begin among the inputs. */
  readonly constants: readonly number[];
  /** What makes kernels of its steps. */
  readonly family: LoopFamily;
  /** Runs it step by step, which is right on every backend. A result that is null is not wanted. */
  run(inputs: readonly Value[], results: readonly (TypedArray | null)[]): void;
}

/** Where attributes carry the loop itself; their other fields say all there is of its structure. */
const LOOP = Symbol('loop');

/** The same attributes, which carry a loop. */
export function withLoop<A extends Attrs>(attrs: A, loop: Loop): A {
  return { ...attrs, [LOOP]: loop };
}

/** The loop that attributes carry. */
export function loopOf(attrs: object): Loop {
  return (attrs as { [LOOP]: Loop })[LOOP];
}

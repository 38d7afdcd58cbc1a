/**
 * @file A loop as the engine sees it: the plan of its body, and where each step finds its inputs and leaves its results.
 *
 * In a graph it is one node for the loop and one for each result. A backend that supports loops computes all results in one
 * pass; on others the loop's node runs the steps, and the result nodes take the results one by one.
 */
import type { DType, TypedArray } from '../graph/dtype.js';
import type { LoopName } from '../graph/mode.js';
import type { Attrs, Value } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { LoopFamily } from '../kernels/loopFamily.js';
import type { Plan } from './plan.js';

/** Where an input of a body comes from at each step; an offset is relative to the first random number of the step. */
export interface BodyInput {
  readonly kind: 'carry' | 'x' | 'constant' | 'offset';
  readonly index: number;
}

/** The body that runs at each step: shared by all loops whose bodies have the same structure. */
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
  /**
   * The scope of each instruction of the plan, without that of the loop; null where loops that share the body differ.
   */
  readonly scopes: (string | null)[];
}

/** How a loop runs. Its inputs are carries, sequences or operands, constants, and the offset of its random numbers. */
export interface Loop {
  readonly name: LoopName;
  /** One body, or the branches to choose from. */
  readonly bodies: readonly LoopBody[];
  /**
   * `scan` takes slices, `while` continues as long as the first result of a step is true, `branch` runs one of its bodies
   * once.
   */
  readonly kind: 'scan' | 'while' | 'branch';
  /** The number of steps; for a loop that ends by a condition the largest possible number. */
  readonly length: number;
  readonly reverse: boolean;
  /** Whether random numbers go from the last step to the first: for the backward pass of a loop. */
  readonly rewound: boolean;
  /** For each body, the index of its first constant among the inputs. */
  readonly constants: readonly number[];
  /** Makes the kernels of its steps. */
  readonly family: LoopFamily;
  /** Runs it step by step, which is right on every backend. A result that is null is not wanted. */
  run(inputs: readonly Value[], results: readonly (TypedArray | null)[]): void;
}

/** The key under which attributes carry the loop itself; their other fields determine its structure. */
const LOOP = Symbol('loop');

/** A copy of attributes that carries a loop. */
export function withLoop<A extends Attrs>(attrs: A, loop: Loop): A {
  return { ...attrs, [LOOP]: loop };
}

/** The loop that attributes carry. */
export function loopOf(attrs: object): Loop {
  return (attrs as { [LOOP]: Loop })[LOOP];
}

/** The scopes of instructions in bodies of loops, for errors that they have thrown. */
const scopesWithin = new WeakMap<object, string>();

/** A scope within another one; either may be empty. */
export function joinedScope(outer: string, inner: string): string {
  return outer === '' || inner === '' ? outer + inner : `${outer}.${inner}`;
}

/** Notes that an error was thrown in a scope within that of the loop. */
export function noteScopeWithin(error: object, scope: string): void {
  scopesWithin.set(error, joinedScope(scope, scopeWithin(error)));
}

/** The scope within the bodies of loops in which an error was thrown. */
export function scopeWithin(error: object): string {
  return scopesWithin.get(error) ?? '';
}

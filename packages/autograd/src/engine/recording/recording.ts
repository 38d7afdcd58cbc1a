/** @file What a recording is: a function as one plan, where its inputs come from, and what becomes of its results. */
import type { Cell } from '../../graph/cells/cell.js';
import type { Guard } from '../../graph/mode.js';
import type { Storage } from '../../graph/values/storage.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Placeholder } from '../../graph/version.js';
import type { Structure } from '../../tree.js';
import type { Plan } from '../plan.js';
import type { Backend } from '../program.js';
import type { Fact, LeafFact } from './signature.js';

/** Where an input of the plan comes from at each call. */
export type Source =
  | { readonly kind: 'argument'; readonly index: number }
  /** The gradient that an argument has. */
  | { readonly kind: 'gradient'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'seed' }
  /** An offset of the random generator, counted from its state at the call. */
  | { readonly kind: 'offset'; readonly relative: number }
  | { readonly kind: 'constant' };

/** What a tensor of the result is: a root of the plan, an argument as it came, or what was there before. */
export type Result =
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'constant'; readonly tensor: Tensor };

/** A gradient after a call; null where it is cleared. Of an argument it is a root of the plan, else a cell. */
export type Gradient =
  | { readonly kind: 'argument'; readonly index: number; readonly root: number | null }
  | { readonly kind: 'leaf'; readonly leaf: Tensor; readonly cell: Cell | null };

/** A function as one plan. */
export interface Recording {
  readonly grad: boolean;
  readonly backend: Backend;
  readonly facts: readonly Fact[];
  /** Tensors outside of the function that it keeps gradients of. */
  readonly captured: ReadonlySet<unknown>;
  /** What it reads and is no argument, as it was. */
  readonly leafFacts: readonly LeafFact[];
  readonly guards: readonly Guard[];
  readonly plan: Plan;
  /** The inputs of the plan as nodes of what was recorded, and where each comes from. */
  readonly leaves: readonly Tensor[];
  readonly sources: readonly Source[];
  readonly inputs: Storage[];
  /** What the plan gives: the new versions of `cells`, then the results. */
  readonly roots: readonly Tensor[];
  readonly cells: readonly Cell[];
  readonly results: readonly Result[];
  /** Whether the results follow from the arguments alone, and nothing else is changed. */
  readonly pure: boolean;
  readonly structure: Structure;
  readonly gradients: readonly Gradient[];
  /** Arguments that the function has asked to require grad, or not to. */
  readonly marked: readonly { readonly index: number; readonly requiresGrad: boolean }[];
  /** How far the random generator moves. */
  readonly draws: number;
  readonly nodes: readonly Tensor[];
  /** Older nodes were there before it was recorded. */
  readonly since: number;
  /** What the function asked to be called after each run. */
  readonly after: readonly (() => void)[];
  /**
   * Whether it made cells of which nobody has said how long they serve. What is made at the first call is there at the next,
   * and what is made at every call starts anew each time: either way this recording is for one call.
   */
  readonly makesCells: boolean;
}

/** What a gradient was before the recording. */
export interface GradBefore {
  readonly grad: Cell | null;
  readonly live: boolean;
}

/** What stands for the arguments while a function is recorded. */
export interface Stand {
  readonly placeholders: readonly (Placeholder | null)[];
  /** What stands for the gradients that arguments have, by the places of these. */
  readonly gradients: ReadonlyMap<number, Tensor>;
  /** The cells that hold these. */
  readonly cells: ReadonlySet<Cell | null>;
  readonly facts: readonly Fact[];
  /** The state of the random generator, and the oldest node of the recording. */
  readonly start: number;
  readonly since: number;
}

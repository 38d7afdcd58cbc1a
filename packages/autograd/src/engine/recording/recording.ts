/** @file A recording: a function as one plan, where the plan's inputs come from, and what becomes of its results. */
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
  /** The gradient of an argument. */
  | { readonly kind: 'gradient'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'seed' }
  /** An offset of the random generator, relative to its state at the call. */
  | { readonly kind: 'offset'; readonly relative: number }
  | { readonly kind: 'constant' };

/** What a tensor of the result is: a root of the plan, an unchanged argument, or a tensor older than the recording. */
export type Result =
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'constant'; readonly tensor: Tensor };

/** A gradient after a call; null where it is cleared. That of an argument is a root of the plan, any other is in a cell. */
export type Gradient =
  | { readonly kind: 'argument'; readonly index: number; readonly root: number | null }
  | { readonly kind: 'leaf'; readonly leaf: Tensor; readonly cell: Cell | null };

/** A function as one plan. */
export interface Recording {
  readonly grad: boolean;
  readonly backend: Backend;
  readonly facts: readonly Fact[];
  /** Tensors that are not arguments and whose gradients it keeps. */
  readonly captured: ReadonlySet<unknown>;
  /** Facts of the leaves that it reads and that are not arguments. */
  readonly leafFacts: readonly LeafFact[];
  readonly guards: readonly Guard[];
  readonly plan: Plan;
  /** The inputs of the plan as nodes of the recording, and where each comes from. */
  readonly leaves: readonly Tensor[];
  readonly sources: readonly Source[];
  readonly inputs: Storage[];
  /** The outputs of the plan: the new versions of `cells`, then the results. */
  readonly roots: readonly Tensor[];
  readonly cells: readonly Cell[];
  readonly results: readonly Result[];
  /** Whether the results depend on the arguments alone, and nothing else is changed. */
  readonly pure: boolean;
  readonly structure: Structure;
  readonly gradients: readonly Gradient[];
  /** Arguments whose `requiresGrad` the function has set. */
  readonly marked: readonly { readonly index: number; readonly requiresGrad: boolean }[];
  /** How far the random generator advances. */
  readonly draws: number;
  readonly nodes: readonly Tensor[];
  /** The id of the oldest node made during the recording. */
  readonly since: number;
  /** Callbacks that the function registered, called after each run. */
  readonly after: readonly (() => void)[];
  /**
   * Whether it made cells with an undeclared lifetime. A cell made at the first call exists at the next, and one made at
   * every call starts anew each time: in either case this recording is good for one call only.
   */
  readonly makesCells: boolean;
}

/** The state of a gradient before the recording. */
export interface GradBefore {
  readonly grad: Cell | null;
  readonly live: boolean;
}

/** The placeholders of the arguments while a function is recorded. */
export interface ArgumentPlaceholders {
  readonly placeholders: readonly (Placeholder | null)[];
  /** Placeholders of the gradients that arguments have, by the index of the argument. */
  readonly gradients: ReadonlyMap<number, Tensor>;
  /** The cells that hold these. */
  readonly cells: ReadonlySet<Cell | null>;
  readonly facts: readonly Fact[];
  /** The offset of the random generator, and the id of the oldest node of the recording. */
  readonly start: number;
  readonly since: number;
}

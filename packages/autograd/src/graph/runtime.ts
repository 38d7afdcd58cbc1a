/**
 * @file The functions of later layers that the graph calls. Those layers fill in this record when they are loaded, so that
 * imports point one way: the graph does not import the engine that evaluates it.
 */
import type { Tensor } from './tensor.js';

export interface BackwardOptions {
  /** Keep the graph, so that `backward()` can be called again. Default: what `createGraph` says. */
  readonly retainGraph?: boolean;
  /** Record the gradients' own graph, so that they can be differentiated. Default false. */
  readonly createGraph?: boolean;
}

function notInstalled(): never {
  throw new Error('import from @chainrule/autograd: the engine is not loaded');
}

export const runtime: {
  /** Computes the values of these nodes for the operation `op`. */
  evaluate(roots: readonly Tensor[], op: string): void;
  /** Called for every value that is read, while some values are in memory that will be reused. */
  onRead: ((node: Tensor) => void) | null;
  /** The nodes behind `roots` that their backward graph would read. */
  savedForBackward(roots: readonly Tensor[]): Set<Tensor>;
  /** Other results of the same calls, which the backward pass of these results may read. */
  savedByCalls(results: readonly Tensor[]): Tensor[];
  /**
   * The tensor that a view reads, if it is traversed in another order than the view's own elements; null if no backend needs
   * it.
   */
  baseOf: ((node: Tensor) => Tensor | null) | null;
  /** How many runs there have been. */
  runs: number;
  /**
   * Set while a run is repeated to find what went wrong: effects outside of the process are skipped, and `skipped` says so.
   */
  repeating: { skipped: boolean } | null;
  /** Evaluates a new node if too much is pending behind it, unless the engine itself is building nodes. */
  limit(node: Tensor): void;
  backward(
    root: Tensor,
    gradient: Tensor | null | BackwardOptions | undefined,
    options: BackwardOptions | undefined,
  ): void;
  /** Makes a tensor the gradient of a leaf. */
  assignGrad(leaf: Tensor, gradient: Tensor): void;
} = {
  evaluate: notInstalled,
  onRead: null,
  savedForBackward: notInstalled,
  savedByCalls: notInstalled,
  baseOf: null,
  runs: 0,
  repeating: null,
  limit: notInstalled,
  backward: notInstalled,
  assignGrad: notInstalled,
};

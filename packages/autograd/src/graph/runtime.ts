/**
 * @file What the graph asks of the rooms that come after it. They fill this record in when they are loaded, so that
 * imports point one way: the graph knows nothing of the engine that evaluates it.
 */
import type { Tensor } from './tensor.js';

export interface BackwardOptions {
  /** Keep the graph, so that `backward()` can be called again. Default: what `createGraph` says. */
  readonly retainGraph?: boolean;
  /** Record the gradients' own graph, so that they can be differentiated. Default false. */
  readonly createGraph?: boolean;
}

function missing(): never {
  throw new Error('import from @chainrule/autograd: the engine is not loaded');
}

export const runtime: {
  /** Computes the values of these nodes, for the operation named. */
  evaluate(roots: readonly Tensor[], op: string): void;
  /** Is told of every value that is read, while some lie in memory that will be used again. */
  onRead: ((node: Tensor) => void) | null;
  /** The nodes behind `roots` that their backward graph would read. */
  readByBackward(roots: readonly Tensor[]): Set<Tensor>;
  /** Other results of the calls that some nodes are results of, which their backward pass may read. */
  keptByCalls(results: readonly Tensor[]): Tensor[];
  /** What a view is a view of, if its own elements in order are walked in another way; null where no backend asks for it. */
  viewedBy: ((node: Tensor) => Tensor | null) | null;
  /** How many runs there have been. */
  runs: number;
  /** While a run is repeated to say what was wrong with it: what reaches beyond the process is not done again, and says so. */
  repeating: { skipped: boolean } | null;
  /** Evaluates a new node with much pending behind it, unless the engine itself is building. */
  bound(node: Tensor): void;
  backward(
    root: Tensor,
    gradient: Tensor | null | BackwardOptions | undefined,
    options: BackwardOptions | undefined,
  ): void;
  /** Makes a tensor the gradient of a leaf. */
  assignGrad(leaf: Tensor, gradient: Tensor): void;
} = {
  evaluate: missing,
  onRead: null,
  readByBackward: missing,
  keptByCalls: missing,
  viewedBy: null,
  runs: 0,
  repeating: null,
  bound: missing,
  backward: missing,
  assignGrad: missing,
};

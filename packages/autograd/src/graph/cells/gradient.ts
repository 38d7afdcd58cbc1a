/** @file The fields that few tensors have: a gradient, hooks, and other settings for `backward`. */
import { checkArgument } from '../../arguments/index.js';
import { refuseFrozen } from '../../arguments/frozen.js';
import * as kinds from '../../arguments/kinds.js';
import type { Cell } from './cell.js';
import { isTensor } from '../isTensor.js';
import { dependsOn, guarded, mode, recording } from '../mode.js';
import { runtime } from '../runtime.js';
import type { Tensor } from '../tensor.js';

/** What `registerHook` takes: sees the gradient, and may return another in its place. */
export type Hook = (gradient: Tensor) => Tensor | void;

/** Fields that few nodes have, in an object of their own, so that most nodes stay small. */
export interface Extra {
  grad: Cell | null;
  hooks: Hook[];
  retainGrad: boolean;
  /** Whether gradients end here although it is computed: it is a leaf of a function that is being recorded. */
  isLeaf: boolean;
}

/** @internal The rare fields of a node, created if needed. */
export function extraOf(t: Tensor): Extra {
  if (t.extra === null) refuseFrozen('grad', t, 'a tensor that is given one');
  return (t.extra ??= {
    grad: null,
    hooks: [],
    retainGrad: false,
    isLeaf: false,
  });
}

/**
 * The gradient, or null, without marking it as seen: for optimizers and the like, which use it before the next
 * `backward()`, which may overwrite it. `.grad` is safe to keep.
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * x.square().sum().backward();
 * borrowGrad(x) // [2, 4]
 */
export function borrowGrad(t: Tensor): Tensor | null {
  if (!isTensor(t)) checkArgument('borrowGrad', 't', t, kinds.tensor);
  const live = t.extra?.grad?.live ?? null;
  if (mode.tracing !== 'compile' || recording.grads.has(t) || isRecorded(t)) return live;
  guardPresence(t, live !== null);
  if (live === null || live.cell !== null) return live;
  // A gradient with a graph has another graph after each pass: only its value can be read in place at each call.
  if (mode.grad) return dependsOn(() => t.extra?.grad?.live ?? null);
  return t.extra?.grad?.current ?? null;
}

/** Experts that were not chosen, layers that were dropped: which leaves have a gradient may differ at every call. */
function guardPresence(t: Tensor, had: boolean): void {
  guarded(
    () => (t.extra?.grad?.live ?? null) !== null,
    () => `a leaf ${had ? 'has no gradient, and had one' : 'has a gradient, and had none'}`,
    true,
  );
}

/** @internal Whether the recording itself makes this leaf: then it has no gradient at the start of each call. */
export function isRecorded(leaf: Tensor): boolean {
  return leaf.id > recording.since && !('assign' in leaf);
}

/** @internal Notes the gradient of a leaf before it changes, so that a recording can restore it. */
export function touchGrad(t: Tensor): void {
  if (mode.tracing !== 'compile' || recording.grads.has(t)) return;
  const grad = t.extra?.grad ?? null;
  recording.grads.set(t, { grad, live: (grad?.live ?? null) !== null });
}

/** @internal */
export function setGrad(t: Tensor, gradient: Tensor | null): void {
  touchGrad(t);
  if (gradient === null) t.extra?.grad?.clear();
  else runtime.assignGrad(t, gradient);
}

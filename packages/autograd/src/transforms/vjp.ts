/** @file Reverse mode: the backward graph of a forward graph, built by the rules of its primitives. */
import { GradError } from '../errors.js';
import { engine } from '../engine/engine.js';
import { mode } from '../graph/mode.js';
import type { Hook } from '../graph/cells/gradient.js';
import { separated } from '../graph/cells/cellVersion.js';
import { versionOp } from '../graph/version.js';
import { withVersionValues, isCaptured } from './captured.js';
import type { Tensor } from '../graph/tensor.js';
import { sumCotangents } from './sumCotangents.js';
import { sumOf, zerosOf } from '../ops/build/primitive.js';
import { isTensor } from '../tree.js';
import { callOf, type Call } from './call.js';
import { freedError, isFreed } from './freeGraph.js';
import { seedOf } from './seeds.js';

/** The leaf of a node: for a version of a cell the cell. */
export function leafOf(node: Tensor): Tensor {
  return node.cell ?? (node.op === versionOp ? separated.get(node) : null) ?? node;
}

export interface PullbackOptions {
  /** Record the gradients' own graph. Default false. */
  readonly createGraph?: boolean;
  /**
   * Only finds out what a backward pass would read: calls no function of the user's, and treats nodes freed by an earlier
   * pass as leaves. Default false.
   */
  readonly trial?: boolean;
  /** Whether the targets are the ends of a subgraph: no cotangent flows beyond them, and their hooks are not called. */
  readonly ends?: boolean;
  /** Nodes that are not targets and beyond which no cotangent flows either. */
  readonly stops?: ReadonlySet<Tensor>;
}

/**
 * Pulls cotangents of `outputs` back to `targets`, or to every leaf that requires grad if `targets` is null.
 *
 * Nodes are visited by falling id, since inputs are always older than the nodes that read them; there is no recursion. The
 * result maps leaves (cells, not their versions) and targets to their cotangents, in the order in which they are found.
 */
export function pullback(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  targets: ReadonlySet<Tensor> | null,
  { createGraph = false, trial = false, ends = false, stops }: PullbackOptions = {},
): Map<Tensor, Tensor> {
  const isTarget = (node: Tensor): boolean =>
    targets === null
      ? leafOf(node).isLeaf || node.extra?.retainGrad === true
      : targets.has(leafOf(node));
  const isEnd = (node: Tensor): boolean =>
    leafOf(node) !== node ||
    node.extra?.isLeaf === true ||
    (ends && isTarget(node)) ||
    stops?.has(node) === true;
  const useful = relevant(outputs, isTarget, isEnd, targets, trial);
  const found = new Map<Tensor, Tensor>();
  const pending = new Map<Tensor, Tensor | Tensor[]>();
  const give = (node: Tensor, ct: Tensor): void => {
    const before = pending.get(node);
    if (before === undefined) pending.set(node, ct);
    else if (Array.isArray(before)) before.push(ct);
    else pending.set(node, [before, ct]);
  };
  outputs.forEach((output, k) => {
    if (useful.has(output.current)) give(output.current, cotangents[k] as Tensor);
  });

  /** The complete cotangent of a node, after its hooks. */
  const settle = (node: Tensor): Tensor | null => {
    const given = pending.get(node);
    if (given === undefined) return null;
    pending.delete(node);
    const leaf = leafOf(node);
    let ct = Array.isArray(given) ? sumCotangents(given) : given;
    // The hooks of a subgraph's ends are called where the larger graph continues.
    if (!trial && !(ends && isTarget(node))) ct = runHooks(ct, leaf.extra?.hooks);
    if (isTarget(node)) {
      // Versions of one cell share its gradient.
      const before = found.get(leaf);
      found.set(leaf, before === undefined ? ct : (sumOf([before, ct]) as Tensor));
    }
    return ct;
  };
  const calls = new Set<Call>();

  const { grad, scope } = mode;
  mode.grad = createGraph;
  engine.building++;
  try {
    for (const node of Array.from(useful).reverse()) {
      mode.scope = node.scope; // the backward pass of a module has its scope
      if (!trial && pending.has(node) && isFreed(node)) throw freedError(node);
      const call = callOf(node);
      if (call !== null && !isEnd(node)) {
        if (calls.has(call)) continue;
        calls.add(call);
        // Every node that uses a result of the call has a larger id than all of them, and has been visited.
        const cts = call.outputs.map(settle);
        if (cts.every((ct) => ct === null)) continue;
        const { rules } = call;
        const unknown = trial && rules.kind === undefined;
        const contributions = unknown
          ? call.inputs.map(zerosOf)
          : isCaptured(node)
            ? withVersionValues(() => rules.pullback(cts, call))
            : rules.pullback(cts, call);
        call.inputs.forEach((x, i) => {
          const contribution = contributions[i];
          if (x.needsGrad && useful.has(x) && contribution) give(x, contribution);
        });
        continue;
      }
      const ct = settle(node);
      const { op, inputs } = node;
      if (ct === null || op === null || isEnd(node)) continue;
      const captured = isCaptured(node);
      for (let i = 0; i < inputs.length; i++) {
        const x = inputs[i] as Tensor;
        if (!x.needsGrad || !useful.has(x)) continue;
        const attrs = node.attrs ?? {};
        const contribution = captured
          ? withVersionValues(() => op.vjp(i, ct, inputs, node, attrs))
          : op.vjp(i, ct, inputs, node, attrs);
        if (contribution !== null) give(x, contribution);
      }
    }
  } finally {
    mode.grad = grad;
    mode.scope = scope;
    engine.building--;
  }
  return found;
}

/** The nodes that require grad between the outputs and the target nodes, the oldest first. */
function relevant(
  outputs: readonly Tensor[],
  isTarget: (node: Tensor) => boolean,
  isEnd: (node: Tensor) => boolean,
  targets: ReadonlySet<Tensor> | null,
  trial: boolean,
): Set<Tensor> {
  // A node that is older than every target cannot depend on one.
  let first = targets === null ? 0 : Infinity;
  for (const target of targets ?? []) first = Math.min(first, target.id);
  const seen = new Set<Tensor>();
  const stack: Tensor[] = [];
  for (const output of outputs) {
    const node = output.current;
    if (node.needsGrad && node.id >= first && !seen.has(node)) {
      seen.add(node);
      stack.push(node);
    }
  }
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (isEnd(node)) continue;
    for (const x of node.inputs) {
      if (x.needsGrad && x.id >= first && !seen.has(x)) {
        seen.add(x);
        stack.push(x);
      }
    }
  }
  const useful = new Set<Tensor>();
  for (const node of [...seen].sort((x, y) => x.id - y.id)) {
    if (isTarget(node) || (!isEnd(node) && node.inputs.some((x) => useful.has(x))))
      useful.add(node);
    else if (!trial && isFreed(node)) throw freedError(node);
  }
  return useful;
}

function runHooks(ct: Tensor, hooks: readonly Hook[] | undefined): Tensor {
  let gradient = ct;
  for (const hook of hooks ?? []) {
    engine.building--;
    try {
      const result: unknown = hook(gradient);
      if (result === undefined) continue;
      if (!isTensor(result)) {
        throw new GradError(
          'registerHook: a hook must return a tensor, or nothing to leave the gradient as it is',
        );
      }
      gradient = seedOf('registerHook', ct, result);
    } finally {
      engine.building++;
    }
  }
  return gradient;
}

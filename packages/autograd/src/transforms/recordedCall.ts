/**
 * @file A call of a recorded graph: what a function recorded, as one call.
 *
 * Its derivatives are those of the recorded graph, rebuilt on the inputs of the call: to any order, in both modes, for one
 * example or many. `checkpoint` computes the graph once where it is called and again for its backward pass; `compile` replays
 * it.
 */
import { mode } from '../graph/mode.js';
import type { Tensor } from '../graph/tensor.js';
import { constant } from '../graph/version.js';
import { primitive, zerosOf, type PrimitiveOp } from '../ops/build/primitive.js';
import { makeCall, type Call, type CallRules } from './call.js';
import { pushforward } from './jvp.js';
import { rewrite } from './rewrite.js';
import { subgraphBetween, makeVariables } from './variable.js';
import { pullback } from './vjp.js';

/** The graph that a function recorded, between some nodes. */
export interface RecordedGraph {
  /** The public name of the call. */
  readonly name: string;
  /** Older nodes were not recorded by it. */
  readonly since: number;
  readonly variables: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * An alias that starts a recomputation: it keeps common subexpression elimination from merging the nodes behind it with the
 * ones they repeat. Simplification must not remove it before common subexpressions have been merged.
 */
export const recomputeOp: PrimitiveOp<Record<never, never>> = primitive('recompute', {
  lowering: { kind: 'alias', transparent: false },
  shape: ([x]) => (x as Tensor).sizes,
  vjp: (_i, ct) => ct,
  jvp: ([t]) => t as Tensor,
  batch: ([x]) => recomputeOp([x as Tensor]),
});

/** A call of a recorded graph on `inputs`, whose results have the elements of `values`. */
export function callRecorded(
  graph: RecordedGraph,
  inputs: readonly Tensor[],
  values: readonly Tensor[],
  rules: Partial<CallRules> = {},
): Call {
  return makeCall({ ...graph, ...recordedRules, ...rules }, inputs, values);
}

/** Records `f` on fresh nodes for `inputs`, and returns its results as those of a call. */
export function recordCall(
  name: string,
  f: (xs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): readonly Tensor[] {
  const given = inputs.map((x) => x.current);
  const since = constant(0, 'float32').id;
  const variables = makeVariables(given).map((x, k) => {
    x.needsGrad = (given[k] as Tensor).needsGrad;
    return x;
  });
  const outputs = f(variables).map((y) => y.current);
  const differentiable = outputs.filter((y) => y.needsGrad);
  if (differentiable.length === 0) return outputs;
  // Tensors that f closes over are inputs too: gradients flow on to them.
  const { captured, leaves } = subgraphBetween(differentiable, variables, { since });
  const ends = [...captured, ...leaves];
  const graph = { name, since, variables: [...variables, ...ends], outputs: differentiable };
  const call = callRecorded(graph, [...given, ...ends], differentiable, unrebuiltRules);
  return outputs.map((y) =>
    y.needsGrad ? (call.outputs[differentiable.indexOf(y)] as Tensor) : y,
  );
}

/** The rule of tangents for a graph that is computed as it was recorded: nothing is rebuilt. */
const unrebuiltRules: Partial<CallRules> = {
  pushforward(ts, call) {
    const { variables, outputs, since } = call.rules as CallRules & RecordedGraph;
    return pushforward(outputs, variables, ts, subgraphBetween(outputs, variables, { since }));
  },
};

/** The recorded graph, rebuilt on fresh nodes for the inputs of a call. */
function rebuildRecorded(call: Call): { inputs: Tensor[]; outputs: Tensor[] } {
  const { variables, outputs, since } = call.rules as CallRules & RecordedGraph;
  const inputs = call.inputs.map((x) => {
    const again = recomputeOp([x]);
    again.needsGrad = x.needsGrad;
    return again;
  });
  const outer = mode.grad;
  mode.grad = true;
  try {
    const fresh = inputs.map((node) => ({ node, batched: false }));
    return {
      inputs,
      outputs: rewrite(outputs, variables, fresh, 0, { since }).map((r) => r.node),
    };
  } finally {
    mode.grad = outer;
  }
}

/** The cotangents of a call's inputs, from its rebuilt graph. */
export function pullbackRecorded(cts: readonly (Tensor | null)[], call: Call): (Tensor | null)[] {
  const { inputs, outputs } = rebuildRecorded(call);
  const found = pullback(
    outputs,
    outputs.map((y, k) => cts[k] ?? zerosOf(y)),
    new Set(inputs),
    { createGraph: mode.grad },
  );
  return inputs.map((x) => found.get(x) ?? null);
}

const recordedRules: Omit<CallRules, 'name'> = {
  pullback: pullbackRecorded,
  pushforward(ts, call) {
    const { inputs, outputs } = rebuildRecorded(call);
    return pushforward(outputs, inputs, ts);
  },
  rebuild(inputs, size, call, rewriting) {
    const { name, variables, outputs, since } = call.rules as CallRules & RecordedGraph;
    let flags: boolean[] = [];
    const results = recordCall(
      name,
      (xs) => {
        const fresh = xs.map((node, i) => ({ node, batched: inputs[i]?.batched === true }));
        const made = rewrite(outputs, variables, fresh, size, { within: rewriting, since });
        flags = made.map((r) => r.batched);
        return made.map((r) => r.node);
      },
      inputs.map((r) => r.node),
    );
    return results.map((node, k) => ({ node, batched: flags[k] === true }));
  },
};

/**
 * @file Derivatives of a compiled function: its recording as a graph that can be called, and the plan of its backward pass.
 */
import { collect } from '../engine/collect.js';
import { backendFor, engine } from '../engine/engine.js';
import { explain } from '../engine/evaluate.js';
import { numberArray } from '../engine/commitValues.js';
import type { Plan } from '../engine/plan.js';
import { recompute, planFor } from '../engine/recording/capture.js';
import type { Recording, Source } from '../engine/recording/recording.js';
import type { Link } from '../engine/recording/replay.js';
import { generator } from '../graph/generatorState.js';
import { mode, withMode } from '../graph/mode.js';
import { storageOf } from '../graph/values/reading.js';
import { runtime } from '../graph/runtime.js';
import type { Storage } from '../graph/values/storage.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { constant, counter, isNumber, numberOf, Placeholder } from '../graph/version.js';
import { isTensor } from '../tree.js';
import type { Call } from './call.js';
import { callRecorded, pullbackRecorded, type RecordedGraph } from './recordedCall.js';
import { subgraphBetween } from './variable.js';
import { isFreed } from './freeGraph.js';
import { leafOf, pullback } from './vjp.js';

/** A recording as a graph that can be called: from the nodes that it reads to the results that require grad. */
export interface Differentiable extends RecordedGraph {
  /** For each output, the root of the recording that it is. */
  readonly roots: readonly number[];
  /** Where each variable comes from at a call; null for a captured tensor, which is used as it is. */
  readonly sources: readonly (Source | null)[];
  /** Cells that a call gives a new version. */
  readonly updated: ReadonlySet<Tensor>;
  /** Backward plans, by which outputs have a cotangent. */
  readonly backward: Map<string, BackwardPlan>;
}

/** The differentiable part of a recording; null if there is none. */
export function differentiable(recording: Recording): Differentiable | null {
  const { roots, cells, leaves, sources, since } = recording;
  const updated = new Set<Tensor>(cells);
  const used = new Set(recording.results.map((r) => (r.kind === 'root' ? r.root : -1)));
  const rootIndices = [...used].filter((k) => {
    const root = roots[k];
    if (root === undefined || !root.needsGrad || root.cell !== null || isBackpropagated(root))
      return false;
    const { captured } = subgraphBetween([root], [], { since });
    return captured.every((x) => x.cell === null || !updated.has(x.cell));
  });
  if (rootIndices.length === 0) return null;
  const outputs = rootIndices.map((k) => roots[k] as Tensor);
  const reached = ancestorsOf(outputs);
  const inputs = leaves.flatMap((node, k) => {
    const source = sources[k] as Source;
    return source.kind !== 'constant' && reached.has(node) ? [{ node, source }] : [];
  });
  const known = inputs.map(({ node }) => node);
  const { captured } = subgraphBetween(outputs, known, { since });
  return {
    name: 'compile',
    since,
    variables: [...known, ...captured],
    outputs,
    roots: rootIndices,
    sources: [...inputs.map(({ source }) => source), ...captured.map(() => null)],
    updated,
    backward: new Map(),
  };
}

/** All nodes from which some nodes are computed. */
function ancestorsOf(outputs: readonly Tensor[]): Set<Tensor> {
  const seen = new Set(outputs);
  for (const node of seen) for (const x of node.inputs) seen.add(x);
  return seen;
}

/** Whether the function itself has differentiated a result. */
function isBackpropagated(root: Tensor): boolean {
  return withMode('compile', { tracing: 'compile' }, () => isFreed(root));
}

/** Connects the results of a call with the nodes from which they were computed. */
export function linkOf(graph: Differentiable, leaves: readonly unknown[]): Link {
  const inputs = graph.variables.map((x, i) => {
    const node = nodeOf(graph.sources[i] ?? null, x, leaves);
    // The backward pass reads what the cell was at this call, which is about to move on.
    if (node.cell !== null && graph.updated.has(node.cell)) node.cell.escape(node);
    return node;
  });
  return {
    roots: graph.roots,
    connect: (values) => {
      const callOutputs = values.map((value, k) => {
        const { sizes: shape, dtype } = graph.outputs[k] as Tensor;
        return makeLeaf(value, shape, dtype);
      });
      const rules = { pullback: pullbackCompiled, graph };
      const { outputs } = callRecorded(graph, inputs, callOutputs, rules);
      outputs.forEach((y, k) => (y.value = values[k] as Storage));
      return outputs;
    },
  };
}

/** An input of a call as a node. */
function nodeOf(source: Source | null, variable: Tensor, leaves: readonly unknown[]): Tensor {
  switch (source?.kind) {
    case 'argument': {
      const leaf = leaves[source.index];
      return isTensor(leaf) ? leaf.current : constant(leaf as number, 'float64');
    }
    case 'gradient':
      return (leaves[source.index] as Tensor).extra?.grad?.live as Tensor;
    case 'cell':
      return source.cell.current;
    case 'seed':
      return counter(generator.seed, 'seed');
    case 'offset':
      return counter(generator.offset + source.relative, 'offset');
    default:
      return variable;
  }
}

/**
 * The backward pass of a recording as a plan: from its variables and the cotangents of its outputs to the variables'
 * cotangents.
 */
interface BackwardPlan {
  readonly plan: Plan;
  readonly nodes: readonly Tensor[];
  /** For each input of the plan the index of a variable or, after these, of a cotangent; otherwise its value. */
  readonly inputs: readonly (number | Storage)[];
  /** For each output of the plan the index of its variable. */
  readonly targets: readonly number[];
}

/** Replays the backward pass, or builds it as a graph if its result is to be differentiated or is being recorded. */
function pullbackCompiled(cts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[] {
  if (mode.grad || mode.tracing !== null) return pullbackRecorded(cts, call);
  const graph = call.rules as unknown as Differentiable;
  const key = cts.map((ct) => (ct === null ? '-' : 'x')).join('');
  let backward = graph.backward.get(key);
  if (backward === undefined) graph.backward.set(key, (backward = backwardPlan(graph, cts)));
  const given = [...call.inputs, ...cts.filter((ct) => ct !== null)];
  const pending = given.filter((x) => x.value === null);
  if (pending.length > 0) runtime.evaluate(pending, 'backward');
  const { plan, nodes, inputs, targets } = backward;
  const executable = plan.compile(backendFor(given));
  const arrays = inputs.map((x) =>
    typeof x === 'number' ? storageOf(given[x] as Tensor, 'backward') : x,
  );
  runtime.runs++;
  engine.onRun?.(plan.program(), 'compile');
  const results: (Tensor | null)[] = call.inputs.map(() => null);
  try {
    const values = executable.run(
      arrays,
      targets.map(() => null),
    );
    targets.forEach((i, k) => {
      const { sizes: shape, dtype } = call.inputs[i] as Tensor;
      results[i] = makeLeaf(values[k] as Storage, shape, dtype);
    });
  } catch (error) {
    throw explain(error, nodes[executable.at], 'backward');
  }
  return results;
}

function backwardPlan(graph: Differentiable, cts: readonly (Tensor | null)[]): BackwardPlan {
  const { variables, outputs } = graph;
  const used = outputs.filter((_y, k) => cts[k] !== null);
  const seeds = used.map((y) => new Placeholder(y.sizes, y.dtype, { home: y.home }));
  const needGrad = variables.flatMap((x, i) => (x.needsGrad ? [i] : []));
  const found = withMode('compile', { tracing: 'compile' }, () =>
    pullback(used, seeds, new Set(needGrad.map((i) => leafOf(variables[i] as Tensor))), {
      ends: true,
    }),
  );
  const targets = needGrad.filter((i) => found.has(leafOf(variables[i] as Tensor)));
  const roots = targets.map((i) => recompute(found.get(leafOf(variables[i] as Tensor)) as Tensor));
  const given: readonly Tensor[] = [...variables, ...seeds];
  const collected = collect(roots, { stops: new Set(given), byPosition: true });
  const inputs = collected.leaves.map((leaf) => {
    const at = given.indexOf(leaf);
    if (at >= 0) return at;
    return isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : storageOf(leaf, 'compile');
  });
  return { plan: planFor(collected, roots), nodes: collected.nodes, inputs, targets };
}

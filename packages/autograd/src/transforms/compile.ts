/** @file `compile`: records a function's graph once, with its backward pass and updates, and replays one plan. */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { collect } from '../engine/collect.js';
import { backendFor, engine, explain, numberArray } from '../engine/evaluate.js';
import type { Plan } from '../engine/plan.js';
import { again, planFor, record, type Recording, type Source } from '../engine/record.js';
import { replay, type Link } from '../engine/replay.js';
import { argumentLeaves, fitsFacts, fitsLeaves } from '../engine/signature.js';
import type { Storage } from '../graph/storage.js';
import type { Cell } from '../graph/cell.js';
import { generator } from '../graph/generatorState.js';
import { mode, withMode } from '../graph/mode.js';
import { runtime } from '../graph/runtime.js';
import { storageOf } from '../graph/reading.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { constant, counter, isNumber, numberOf, Placeholder } from '../graph/version.js';
import { isTensor } from '../tree.js';
import type { Call } from './call.js';
import { callRecorded, pullRecorded, type RecordedGraph } from './recorded.js';
import { whyAnew } from '../engine/whyAnew.js';
import { between } from './variable.js';
import { isFreed, leafOf, pullback } from './vjp.js';

/** More signatures than this are not remembered. */
const MANY = 64;

/** So many recordings in a row, with none found again between them, are no first calls. */
const IN_A_ROW = 8;

/** So many recordings in turn that made cells are no optimizer's first steps. */
const OFTEN = 8;

/**
 * Records `f` once for each signature of its arguments, and replays one plan from then on: forward pass,
 * `backward()` and `step()` together, without building a graph.
 *
 * The signature consists of
 * - the shapes, dtypes and `requiresGrad` of the tensors among the arguments, which of them are the same tensor, and
 * the parameters and cells themselves;
 * - the plain values among the arguments, except numbers: these are inputs and may change (whether a number is whole
 * may decide a dtype, and then it counts);
 * - every `training` and `requiresGrad` flag that `f` read, and the hooks, parameters, modules and settings (plain
 * values) of the modules that it called.
 *
 * Numbers captured from outside are constants of the recording. Parameters, buffers and states are read at every
 * call and updated in place; so are learning rates. Random numbers continue from call to call. A function that makes
 * parameters, cells, modules or optimizers is recorded again at each call that makes some.
 *
 * A compiled function is differentiable like any other: its results require grad where those of `f` do, in both
 * modes and to any order. Its backward pass is a plan of its own, which computes the forward pass again instead of
 * keeping it. Losses that `f` has differentiated itself are detached, and so are results that depend on parameters
 * which `f` updates. Inside `vmap` and inside another compiled function it becomes part of what is recorded there.
 * PyTorch: `torch.compile` of a whole training step; JAX: `jit`.
 *
 * @throws {ChainruleError} if `f` reads a value, or decides by one: it runs only once.
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = criterion.forward(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 */
export function compile<Args extends unknown[] = Tensor[], R = unknown>(
  f: (...args: Args) => R,
): CompiledFunction<Args, R> {
  checkArgument('compile', 'f', f, kinds.callable);
  const recordings: Compiled[] = [];
  let anew = 0;
  let inRow = 0;
  const find = (args: Args, leaves: readonly unknown[]): Compiled => {
    let compiled = recordings.find((r) => fits(r.recording, leaves));
    if (compiled?.ran === true && compiled.recording.makesCells) {
      recordings.splice(recordings.indexOf(compiled), 1);
      compiled = undefined;
      if (++anew === OFTEN) warnOfCells();
    }
    if (compiled === undefined) {
      inRow++;
      const [last] = recordings;
      if (last !== undefined) tellWhy(last.recording, args, inRow);
      const recording = record(f as (...args: unknown[]) => unknown, args, leaves);
      compiled = { recording, graph: differentiable(recording), ran: false };
      recordings.unshift(compiled);
      if (recordings.length > MANY) recordings.pop();
    } else inRow = 0;
    return compiled;
  };
  const call = (...args: Args): R => {
    if (mode.tracing !== null || mode.inline) return f(...args); // part of another recording
    const leaves = argumentLeaves(args);
    const compiled = find(args, leaves);
    const { recording, graph } = compiled;
    compiled.ran = true;
    return replay(recording, leaves, graph === null ? null : linkOf(graph, leaves)) as R;
  };
  const ready = async (...args: Args): Promise<void> => {
    const { plan, backend } = find(args, argumentLeaves(args)).recording;
    // Recording and planning take about as long: a page has its turn between them.
    await new Promise((turn) => setTimeout(turn));
    plan.comesAgain = true;
    await plan.on(backend).ready?.();
  };
  return Object.assign(call, { ready });
}

/** What `compile` returns. */
export interface CompiledFunction<Args extends unknown[], R> {
  (...args: Args): R;
  /**
   * Records the function for arguments like these and compiles its kernels, without running it: in parts, between which a page
   * can draw; on WebGPU, where it takes seconds at first, in parallel and without blocking the page.
   * @example await step.ready(x, y);
   */
  ready(...args: Args): Promise<void>;
}

/**
 * Runs `f` with every compiled function called as it was written: to step through it, or to run it with other
 * parameters than those it was recorded with. JAX: `jax.disable_jit`.
 * @example withoutCompile(() => step(x, y))
 */
export function withoutCompile<R>(f: () => R): R {
  return withMode('withoutCompile', { inline: true }, f);
}

interface Compiled {
  readonly recording: Recording;
  /** How its results are differentiated; null where none is. */
  readonly graph: Differentiable | null;
  ran: boolean;
}

/** Names what makes a function be recorded anew: each time in debug mode, else once, when it never stops. */
function tellWhy(last: Recording, args: readonly unknown[], inRow: number): void {
  if (mode.debug === 0 && inRow !== IN_A_ROW) return;
  const { text, isShape } = whyAnew(last, args);
  if (mode.debug > 0) console.log(`chainrule: compile records anew: ${text}`);
  else if (!isShape)
    console.warn(
      `compile: the function was recorded at each of the last ${inRow} calls, which is slow: ${text}. Give what changes as a ` +
        'tensor or as a number among the arguments, or keep it out of the function',
    );
}

function warnOfCells(): void {
  console.warn(
    'compile: the function makes cells (a Parameter, a cell, a module, an optimizer) at every call, so it is recorded ' +
      'at every call too, which is slow; make them outside',
  );
}

function fits(
  { grad, facts, captured, leafFacts, guards, backend, cells }: Recording,
  leaves: readonly unknown[],
): boolean {
  if (
    grad !== mode.grad ||
    backend !== (engine.devices.get(backend.device) ?? engine.backend) ||
    !fitsFacts(facts, captured, leaves) ||
    !fitsLeaves(leafFacts)
  ) {
    return false;
  }
  for (let k = 0; k < cells.length; k++) {
    const { home } = (cells[k] as Cell).current;
    if (home !== null && home !== backend.device) return false;
  }
  for (const { read, value } of guards) if (!Object.is(read(), value)) return false;
  return true;
}

/** A recording as a graph that is called: from nodes for what it reads to those results that require grad. */
interface Differentiable extends RecordedGraph {
  /** The roots of the recording that the outputs are. */
  readonly roots: readonly number[];
  /** Where each variable comes from at a call; null for what is captured from outside and stands for itself. */
  readonly sources: readonly (Source | null)[];
  /** Backward plans, by which outputs have a cotangent. */
  readonly backward: Map<string, BackwardPlan>;
}

/** What of a recording can be differentiated; null where nothing can. */
function differentiable(recording: Recording): Differentiable | null {
  const { roots, cells, leaves, sources, since } = recording;
  const updated = new Set<Tensor>(cells);
  const used = new Set(recording.results.map((r) => (r.kind === 'root' ? r.root : -1)));
  const kept = [...used].filter((k) => {
    const root = roots[k];
    if (root === undefined || !root.needsGrad || root.cell !== null || isSpent(root)) return false;
    const { captured } = between([root], [], { since });
    return captured.every((x) => x.cell === null || !updated.has(x.cell));
  });
  if (kept.length === 0) return null;
  const outputs = kept.map((k) => roots[k] as Tensor);
  const reached = behind(outputs);
  const inputs = leaves.flatMap((node, k) => {
    const source = sources[k] as Source;
    return source.kind !== 'constant' && reached.has(node) ? [{ node, source }] : [];
  });
  const known = inputs.map(({ node }) => node);
  const { captured } = between(outputs, known, { since });
  return {
    name: 'compile',
    since,
    variables: [...known, ...captured],
    outputs,
    roots: kept,
    sources: [...inputs.map(({ source }) => source), ...captured.map(() => null)],
    backward: new Map(),
  };
}

/** All nodes that some are computed from. */
function behind(outputs: readonly Tensor[]): Set<Tensor> {
  const seen = new Set(outputs);
  for (const node of seen) for (const x of node.inputs) seen.add(x);
  return seen;
}

/** Whether the function itself has differentiated a result. */
function isSpent(root: Tensor): boolean {
  return withMode('compile', { tracing: 'compile' }, () => isFreed(root));
}

/** How the results of a call at hand are connected with what they were computed from. */
function linkOf(graph: Differentiable, leaves: readonly unknown[]): Link {
  const inputs = graph.variables.map((x, i) => nodeOf(graph.sources[i] ?? null, x, leaves));
  return {
    roots: graph.roots,
    connect: (values) => {
      const made = values.map((value, k) => {
        const { sizes: shape, dtype } = graph.outputs[k] as Tensor;
        return makeLeaf(value, shape, dtype);
      });
      const rules = { pullback: pullCompiled, graph };
      const { outputs } = callRecorded(graph, inputs, made, rules);
      outputs.forEach((y, k) => (y.value = values[k] as Storage));
      return outputs;
    },
  };
}

/** What a call reads, as a node. */
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

/** The backward pass of a recording as a plan: from its variables and the cotangents to the cotangents of variables. */
interface BackwardPlan {
  readonly plan: Plan;
  readonly nodes: readonly Tensor[];
  /** For each input of the plan the variable it is, or after these the cotangent; or its value, where it is neither. */
  readonly inputs: readonly (number | Storage)[];
  /** For each output the variable it belongs to. */
  readonly targets: readonly number[];
}

/** Replays the backward pass, or builds it where its result is differentiated again or recorded itself. */
function pullCompiled(cts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[] {
  if (mode.grad || mode.tracing !== null) return pullRecorded(cts, call);
  const graph = call.rules as unknown as Differentiable;
  const key = cts.map((ct) => (ct === null ? '-' : 'x')).join('');
  let backward = graph.backward.get(key);
  if (backward === undefined) graph.backward.set(key, (backward = backwardPlan(graph, cts)));
  const given = [...call.inputs, ...cts.filter((ct) => ct !== null)];
  const pending = given.filter((x) => x.value === null);
  if (pending.length > 0) runtime.evaluate(pending, 'backward');
  const { plan, nodes, inputs, targets } = backward;
  const executable = plan.on(backendFor(given));
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
  const wanted = variables.flatMap((x, i) => (x.needsGrad ? [i] : []));
  const found = withMode('compile', { tracing: 'compile' }, () =>
    pullback(used, seeds, new Set(wanted.map((i) => leafOf(variables[i] as Tensor))), {
      ends: true,
    }),
  );
  const targets = wanted.filter((i) => found.has(leafOf(variables[i] as Tensor)));
  const roots = targets.map((i) => again(found.get(leafOf(variables[i] as Tensor)) as Tensor));
  const given: readonly Tensor[] = [...variables, ...seeds];
  const collected = collect(roots, { stops: new Set(given), byPosition: true });
  const inputs = collected.leaves.map((leaf) => {
    const at = given.indexOf(leaf);
    if (at >= 0) return at;
    return isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : storageOf(leaf, 'compile');
  });
  return { plan: planFor(collected, roots), nodes: collected.nodes, inputs, targets };
}

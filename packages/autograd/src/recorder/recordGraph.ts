/** @file `recordGraph`: a function as a graph, for authors of exporters. */
import { checkArgument, defineOptions, reading } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { record } from '../engine/recording/record.js';
import type { Recording, Source } from '../engine/recording/recording.js';
import { argumentLeaves } from '../engine/recording/signature.js';
import { Cell } from '../graph/cells/cell.js';
import { generator } from '../graph/generatorState.js';
import { mode, recording as noted, withMode } from '../graph/mode.js';
import type { RecordedRegion } from '../graph/region.js';
import { valueOf } from '../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';
import { flatten, isTensor } from '../tree.js';
import { dataNode, NodeList } from './nodes.js';
import { pathsOf, replaceLeaves } from './paths.js';
import type { ArgumentNode, GraphNode, NodeFacts, RecordedGraph } from './recordedGraph.js';
import { regionsOf } from './regions.js';
import { StateList, type Named } from './states.js';

/** Options of `recordGraph`. */
export interface RecordGraphOptions {
  /** The modules whose parameters and buffers are named by their keys: one, or several by the prefix of their keys. */
  readonly modules?: Named | Readonly<Record<string, Named>>;
  /** The names of the arguments; by default `arg0`, `arg1` … */
  readonly names?: readonly string[];
  /** The function that users called, for messages; by default `recordGraph`. */
  readonly caller?: string;
  /** Whether nodes record the line that made them, which takes some microseconds per node. Default true. */
  readonly lines?: boolean;
}

const recordGraphOptions = defineOptions<RecordGraphOptions>({
  modules: kinds.object,
  names: kinds.kind<readonly string[]>(
    'be an array of names',
    (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
  ),
  caller: kinds.text,
  lines: kinds.flag,
});

/** Deep enough to find the user's line below modules. */
const STACK = 64;

/**
 * Calls `f` once, with placeholders for `args`, and returns everything that it computes as a graph: a forward pass, or a whole
 * step with `backward()` and `step()`. Nothing is changed: cells, gradients and the random generator are as before.
 *
 * Only shapes and dtypes of the arguments matter; numbers among them are inputs, and all other values are used as they are.
 * Nodes are in the order in which they were made; those that no output, state or gradient needs are left out. Parameters,
 * buffers and the states of optimizers are `states`, read or assigned; other tensors from outside are data. Wrap `f` in
 * `noGrad` for a graph without the nodes that only gradients need. `docs/exporters.md` explains how to write an exporter. JAX:
 * `jax.make_jaxpr`; PyTorch: `torch.export`.
 *
 * @throws {ChainruleError} if `f` reads a value, or returns a promise: it is called once.
 * @example
 * const g = recordGraph((x: Tensor) => model.forward(x), [zeros([1, 784])], { modules: model, names: ['x'] });
 * for (const node of g.nodes) if (node.kind === 'operation') console.log(node.op, node.shape, node.path);
 */
export function recordGraph<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  options?: RecordGraphOptions,
): RecordedGraph {
  const {
    caller = 'recordGraph',
    lines = true,
    names,
    modules,
  } = recordGraphOptions('recordGraph', options);
  checkArgument(caller, 'f', f, kinds.callable);
  if (!kinds.isArray(args)) {
    throw new ChainruleError(`${caller}: pass the arguments of f as an array, [x, y]`);
  }
  if (mode.tracing !== null) {
    throw new ChainruleError(
      `${caller}: cannot be called inside a function that ${mode.body ?? mode.recorder} records`,
    );
  }
  const given = reading(caller, 'args', () => {
    flatten(args); // refuses a tree that contains itself
    return replaceLeaves([...args], isArgument, (x) =>
      typeof x === 'number' ? x : placeholderLeaf(x, caller),
    ) as unknown[];
  });
  const leaves = argumentLeaves(given);
  const outer = { regions: noted.regions, contributions: noted.contributions };
  const limit = Error.stackTraceLimit;
  const regions: RecordedRegion[] = [];
  const contributions = new Map<unknown, unknown[]>();
  Object.assign(noted, { regions, contributions });
  if (lines) Error.stackTraceLimit = STACK;
  try {
    const traced = (...xs: unknown[]): unknown =>
      withMode(caller, { debug: lines ? 1 : mode.debug }, () => f(...(xs as unknown as Args)));
    const made = record(traced, given, leaves, new Set(), caller);
    const found = pathsOf(given, isArgument).map(({ end, path }) => ({
      leaf: end,
      name: path.replace(/^\[(\d+)\]/, (_all, i: string) => names?.[Number(i)] ?? `arg${i}`),
    }));
    return graphOf(made, { argumentLeaves: found, leaves, modules, regions, contributions });
  } finally {
    Object.assign(noted, outer);
    Error.stackTraceLimit = limit;
  }
}

/** A tensor or a number, but not a cell: cells are read where they are used. */
function isArgument(x: unknown): x is Tensor | number {
  return typeof x === 'number' || (isTensor(x) && !(x instanceof Cell));
}

/** A leaf in place of an argument: the argument's hooks and gradients are not part of the graph. */
function placeholderLeaf(x: Tensor, caller: string): Tensor {
  const leaf = makeLeaf(valueOf(x, caller), x.sizes, x.dtype);
  leaf.needsGrad = x.needsGrad;
  return leaf;
}

interface RecordingContext {
  readonly argumentLeaves: readonly { readonly leaf: Tensor | number; readonly name: string }[];
  readonly leaves: readonly unknown[];
  readonly modules: Named | Readonly<Record<string, Named>> | undefined;
  readonly regions: readonly RecordedRegion[];
  readonly contributions: ReadonlyMap<unknown, readonly unknown[]>;
}

function graphOf(made: Recording, context: RecordingContext): RecordedGraph {
  const { argumentLeaves, leaves, contributions } = context;
  const sources = new Map<Tensor, Source>(
    made.leaves.map((leaf, k) => [leaf, made.sources[k] as Source]),
  );
  const states = new StateList(context.modules);
  const argumentPositions = leaves.flatMap((leaf, i) => (isArgument(leaf) ? [i] : []));
  const list: NodeList = new NodeList(inputOf, generator.offset, (t) => sources.has(t));
  const args = argumentLeaves.map(({ leaf, name }) =>
    list.push((index): ArgumentNode => {
      const [shape, dtype] =
        typeof leaf === 'number' ? [[], 'float64' as const] : [leaf.sizes, leaf.dtype];
      const facts = { index, shape, dtype, path: '', madeAt: '', inputs: [] };
      return { ...facts, kind: 'argument', name, isNumber: typeof leaf === 'number' };
    }),
  );
  for (const [leaf, source] of sources) {
    if (source.kind === 'argument')
      list.set(leaf, args[argumentPositions.indexOf(source.index)] as ArgumentNode);
  }
  // A gradient that nothing reads later is not a state: exporters need only its contributions.
  const read = new Set([...sources.values()].flatMap((s) => (s.kind === 'cell' ? [s.cell] : [])));
  const gradients = new Set(
    made.gradients.flatMap((g) => (g.kind === 'leaf' && g.cell !== null ? [g.cell] : [])),
  );
  const assigned = made.cells
    .map((cell, k) => ({ cell, root: made.roots[k] as Tensor }))
    .filter(({ cell }) => !gradients.has(cell) || read.has(cell));
  const roots = made.results.map((result) => {
    if (result.kind === 'root') return made.roots[result.root] as Tensor;
    if (result.kind === 'constant') return result.tensor.current;
    return args[argumentPositions.indexOf(result.index)] as ArgumentNode;
  });
  for (const root of roots) {
    if (isTensor(root) && root.value !== null && !sources.has(root))
      sources.set(root, { kind: 'constant' });
  }
  list.addAncestors([...assigned.map(({ root }) => root), ...roots.filter((x) => isTensor(x))]);
  for (const { cell, root } of assigned) states.assign(cell, list.find(root) as GraphNode);
  const outputs = roots.map((x) => (isTensor(x) ? (list.find(x) as GraphNode) : x));
  const { structure } = made;
  const stands = outputs.map((_node, k) => ({ k }));
  const isStand = (x: unknown): x is { k: number } => stands.includes(x as { k: number });
  const paths = pathsOf(structure.rebuild(stands), isStand);
  const all = states.all();
  const returned = new Set([...outputs, ...all.flatMap(({ next }) => next ?? [])]);
  return {
    nodes: list.nodes,
    arguments: args,
    states: all,
    outputs: outputs.map((node, k) => ({
      name: paths.find(({ end }) => end.k === k)?.path || 'output',
      node,
    })),
    rebuild: (values) => structure.rebuild(values),
    gradients: [...contributions].flatMap(([leaf, cts]) => {
      const state = all.find(({ cell }) => cell === leaf);
      return state === undefined
        ? []
        : (cts as readonly Tensor[]).flatMap((ct) => {
            const node = list.find(ct);
            return node === null ? [] : [{ state, node }];
          });
    }),
    regions: regionsOf(
      context.regions.filter(({ after }) => after >= made.since),
      list,
      list.computed,
      returned,
    ),
    random: { seed: generator.seed, offset: generator.offset, draws: made.draws },
  };

  function inputOf(leaf: Tensor, facts: NodeFacts): GraphNode | null {
    const source = sources.get(leaf);
    if (source === undefined || isNumber(leaf)) return null;
    if (source.kind === 'cell') return states.read(source.cell, facts);
    return dataNode(facts, valueOf(leaf, 'recordGraph'));
  }
}

/** @file `exportStableHLO`: a function or a whole training step for XLA. */
import {
  ChainruleError,
  checkArgument,
  defineOptions,
  kinds,
  setRngState,
  getRngState,
  tensor,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import {
  recordGraph,
  type GraphNode,
  type Named,
  type RecordedGraph,
} from '@chainrule/autograd/graph';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import { VERSION } from '../version.js';
import { writeNodes } from './program.js';
import { average, averaged } from './replicas.js';
import { elementType } from './rule.js';
import { RUNNER } from './runner.js';
import { valueIn, type Scope } from './scope.js';
import { typeOf, Writer, type ElementType, type Value } from './writer.js';

/** Options of `exportStableHLO`. */
export interface StableHLOOptions {
  /** The number of devices that the step runs on, each with its own batch. Default 1. */
  readonly replicas?: number;
  /**
   * The modules whose parameters, buffers and states are named by their keys: `{ '': model, optimizer }`, or one
   * module.
   */
  readonly modules?: Named | Readonly<Record<string, Named>>;
  /** The names of the arguments. Default: `arg0`, `arg1` … */
  readonly names?: readonly string[];
}

/** An input or output of the program. */
export interface StableHLOPort {
  /** What it is; `seed` and `offset` belong to the random generator, ui64. */
  readonly kind: 'state' | 'argument' | 'seed' | 'offset' | 'output';
  /** A state's key, the name of an argument or of an output. */
  readonly name: string;
  /** The shape of one replica; `[]` for a single number. */
  readonly shape: Shape;
  /** The element type, as StableHLO writes it. */
  readonly type: ElementType;
}

/** How to run a program: plain data, to be saved as JSON. */
export interface StableHLOMap {
  /** The program that wrote it and its version, `chainrule …`. */
  readonly writtenBy: string;
  /** The number of devices that a step runs on. */
  readonly replicas: number;
  /** The inputs of `main`, in order. */
  readonly inputs: readonly StableHLOPort[];
  /** The results of the function, then the states, which are inputs of the next step under the same name. */
  readonly outputs: readonly StableHLOPort[];
  /** How far each step moves the offset of the random generator. */
  readonly draws: number;
}

/** The result of `exportStableHLO`: a program, the state it starts from, and how to run it. */
export interface StableHLO {
  /** The program, as text: `main` of a module. */
  readonly mlir: string;
  /** Values of all states, example arguments as `argument.NAME`, and `random`, as a safetensors file. */
  readonly state: Uint8Array;
  /** How inputs and outputs of `main` belong together. */
  readonly map: StableHLOMap;
  /** A program in Python that runs all this with jaxlib. */
  readonly runner: string;
  /** Restores what the runner has saved: parameters, states and the random generator. */
  load(bytes: Uint8Array): void;
}

const stableHLOOptions = defineOptions<StableHLOOptions>({
  replicas: kinds.count,
  modules: kinds.object,
  names: kinds.kind<readonly string[]>(
    'be an array of names',
    (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
  ),
});

const optionsOf = (options: StableHLOOptions | undefined): StableHLOOptions =>
  stableHLOOptions('exportStableHLO', options);

/**
 * Writes a function, or a whole training step with `backward()` and `step()`, as a StableHLO program, for TPUs and
 * many GPUs. `step` is called once; only the shapes and dtypes of `args` matter. Its parameters, buffers and
 * optimizer states are inputs of the program, and their values after the step are outputs. Random numbers are
 * Chainrule's, bit for bit; loops stay loops.
 *
 * Write `mlir` to `step.mlir`, `state` to `step.safetensors`, `map` as JSON to `step.json` and `runner` to `run.py`.
 * Then `python run.py step --steps 100 --data batches.safetensors` trains with jaxlib 0.10.2 (the text form of
 * StableHLO is not stable, and the runner uses a private part of jaxlib) and saves `step.trained.safetensors`, which
 * `load` reads. With `replicas` each device has its own batch, in one process or several: gradients, and floats such
 * as running statistics, are averaged, so replicas stay equal bit for bit. Random numbers differ between replicas.
 *
 * Errors that depend on values are not found: an index out of range, or an integer division by zero.
 *
 * @throws {ChainruleError} if `step` reads a value (as LBFGS does), or uses an operation that StableHLO lacks; the
 * message gives the line that made it.
 * @example
 * const { mlir, state, map, runner } = exportStableHLO(step, [x, y], { modules: { '': model, optimizer } });
 */
export function exportStableHLO<Args extends readonly unknown[]>(
  step: (...args: Args) => unknown,
  args: Args,
  options?: StableHLOOptions,
): StableHLO {
  const { replicas = 1, modules, names } = optionsOf(options);
  checkArgument('exportStableHLO', 'step', step, kinds.callable);
  const examples: Tensor[] = [];
  const graph = recordGraph(step, args, {
    caller: 'exportStableHLO',
    ...(modules === undefined ? {} : { modules }),
    ...(names === undefined ? {} : { names }),
  });
  collectArguments(args, examples);
  const { mlir, inputs, outputs } = programOf(graph, replicas);
  const map: StableHLOMap = {
    writtenBy: `chainrule ${VERSION}`,
    replicas,
    inputs,
    outputs,
    draws: graph.random.draws,
  };
  return {
    mlir,
    state: stateOf(graph, examples, map),
    map,
    runner: RUNNER.replaceAll('VERSION', VERSION),
    load: (bytes) => loadInto(graph, bytes),
  };
}

function isCell(x: Tensor): boolean {
  return 'assign' in x;
}

/** The tensors and numbers of arguments, in the order of the graph's arguments. */
function collectArguments(tree: unknown, found: Tensor[]): void {
  if (typeof tree === 'number') {
    found.push(tensor(Float64Array.of(tree), { shape: [] }));
  } else if (kinds.tensor.test(tree)) {
    if (!isCell(tree)) found.push(tree);
  } else if (typeof tree === 'object' && tree !== null) {
    const prototype: unknown = Object.getPrototypeOf(tree);
    if (Array.isArray(tree) || prototype === Object.prototype || prototype === null)
      for (const part of Object.values(tree)) collectArguments(part, found);
  }
}

interface Ports {
  readonly mlir: string;
  readonly inputs: readonly StableHLOPort[];
  readonly outputs: readonly StableHLOPort[];
}

function programOf(graph: RecordedGraph, replicas: number): Ports {
  const w = new Writer();
  const means = replicas > 1 ? averaged(graph) : new Set<GraphNode>();
  const values = new Map<GraphNode, Value>();
  const inputs: StableHLOPort[] = [];
  const parameters: Value[] = [];
  const input = (
    kind: StableHLOPort['kind'],
    name: string,
    shape: Shape,
    type: ElementType,
  ): Value => {
    const value = { name: `%arg${parameters.length}`, shape, type };
    inputs.push({ kind, name, shape, type });
    parameters.push(value);
    return value;
  };
  for (const { key, shape, dtype, input: node } of graph.states) {
    if (node !== null) values.set(node, input('state', key, shape, elementType(dtype)));
  }
  for (const node of graph.arguments)
    values.set(node, input('argument', node.name, node.shape, elementType(node.dtype)));
  const draws = graph.nodes.some(({ kind }) => kind === 'seed' || kind === 'offset');
  const offset = draws ? input('offset', 'offset', [], 'ui64') : null;
  let seed = draws ? input('seed', 'seed', [], 'ui64') : null;
  if (seed !== null && replicas > 1) {
    // Seeds are below 2^53: above them is room for the number of the replica.
    const replica = w.convert(w.emit('stablehlo.replica_id', [], [], 'ui32'), 'ui64');
    seed = w.map('xor', seed, w.map('shift_left', replica, w.constant(53, 'ui64')));
  }
  const finish = (node: GraphNode, value: Value): Value =>
    means.has(node) ? average(w, value, replicas) : value;
  const scope: Scope = { w, values, loops: new Map(), offset, seed, finish, write: writeNodes };
  for (const node of graph.nodes) {
    // What comes in may be what is averaged.
    const given = values.get(node);
    if (given !== undefined && means.has(node)) values.set(node, finish(node, given));
  }
  writeNodes(scope, graph.nodes);
  const outputs: StableHLOPort[] = [];
  const results: Value[] = [];
  const output = (kind: StableHLOPort['kind'], name: string, node: GraphNode): void => {
    const value = valueIn(scope, node);
    outputs.push({ kind, name, shape: value.shape, type: value.type });
    results.push(value);
  };
  for (const { name, node } of graph.outputs) output('output', name, node);
  for (const { key, next } of graph.states) if (next !== null) output('state', key, next);
  const head = parameters.map((p) => `${p.name}: ${typeOf(p)}`).join(', ');
  const types = results.map(typeOf).join(', ');
  const mlir = [
    `// Written by chainrule ${VERSION}.`,
    `module @chainrule attributes {mhlo.num_replicas = ${replicas} : i32, mhlo.num_partitions = 1 : i32} {`,
    `  func.func public @main(${head}) -> (${types}) {`,
    ...w.lines,
    `    "func.return"(${results.map((r) => r.name).join(', ')}) : (${types}) -> ()`,
    '  }',
    '}',
    '',
  ].join('\n');
  return { mlir, inputs, outputs };
}

/** The file beside the program. */
function stateOf(graph: RecordedGraph, examples: readonly Tensor[], map: StableHLOMap): Uint8Array {
  const { seed, offset } = graph.random;
  const tensors: Record<string, Tensor> = {};
  for (const { key, cell } of graph.states) tensors[key] = cell;
  graph.arguments.forEach(({ name }, k) => (tensors[`argument.${name}`] = examples[k] as Tensor));
  tensors['random'] = tensor(Float64Array.of(seed, offset));
  return encodeSafetensors(tensors, { writtenBy: map.writtenBy });
}

/** Gives every cell of the graph the value that a file has for it. */
function loadInto(graph: RecordedGraph, bytes: Uint8Array): void {
  const found = decodeSafetensors(bytes);
  const refuse = (why: string): never => {
    throw new ChainruleError(`exportStableHLO: load: ${why}; the file belongs to another program`);
  };
  for (const { key, shape, dtype } of graph.states) {
    const t = found[key] ?? refuse(`there is no ${key}`);
    if (t.dtype !== dtype || t.shape.join() !== shape.join())
      refuse(
        `${key} is ${t.dtype} [${t.shape.join(', ')}], expected ${dtype} [${shape.join(', ')}]`,
      );
  }
  const random = found['random']?.dataSync() ?? refuse('there is no random');
  for (const { key, cell } of graph.states) cell.assign(found[key] as Tensor);
  setRngState({ ...getRngState(), seed: random[0] as number, offset: random[1] as number });
}

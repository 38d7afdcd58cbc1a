/** @file `exportStableHLO`: a function or a whole training step for XLA. */
import {
  ChainruleError,
  checkArgument,
  defineOptions,
  kinds,
  noGrad,
  setRngState,
  getRngState,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { recordGraph, type Named, type RecordedGraph } from '@chainrule/autograd/graph';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import { Module } from '@chainrule/nn';
import { forwardOf, inMode, modelOrFunction } from '../forward.js';
import { VERSION } from '../version.js';
import { programOf } from './main.js';
import type { StableHLOMap } from './map.js';
import { RUNNER } from './runner.js';

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

/** The result of `exportStableHLO`: a program, the state it starts from, and how to run it. */
export interface StableHLO {
  /** The program, as text: `main` of a module. */
  readonly mlir: string;
  /** Values of all states, example arguments as `argument.NAME`, and `random`, as a safetensors file. */
  readonly state: Uint8Array<ArrayBuffer>;
  /** Which inputs and outputs of `main` belong together. */
  readonly map: StableHLOMap;
  /** A program in Python that runs all this with jaxlib. */
  readonly runner: string;
  /** Restores what the runner has saved: parameters, states and the random generator. */
  load(bytes: Uint8Array): void;
}

const readOptions = defineOptions<StableHLOOptions>({
  replicas: kinds.count,
  modules: kinds.object,
  names: kinds.kind<readonly string[]>(
    'be an array of names',
    (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
  ),
});

/**
 * Writes a function, or a whole training step with `backward()` and `step()`, as a StableHLO program, for TPUs and
 * many GPUs. `step` is called once; only the shapes and dtypes of `args` matter. Its parameters, buffers and
 * optimizer states are inputs of the program, and their values after the step are outputs. A module instead of `step` is
 * its forward in evaluation mode. Random numbers are Chainrule's, bit for bit; loops stay loops.
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
  step: Module | ((...args: Args) => unknown),
  args: Args,
  options?: StableHLOOptions,
): StableHLO {
  const { replicas = 1, modules, names } = readOptions('exportStableHLO', options);
  checkArgument('exportStableHLO', 'step', step, modelOrFunction);
  const examples: Tensor[] = [];
  const model = step instanceof Module ? step : undefined;
  const holders = modules ?? model;
  const recorded = (f: (...xs: never[]) => unknown): RecordedGraph =>
    recordGraph(f as (...xs: Args) => unknown, args, {
      caller: 'exportStableHLO',
      ...(holders === undefined ? {} : { modules: holders }),
      ...(names === undefined ? {} : { names }),
    });
  const graph =
    model === undefined
      ? recorded(step as (...xs: Args) => unknown)
      : inMode([model], false, () => recorded((...xs) => noGrad(() => forwardOf(model)(...xs))));
  collectArguments(args, examples);
  if (names !== undefined && names.length > examples.length)
    throw new ChainruleError(
      `exportStableHLO: ${names.length} names for ${examples.length} arguments`,
    );
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

/** The tensors and numbers in the arguments, in the order of the graph's arguments. */
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

/** Makes the safetensors file. */
function stateOf(
  graph: RecordedGraph,
  examples: readonly Tensor[],
  map: StableHLOMap,
): Uint8Array<ArrayBuffer> {
  const { seed, offset } = graph.random;
  const tensors: Record<string, Tensor> = {};
  for (const { key, cell } of graph.states) tensors[key] = cell;
  graph.arguments.forEach(({ name }, k) => (tensors[`argument.${name}`] = examples[k] as Tensor));
  tensors['random'] = tensor(Float64Array.of(seed, offset));
  return encodeSafetensors(tensors, { writtenBy: map.writtenBy });
}

/** Sets every cell of the graph to its value in a file. */
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

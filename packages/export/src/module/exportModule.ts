/** @file `exportModule`: a function as one ES module that needs no framework. */
import {
  ChainruleError,
  checkArgument,
  kinds,
  isGradEnabled,
  noGrad,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { FormCollection, IMAGE, type FunctionImage } from '@chainrule/autograd/internal';
import { recordGraph } from '@chainrule/autograd/graph';
import { Module } from '@chainrule/nn';
import { forwardOf, inMode, modelOrFunction } from '../forward.js';
import { VERSION } from '../version.js';
import { encodeRegime } from './encode.js';
import { functionText, stopsOf, type ModuleFunction } from './moduleFunction.js';
import {
  argumentNames,
  sizedDims,
  isTensors,
  readModuleOptions,
  readTraining,
  type ExportModuleOptions,
} from './options.js';
import { isPlain, plainText } from './plainRuntime.js';
import { regimesOf, type Regime } from './regimes.js';
import { LOOP_RUNTIME } from './loopRuntime.js';
import { RUNTIME } from './runtime.js';
import { StateTable } from './states.js';
import { hexadecimal, sideBySide } from './texts.js';
import { typesText } from './types.js';
/** The result of `exportModule`: the texts and files of a module. */
export interface ExportedModule {
  /** An ES module. */
  readonly js: string;
  /** Its declarations. */
  readonly types: string;
  /** The kernels, with `{ wasm: 'file' }`. */
  readonly wasm?: Uint8Array<ArrayBuffer>;
  /** The weights, with `{ weights: 'file' }`: a safetensors file. */
  readonly weights?: Uint8Array<ArrayBuffer>;
}

/**
 * Writes a function as one ES module that runs anywhere, in pages, workers, Node, Deno and at the edge: no
 * framework, no other file, no `eval`. `import { predict } from './digits.js'` takes typed arrays with any number of
 * examples, along the first dimension of each argument (or with `dynamic` of any length, along another one), and returns `{ data, shape }` for each tensor. It computes
 * the same bits as the compiled function on the same engine without a BLAS library: the same kernels run, with and
 * without fused multiply-add. (The framework computes programs of fewer than about 256 steps without kernels, so
 * their last digit may differ.)
 *
 * `f`, a module or a function, is recorded without gradients, once for each of many batch sizes, with the given modules in
 * evaluation mode. With `train` there is also `train(...arguments, ...targets)`, a whole step in training mode that returns
 * the loss. `state()` returns weights and states, and `load(state)` restores them;
 * `model.loadStateDict(decodeSafetensors(bytes))` restores those of a file.
 *
 * @throws {ChainruleError} if `f` reads a value, uses an operation that needs the framework (the message gives the
 * line that made it), or does not depend evenly on the batch.
 * @example
 * const { js, types } = exportModule((x: Tensor) => model.forward(x), [zeros([1, 784])], { names: ['pixels'] });
 * writeFileSync('digits.js', js);
 */
export function exportModule<Args extends readonly Tensor[]>(
  f: Module | ((...args: Args) => unknown),
  args: Args,
  options?: ExportModuleOptions,
): ExportedModule {
  const given = readModuleOptions('exportModule', options);
  const { weights = 'inline', wasm = 'inline', name = 'predict', batch = 1024 } = given;
  checkArgument('exportModule', 'f', f, modelOrFunction);
  if (!isTensors(args) || args.length === 0) {
    throw new ChainruleError('exportModule: pass the arguments of f as an array of tensors, [x]');
  }
  const training =
    given.train === undefined ? null : readTraining('exportModule: train', given.train);
  const targets = training?.targets ?? [];
  const names = argumentNames(name, given.names, args.length, targets.length);
  const model = f instanceof Module ? f : undefined;
  const modules = given.modules ?? model;
  const run = forwardOf(f);
  const forms = new FormCollection(wasm === 'inline' ? new FormCollection() : null);
  const states = new StateTable();
  const predict = (...xs: Tensor[]): unknown =>
    inMode([model, modules], false, () => noGrad(() => run(...xs)));
  const functions = [encode(name, predict, args, names.slice(0, args.length))];
  if (training !== null) {
    const { optimizer } = training;
    const loss = training.loss as unknown as (...xs: unknown[]) => Tensor;
    const update = (...xs: Tensor[]): Tensor => {
      optimizer.zeroGrad();
      const given: unknown = loss(run(...xs.slice(0, args.length)), ...xs.slice(args.length));
      const value = checkArgument('exportModule', 'the result of the loss', given, kinds.tensor);
      value.backward();
      optimizer.step();
      return value;
    };
    const step = (...xs: Tensor[]): unknown => inMode([model, modules], true, () => update(...xs));
    functions.push(encode('train', step, [...args, ...targets], names));
    if (!isGradEnabled())
      throw new ChainruleError(
        'exportModule: train needs gradients, so it cannot be used inside noGrad',
      );
    nameStates(step, [...args, ...targets]);
  } else {
    nameStates(predict, [...args]);
  }
  const code = forms.bytes();
  const inline = forms.fused && [hexadecimal(code), hexadecimal(forms.fused.bytes())];
  const { seed, offset } = states.random;
  const stops = functions.map(stopsOf);
  const plain = new Set(stops.flatMap((found) => [...found.plain]));
  const file = weights === 'file' ? states.file() : undefined;
  const js = [
    `// Written by chainrule ${VERSION}: exportModule.`,
    `export const version = ${JSON.stringify(VERSION)};`,
    `const NAME = ${JSON.stringify(name)};`,
    `const KERNELS = ${inline === null ? 'null' : JSON.stringify(sideBySide(inline))};`,
    `const DATA = ${states.dataText(weights === 'inline')};`,
    `const LOADED = ${weights === 'inline'};`,
    `const RANDOM = ${JSON.stringify({ seed, offset })};`,
    `const STATES = ${JSON.stringify(states.table())};`,
    `const FIXED = ${states.end};`,
    `const ZEROED = ${IMAGE.zeroed};`,
    `const FAULT = ${IMAGE.fault};`,
    `const FORMS = ${forms.size};`,
    `const MATH = ${forms.mathText()};`,
    // Helper that names functions in some builds of the framework.
    'function __name(f) { return f; }',
    RUNTIME.trim(),
    ...(stops.some(({ hasLoops }) => hasLoops) ? [LOOP_RUNTIME.trim()] : []),
    ...(plain.size > 0 ? [plainText(plain)] : []),
    ...functions.map(functionText),
    '',
  ].join('\n');
  return {
    js,
    types: typesText(VERSION, functions),
    ...(wasm === 'file' ? { wasm: code } : {}),
    ...(file === undefined ? {} : { weights: file }),
  };

  function encode(
    own: string,
    g: (...xs: Tensor[]) => unknown,
    examples: readonly Tensor[],
    called: readonly string[],
  ): ModuleFunction {
    const dims =
      batch === null ? examples.map(() => null) : sizedDims(given.dynamic, examples, names);
    const shapeOf = (x: Tensor, k: number, size: number): number[] =>
      x.shape.map((n, d) => (d === dims[k] ? size : n));
    const sized = (size: number): Tensor[] =>
      examples.map((x, k) =>
        dims[k] === null ? x : zeros(shapeOf(x, k, size), { dtype: x.dtype }),
      );
    const maxBatch = batch ?? 1;
    const first = dims.findIndex((dim) => dim !== null);
    const size = examples[first]?.shape[dims[first] ?? 0] ?? 1;
    const example = Math.min(Math.max(size, 1), maxBatch);
    const tools = { forms, isPlain };
    const regimes = regimesOf(g, sized, tools, {
      given: example,
      largest: maxBatch,
      caller: 'exportModule',
    });
    const [regime] = regimes as [Regime];
    const assigned = regime.sample.assigned.map((cell) => states.indexOf(cell));
    const encoded = regimes.map((regime) => encodeRegime(regime, (made, k) => placeOf(made, k)));
    const numbers = Array.from({ length: regime.sample.structure.size }, (_, k) => ({ $: k }));
    return {
      name: own,
      regimes: encoded,
      args: examples.map((x, k) => ({
        name: called[k] as string,
        dtype: x.dtype,
        batched: dims[k] !== null,
        each: shapeOf(x, k, 1).reduce((a, b) => a * b, 1),
        shape: `[${x.shape.map((n, d) => (d === dims[k] ? (d === 0 ? 'batch' : 'length') : n)).join(', ')}]`,
      })),
      fixed: first < 0 ? 1 : null,
      most: maxBatch,
      assigned,
      result: regime.sample.structure.rebuild(numbers),
      outputs: regime.sample.image.outputs
        .slice(assigned.length)
        .map((slot) => regime.sample.image.holds[slot]!),
    };
  }

  function placeOf(made: FunctionImage, k: number): readonly unknown[] {
    const input = made.inputs[k]!;
    if (input.kind === 'argument') return [0, input.index];
    if (input.kind === 'cell') return [1, states.addressOf(input.cell)];
    if (input.kind === 'constant') return [2, states.dataAt(input.value)];
    throw new Error(`no place for a ${input.kind}`);
  }

  /** The keys of states, taken from a recording with names. */
  function nameStates(g: (...xs: Tensor[]) => unknown, examples: Tensor[]): void {
    const graph = recordGraph(g, examples, {
      caller: 'exportModule',
      lines: false,
      ...(modules === undefined ? {} : { modules }),
    });
    for (const { cell, key } of graph.states) states.name(cell, key);
    states.random = graph.random;
  }
}

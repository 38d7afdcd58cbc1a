/** @file `exportModule`: a function as one ES module that needs no framework. */
import {
  ChainruleError,
  checkArgument,
  defineOptions,
  isGradEnabled,
  kinds,
  noGrad,
  zeros,
  type DType,
  type Tensor,
} from '@chainrule/autograd';
import { FormCollection, IMAGE, type FunctionImage } from '@chainrule/autograd/internal';
import { recordGraph, type Named } from '@chainrule/autograd/graph';
import { VERSION } from '../version.js';
import { hexadecimal, sideBySide } from './texts.js';
import { encodeRegime, type EncodedRegime } from './encode.js';
import { regimesOf, type Regime } from './regimes.js';
import { RUNTIME } from './runtime.js';
import { StateTable } from './states.js';
import { typesText } from './types.js';

/** An optimizer, as far as a module is concerned. */
export interface ModuleOptimizer {
  /** Clears the gradients; called at the beginning of each step. */
  zeroGrad(): void;
  /** Takes a step with the gradients. */
  step(): unknown;
}

/** How a module trains. */
export interface ModuleTraining {
  /** The loss of what the function returns, and of the targets. */
  readonly loss: (output: never, ...targets: never[]) => Tensor;
  /** The optimizer whose step is part of `train`, with the parameters to be trained. */
  readonly optimizer: ModuleOptimizer;
  /** Example targets, with the batch in their first dimension. */
  readonly targets?: readonly Tensor[];
}

/** Options of `exportModule`. */
export interface ExportModuleOptions {
  /**
   * Where the weights go: into the text of the module, or into a safetensors file that `load` takes. Default
   * `'inline'`.
   */
  readonly weights?: 'inline' | 'file';
  /**
   * Where the kernels go: likewise, or into a file that `start` takes, for platforms that do not compile bytes.
   * Default `'inline'`.
   */
  readonly wasm?: 'inline' | 'file';
  /** The name of the exported function. Default `'predict'`. */
  readonly name?: string;
  /** The names of its arguments. */
  readonly names?: readonly string[];
  /** The modules whose weights and states are named by their keys. */
  readonly modules?: Named | Readonly<Record<string, Named>>;
  /** The largest batch; null for only the batch size of the example. Default 1024. */
  readonly batch?: number | null;
  /** Adds the whole training step. */
  readonly train?: ModuleTraining;
}

/** The result of `exportModule`: the texts and files of a module. */
export interface ExportedModule {
  /** An ES module. */
  readonly js: string;
  /** Its declarations. */
  readonly types: string;
  /** The kernels, with `{ wasm: 'file' }`. */
  readonly wasm?: Uint8Array;
  /** The weights, with `{ weights: 'file' }`: a safetensors file. */
  readonly weights?: Uint8Array;
}

const exportModuleOptions = defineOptions<ExportModuleOptions>({
  weights: kinds.oneOf('inline', 'file'),
  wasm: kinds.oneOf('inline', 'file'),
  name: kinds.text,
  names: kinds.kind<readonly string[]>(
    'be an array of names',
    (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
  ),
  modules: kinds.object,
  batch: kinds.orNull(kinds.count),
  train: kinds.object as never,
});

const trainOptions = defineOptions<ModuleTraining>({
  loss: kinds.required(kinds.callable as never),
  optimizer: kinds.required(kinds.object as never),
  targets: kinds.kind<readonly Tensor[]>('be an array of tensors', isTensors),
});

function isTensors(x: unknown): boolean {
  return Array.isArray(x) && x.every((t) => kinds.tensor.test(t));
}

const WORD = /^[A-Za-z_$][\w$]*$/;
/** Names that the module has for itself. */
const TAKEN = ['train', 'state', 'load', 'start', 'version'];

/**
 * Writes a function as one ES module that runs anywhere, in pages, workers, Node, Deno and at the edge: no
 * framework, no other file, no `eval`. `import { predict } from './digits.js'` takes typed arrays with any number of
 * examples, along the first dimension of each argument, and returns `{ data, shape }` for each tensor. It computes
 * the same bits as the compiled function on the same engine without a BLAS library: the same kernels run, with and
 * without fused multiply-add. (The framework computes programs of fewer than about 256 steps without kernels, so
 * their last digit may differ.)
 *
 * `f` is recorded without gradients, once for each of many batch sizes, with the given modules in evaluation mode.
 * With `train` there is also `train(...arguments, ...targets)`, a whole step in training mode that returns the loss.
 * `state()` returns weights and states, and `load(state)` restores them;
 * `model.loadStateDict(decodeSafetensors(bytes))` restores those of a file.
 *
 * @throws {ChainruleError} if `f` reads a value, uses an operation without a compiled kernel (the message gives the
 * line that made it), or does not depend evenly on the batch.
 * @example
 * const { js, types } = exportModule((x: Tensor) => model.forward(x), [zeros([1, 784])], { names: ['pixels'] });
 * writeFileSync('digits.js', js);
 */
export function exportModule<Args extends readonly Tensor[]>(
  f: (...args: Args) => unknown,
  args: Args,
  options?: ExportModuleOptions,
): ExportedModule {
  const given = exportModuleOptions('exportModule', options);
  const { weights = 'inline', wasm = 'inline', name = 'predict', batch = 1024, modules } = given;
  checkArgument('exportModule', 'f', f, kinds.callable);
  if (!isTensors(args) || args.length === 0) {
    throw new ChainruleError(
      'exportModule: the arguments of f are given as an array of tensors, [x]',
    );
  }
  const training =
    given.train === undefined ? null : trainOptions('exportModule: train', given.train);
  const targets = training?.targets ?? [];
  const names = [...args, ...targets].map(
    (_, k) => given.names?.[k] ?? (k < args.length ? `arg${k}` : `target${k - args.length}`),
  );
  for (const word of [name, ...names]) {
    if (!WORD.test(word) || (word === name && TAKEN.includes(word)))
      throw new ChainruleError(
        `exportModule: '${word}' cannot be the name of a function or an argument here`,
      );
  }
  const run = f as unknown as (...xs: Tensor[]) => unknown;
  const forms = new FormCollection(wasm === 'inline' ? new FormCollection() : null);
  const states = new StateTable();
  const predict = (...xs: Tensor[]): unknown =>
    inMode(modules, false, () => noGrad(() => run(...xs)));
  const functions = [encode(name, predict, args, names.slice(0, args.length))];
  if (training !== null) {
    const { optimizer } = training;
    const loss = training.loss as unknown as (...xs: unknown[]) => Tensor;
    const update = (...xs: Tensor[]): Tensor => {
      optimizer.zeroGrad();
      const value = loss(run(...xs.slice(0, args.length)), ...xs.slice(args.length));
      value.backward();
      optimizer.step();
      return value;
    };
    const step = (...xs: Tensor[]): unknown => inMode(modules, true, () => update(...xs));
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
    `const MATH = ${forms.mathText()};`,
    // What names functions in some builds of the framework.
    'function __name(f) { return f; }',
    RUNTIME.trim(),
    ...functions.map((made) => functionText(made)),
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
    const batched = examples.map((x) => batch !== null && x.ndim > 0);
    const sized = (size: number): Tensor[] =>
      examples.map((x, k) =>
        batched[k] === true ? zeros([size, ...x.shape.slice(1)], { dtype: x.dtype }) : x,
      );
    const most = batch ?? 1;
    const regimes = regimesOf(g, sized, forms, most, 'exportModule');
    const [first] = regimes as [Regime];
    const assigned = first.sample.assigned.map((cell) => states.indexOf(cell));
    const encoded = regimes.map((regime) => encodeRegime(regime, (made, k) => placeOf(made, k)));
    const numbers = Array.from({ length: first.sample.structure.size }, (_, k) => ({ $: k }));
    return {
      name: own,
      regimes: encoded,
      args: examples.map((x, k) => ({
        name: called[k] as string,
        dtype: x.dtype,
        batched: batched[k] === true,
        each: (batched[k] === true ? x.shape.slice(1) : x.shape).reduce((a, b) => a * b, 1),
        shape: `[${[batched[k] === true ? 'batch' : x.shape[0], ...x.shape.slice(1)].filter((n) => n !== undefined).join(', ')}]`,
      })),
      fixed: batched.includes(true) ? null : 1,
      most,
      assigned,
      result: first.sample.structure.rebuild(numbers),
      outputs: first.sample.image.outputs
        .slice(assigned.length)
        .map((slot) => first.sample.image.holds[slot]!),
    };
  }

  function placeOf(made: FunctionImage, k: number): readonly unknown[] {
    const input = made.inputs[k]!;
    if (input.kind === 'argument') return [0, input.index];
    if (input.kind === 'cell') return [1, states.addressOf(input.cell)];
    if (input.kind === 'constant') return [2, states.dataAt(input.value)];
    throw new Error(`no place for a ${input.kind}`);
  }

  /** The keys of states come from a recording with names. */
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

export interface ModuleFunction {
  readonly name: string;
  readonly regimes: readonly EncodedRegime[];
  readonly args: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly batched: boolean;
    readonly each: number;
    readonly shape: string;
  }[];
  readonly fixed: number | null;
  readonly most: number;
  readonly assigned: readonly number[];
  readonly result: unknown;
  readonly outputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
}

/** Runs `f` with the named modules in training mode or out of it, and puts every one back. */
function inMode<R>(modules: ExportModuleOptions['modules'], training: boolean, f: () => R): R {
  const given: object = modules ?? {};
  const parts = [given, ...(Object.values(given) as unknown[])].flatMap((named) => {
    const of = (named as { modules?: unknown } | null)?.modules;
    return typeof of === 'function' ? (of.call(named) as { training: boolean }[]) : [];
  });
  const before = parts.map((part) => part.training);
  for (const part of parts) part.training = training;
  try {
    return f();
  } finally {
    parts.forEach((part, k) => (part.training = before[k] === true));
  }
}

/** The text of a function that the module exports. */
function functionText({ name, outputs: _outputs, ...rest }: ModuleFunction): string {
  const own = name.toUpperCase() === name ? `${name}_` : name.toUpperCase();
  const args = rest.args.map((arg) => arg.name).join(', ');
  const value = name === 'train' ? `call(${own}, [${args}]).data[0]` : `call(${own}, [${args}])`;
  return [
    `const ${own} = ${JSON.stringify({ name, ...rest })};`,
    `export function ${name}(${args}) {`,
    `  return ${value};`,
    '}',
  ].join('\n');
}

/** @file The options of `exportModule`, and their checks. */
import {
  ChainruleError,
  defineOptions,
  display,
  kinds,
  passes,
  type Tensor,
} from '@chainrule/autograd';
import type { Named } from '@chainrule/autograd/graph';

/** The interface of an optimizer that a module needs. */
export interface ModuleOptimizer {
  /** Clears the gradients; called at the beginning of each step. */
  zeroGrad(): void;
  /** Takes a step with the gradients. */
  step(): unknown;
}

/** How a module is trained. */
export interface ModuleTraining {
  /** Computes the loss from the result of the function and the targets. */
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
   * Where the kernels go: into the text, or into a file that `start` takes, for platforms that do not compile bytes. Default
   * `'inline'`.
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
  /**
   * The dimension whose size may differ at each call: of all arguments that have it, or of each by its name. Default 0, the
   * batch; with 1, say, the length of a sequence.
   */
  readonly dynamic?: number | Readonly<Record<string, number>>;
  /** Adds the whole training step. */
  readonly train?: ModuleTraining;
}

export const readModuleOptions = defineOptions<ExportModuleOptions>({
  weights: kinds.oneOf('inline', 'file'),
  wasm: kinds.oneOf('inline', 'file'),
  name: kinds.text,
  names: kinds.kind<readonly string[]>(
    'be an array of names',
    (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
  ),
  modules: kinds.object,
  batch: kinds.orNull(kinds.count),
  dynamic: kinds.either(kinds.size, kinds.object) as never,
  train: kinds.object as never,
});

export const readTraining = defineOptions<ModuleTraining>({
  loss: kinds.required(kinds.callable as never),
  optimizer: kinds.required(kinds.object as never),
  targets: kinds.kind<readonly Tensor[]>('be an array of tensors', isTensors),
});

const someTensors = kinds.listOf(kinds.tensor);

export function isTensors(x: unknown): boolean {
  return passes(someTensors, x);
}

const WORD = /^[A-Za-z_$][\w$]*$/;
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);
/** What a module exports besides its functions. */
const EXPORTED = new Set(['train', 'state', 'load', 'start', 'version', 'Result', 'State']);

/**
 * The names of all arguments, then of all targets; defaults fill in for names that are not given. Refuses names that cannot
 * be variables.
 */
export function argumentNames(
  name: string,
  given: readonly string[] = [],
  args: number,
  targets: number,
): string[] {
  const refuse = (why: string): never => {
    throw new ChainruleError(`exportModule: ${why}`);
  };
  if (given.length > args + targets)
    refuse(`${given.length} names for ${args} arguments and ${targets} targets`);
  const names = Array.from(
    { length: args + targets },
    (_, k) => given[k] ?? (k < args ? `arg${k}` : `target${k - args}`),
  );
  for (const word of [name, ...names]) {
    if (!WORD.test(word) || RESERVED.has(word) || (word === name && EXPORTED.has(word)))
      refuse(`'${word}' cannot be the name of a function or an argument here`);
  }
  if (new Set(names).size !== names.length) refuse(`the names ${names.join(', ')} must differ`);
  return names;
}

/** The dimension of each argument whose size may differ at each call; null for those of fixed sizes. */
export function sizedDims(
  dynamic: ExportModuleOptions['dynamic'] = 0,
  args: readonly Tensor[],
  names: readonly string[],
): (number | null)[] {
  const refuse = (why: string): never => {
    throw new ChainruleError(`exportModule: dynamic: ${why}`);
  };
  if (typeof dynamic === 'number') {
    const dims = args.map((x) => (dynamic < x.ndim ? dynamic : null));
    if (dynamic > 0 && dims.every((dim) => dim === null))
      refuse(`no argument has dimension ${dynamic}`);
    return dims;
  }
  const unknown = Object.keys(dynamic).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`there is no argument '${unknown}' (${names.join(', ')})`);
  const dims = args.map(({ shape }, k) => {
    const name = names[k] as string;
    const dim = dynamic[name];
    if (dim === undefined) return null;
    if (Number.isInteger(dim) && dim >= 0 && dim < shape.length) return dim;
    return refuse(`${name} of shape [${shape.join(', ')}] has no dimension ${display(dim)}`);
  });
  const sizes = args.flatMap(({ shape }, k) =>
    dims[k] === null ? [] : [shape[dims[k] as number]],
  );
  if (new Set(sizes).size > 1)
    refuse(`the arguments have different sizes there (${sizes.join(', ')})`);
  return dims;
}

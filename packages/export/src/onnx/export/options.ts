/** @file The options of `exportOnnx`, and their checks. */
import {
  ChainruleError,
  defineOptions,
  display,
  kinds,
  plural,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from '@chainrule/nn';
import { WEIGHT_TYPES, type WeightType } from './weights.js';

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions {
  /**
   * Names of the inputs, or of inputs and outputs. By default `arg0` …, and `output` or the positions in the returned value.
   */
  readonly names?:
    | readonly string[]
    | { readonly inputs?: readonly string[]; readonly outputs?: readonly string[] };
  /**
   * Sizes that may differ at each call, by name: the dimension that has the size in all inputs, or the dimension for each
   * input by its name. `{ batch: 0, length: { tokens: 1 } }`.
   */
  readonly dynamic?: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  /** The version of the operators, 17 to 23. Default 20. */
  readonly opset?: number;
  /**
   * If `f` is a function: the modules whose parameters and buffers are named by their keys; one module, or several by prefix.
   */
  readonly modules?: Module | Readonly<Record<string, Module>>;
  /**
   * The type that weights of two and more dimensions are stored in; the file makes float32 of them when it is loaded. Default
   * `'float32'`. `'float16'` and `'bfloat16'` take half the bytes, `'int8'` a quarter: whole numbers, with one scale along the
   * axis that loses least.
   */
  readonly weights?: WeightType;
  /** The name of a file for the weights, which are then not part of the model. Required above 2 GB. */
  readonly externalData?: string;
}

/** A dynamic size, with the dimension of each input that has it. */
export interface Axis {
  readonly name: string;
  /** The dimension of each input; null for those without. */
  readonly dims: readonly (number | null)[];
  /** The size in the example. */
  readonly size: number;
}

const listOfTexts = kinds.listOf(kinds.text);

export const readExportOptions = defineOptions<ExportOnnxOptions>({
  names: kinds.either(listOfTexts, kinds.object),
  dynamic: kinds.object as never,
  opset: kinds.wholeBetween(17, 23),
  modules: kinds.object as never,
  weights: kinds.oneOf(...WEIGHT_TYPES),
  externalData: kinds.text,
});

const readNames = defineOptions<{
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
}>({ inputs: listOfTexts, outputs: listOfTexts });

/** The names of all inputs, and those of outputs that are given. */
export function namesOf(
  given: ExportOnnxOptions['names'],
  count: number,
): { inputs: string[]; outputs: readonly string[] } {
  const { inputs = [], outputs = [] } = Array.isArray(given)
    ? { inputs: given as readonly string[] }
    : readNames('exportOnnx', given as { inputs?: readonly string[] } | undefined);
  const names = Array.from({ length: count }, (_, i) => inputs[i] ?? `arg${i}`);
  for (const list of [inputs.length > count ? inputs : names, outputs]) {
    if (list.length > count && list === inputs)
      throw new ChainruleError(
        `exportOnnx: ${plural(inputs.length, 'name')} for ${plural(count, 'input')}`,
      );
    if (new Set(list).size !== list.length || list.includes(''))
      throw new ChainruleError(`exportOnnx: names must differ and not be empty: ${display(list)}`);
  }
  return { inputs: names, outputs };
}

export function axesOf(
  dynamic: ExportOnnxOptions['dynamic'],
  args: readonly Tensor[],
  names: readonly string[],
): Axis[] {
  return Object.entries(dynamic ?? {}).map(([name, given]) => {
    const refuse = (why: string): never => {
      throw new ChainruleError(`exportOnnx: dynamic.${name}: ${why}`);
    };
    const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
    if (!isCount(given) && (typeof given !== 'object' || given === null))
      return refuse(
        `must be a dimension, or one for each input by its name, got ${display(given)}`,
      );
    if (typeof given === 'object') {
      const unknown = Object.keys(given).find((key) => !names.includes(key));
      if (unknown !== undefined) refuse(`there is no input '${unknown}' (${names.join(', ')})`);
    }
    const dims = args.map((x, i) => {
      const dim = typeof given === 'number' ? given : given[names[i] as string];
      if (dim === undefined || (typeof given === 'number' && dim >= x.ndim)) return null;
      if (isCount(dim) && dim < x.ndim) return dim;
      return refuse(
        `the input '${names[i]}' of shape [${x.shape.join(', ')}] has no dimension ${display(dim)}`,
      );
    });
    const sizes = args.flatMap((x, i) =>
      dims[i] === null ? [] : [x.shape[dims[i] as number] as number],
    );
    const [size] = sizes;
    if (size === undefined) return refuse('no input has it');
    if (sizes.some((n) => n !== size))
      refuse(
        `the inputs have different sizes there (${sizes.join(', ')}); name those that share it: { ${names[0]}: 0 }`,
      );
    return { name, dims, size };
  });
}

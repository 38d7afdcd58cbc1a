/** @file Weights that are computed from other parameters before each call: weight and spectral normalization. */
import {
  checkArgument,
  Cell,
  byPosition,
  ChainruleError,
  defineOptions,
  kinds,
  matmul,
  mv,
  noGrad,
  Parameter,
  randn,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { aModule, INTERNAL } from '../module/slots.js';
import { computed } from './computed.js';
import { asMatrix, follow, normsExcept, outputDim, scaledDirection, unit } from './norms.js';

type Fields = Record<string, unknown>;

/** The function that undoes each function. */
const REMOVED_BY: Readonly<Record<string, string>> = {
  weightNorm: 'removeWeightNorm',
  spectralNorm: 'removeSpectralNorm',
};

/** Removes a parameter from a module; from then on `compute` computes its value before each `forward`. */
function replace(
  op: string,
  module: Module,
  name: string,
  from: readonly string[],
  compute: (fields: Fields, training: boolean) => Tensor,
): Parameter {
  checkArgument(op, 'module', module, aModule);
  const fields = module as unknown as Fields;
  const weight: unknown = fields[name];
  if (!(weight instanceof Parameter)) {
    const hooks = module[INTERNAL].preHooks as Set<Partial<Replacing>>;
    const by = [...hooks].find((h) => h.replaces === name)?.by;
    throw new ChainruleError(
      `${op}: ${module.constructor.name} has no parameter "${name}"` +
        (by === undefined ? '' : `: ${by} computes it already`),
    );
  }
  delete fields[name];
  // The values for the module and for its clones, which share the hook.
  const values = new WeakMap<Module, Tensor>();
  const keep = (of: Module, value: Tensor): void => void values.set(of, computed(value, op, from));
  // Uses `this`, so that a clone has its own value.
  Object.defineProperty(module, name, {
    get(this: Module): Tensor | undefined {
      if (!values.has(this)) keep(this, noGrad(() => compute(this as never, false)).detach());
      return values.get(this);
    },
    set(this: Module) {
      const parts = from.map((part) => `"${part}"`).join(' and ');
      throw new ChainruleError(
        `${this.constructor.name}: "${name}" is computed from ${parts} by ${op} before each call, and cannot be ` +
          `assigned; assign to ${parts}, or make it a parameter again: ${REMOVED_BY[op] ?? ''}(module)`,
      );
    },
    configurable: true,
    enumerable: false,
  });
  const hook: Replacing = Object.assign(
    (of: Module) => keep(of, compute(of as unknown as Fields, of.training)),
    { replaces: name, by: op, compute },
  );
  module.registerForwardPreHook(hook);
  const parameter = weight as Parameter;
  keep(module, parameter.detach());
  return parameter;
}

/** The hook that computes a weight; clones have the same hook. */
type Replacing = ((of: Module) => void) & {
  readonly replaces: string;
  readonly by: string;
  readonly compute: (fields: Fields, training: boolean) => Tensor;
};

/** Makes a weight a parameter again, with its current value, and removes the parameters from which it was computed. */
function restore(op: string, by: string, module: Module, name: string, parts: string[]): void {
  checkArgument(op, 'module', module, aModule);
  checkArgument(op, 'name', name, kinds.text);
  const hooks = module[INTERNAL].preHooks as Set<Partial<Replacing>>;
  const hook = [...hooks].find((h) => h.replaces === name && h.by === by) as Replacing | undefined;
  if (hook === undefined) {
    throw new ChainruleError(
      `${op}: "${name}" of ${module.constructor.name} is not a weight that ${by} computes`,
    );
  }
  const fields = module as unknown as Fields;
  const { requiresGrad } = fields[`${name}_${parts[0]}`] as Tensor;
  const value = noGrad(() => hook.compute(fields, false)).detach();
  hooks.delete(hook);
  for (const part of [name, ...parts.map((p) => `${name}_${p}`)]) {
    delete fields[part];
    module[INTERNAL].buffers.delete(part);
  }
  module.registerParameter(name, new Parameter(value, { requiresGrad }));
}

/** Options of `weightNorm` and `removeWeightNorm`. */
export interface WeightOption {
  /** Which weight. Default `'weight'`. */
  readonly name?: string | undefined;
}

const readWeight = byPosition(defineOptions<WeightOption>({ name: kinds.text }), 'name');

/**
 * Undoes `weightNorm`: the weight is a parameter again, with its current value. Returns the module. PyTorch:
 * `nn.utils.remove_weight_norm`. @throws {ChainruleError} if it was not normalized.
 * @example removeWeightNorm(weightNorm(new Linear(2, 3))).parameters().length // 2
 */
export function removeWeightNorm<M extends Module>(module: M, name?: string | WeightOption): M {
  const { name: weight = 'weight' } = readWeight('removeWeightNorm', name);
  restore('removeWeightNorm', 'weightNorm', module, weight, ['g', 'v']);
  return module;
}

/**
 * Undoes `spectralNorm`: the weight is a parameter again, with its current value. Returns the module. PyTorch:
 * `nn.utils.remove_spectral_norm`. @throws {ChainruleError} if it was not normalized.
 * @example removeSpectralNorm(spectralNorm(new Linear(2, 3))).buffers().length // 0
 */
export function removeSpectralNorm<M extends Module>(module: M, name?: string | WeightOption): M {
  const { name: weight = 'weight' } = readWeight('removeSpectralNorm', name);
  restore('removeSpectralNorm', 'spectralNorm', module, weight, ['orig', 'u', 'v']);
  return module;
}

/** Options of `weightNorm`. */
export interface WeightNormOptions {
  /** Which parameter is replaced. Default `'weight'`. */
  readonly name?: string;
  /** The dimension that the norm leaves; null for one norm of all. Default 0. */
  readonly dim?: number | null;
}

/** @internal */
export const readWeightNorm = defineOptions<WeightNormOptions>({
  name: kinds.text,
  dim: kinds.orNull(kinds.dim),
});

/**
 * Replaces a weight by `g v / ‖v‖`, with the norm over all dimensions but `dim`, or over all for `dim: null`:
 * parameters `weight_g` and `weight_v` (Salimans & Kingma 2016). Returns the module. PyTorch: `nn.utils.weight_norm`;
 * checkpoints of its successor `nn.utils.parametrizations.weight_norm` need the function of that name.
 * @example weightNorm(new Linear(2, 3)).parameters().length // 3
 */
export function weightNorm<M extends Module>(module: M, options?: WeightNormOptions): M {
  const { name = 'weight', dim = 0 } = readWeightNorm('weightNorm', options);
  const weight = replace('weightNorm', module, name, [`${name}_g`, `${name}_v`], (own) =>
    scaledDirection(own[`${name}_g`] as Tensor, own[`${name}_v`] as Tensor, dim),
  );
  const [v, g] = [weight.detach(), noGrad(() => normsExcept(weight, dim))];
  module.registerParameter(`${name}_g`, new Parameter(g));
  module.registerParameter(`${name}_v`, new Parameter(v));
  return module;
}

/** Options of `spectralNorm`. */
export interface SpectralNormOptions {
  /** Which parameter is divided. Default `'weight'`. */
  readonly name?: string;
  /** Steps of the power iteration in each call in training mode. Default 1. */
  readonly nPowerIterations?: number;
  /** Added to norms, so that nothing is divided by 0. Default 1e-12. */
  readonly eps?: number;
  /** The dimension of the outputs. Default 1 for transposed convolutions, 0 for all others. */
  readonly dim?: number;
}

/** @internal */
export const readSpectralNorm = defineOptions<SpectralNormOptions>({
  name: kinds.text,
  nPowerIterations: kinds.count,
  eps: kinds.nonNegative,
  dim: kinds.dim,
});

/**
 * Divides a weight, seen as a matrix, by its largest singular value, which a power iteration estimates from call to
 * call: parameter `weight_orig`, buffers `weight_u` and `weight_v` (Miyato et al. 2018). Returns the module. PyTorch:
 * `nn.utils.spectral_norm`; checkpoints of its successor `nn.utils.parametrizations.spectral_norm` need the function of
 * that name.
 * @example
 * const layer = spectralNorm(new Linear(2, 3), { nPowerIterations: 50 });
 * layer.forward(zeros([1, 2]));
 * linalg.norm(layer.weight, 2) // 1.00
 */
export function spectralNorm<M extends Module>(module: M, options?: SpectralNormOptions): M {
  const {
    name = 'weight',
    nPowerIterations = 1,
    eps = 1e-12,
    dim = outputDim(module),
  } = readSpectralNorm('spectralNorm', options);
  const weight = replace('spectralNorm', module, name, [`${name}_orig`], (own, training) => {
    const original = own[`${name}_orig`] as Tensor;
    const matrix = asMatrix(original, dim);
    let [u, v] = [(own[`${name}_u`] as Tensor).detach(), (own[`${name}_v`] as Tensor).detach()];
    if (training) {
      noGrad(() => {
        for (let i = 0; i < nPowerIterations; i++) {
          v = follow(matrix.t(), u, eps);
          u = follow(matrix, v, eps);
        }
        for (const [key, value] of [
          ['u', u],
          ['v', v],
        ] as const) {
          const buffer = own[`${name}_${key}`];
          if (buffer instanceof Cell) buffer.assign(value);
        }
      });
    }
    return original.div(matmul(u, mv(matrix, v)));
  });
  const [rows, columns] = asMatrix(weight, dim).shape as unknown as readonly [number, number];
  module.registerParameter(`${name}_orig`, weight);
  noGrad(() => {
    module.registerBuffer(`${name}_u`, unit(randn([rows], { dtype: weight.dtype }), eps));
    module.registerBuffer(`${name}_v`, unit(randn([columns], { dtype: weight.dtype }), eps));
  });
  return module;
}

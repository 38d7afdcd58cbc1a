/** @file Weights that are computed from others before each call: weight and spectral normalization. */
import {
  Cell,
  ChainruleError,
  matmul,
  mv,
  noGrad,
  norm,
  normalize,
  Parameter,
  randn,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { computed } from './computed.js';

type Fields = Record<string, unknown>;

/** Takes a parameter out of a module; from then on `compute` gives its value before each `forward`. */
function replace(
  op: string,
  module: Module,
  name: string,
  from: readonly string[],
  compute: (fields: Fields, training: boolean) => Tensor,
): Parameter {
  const fields = module as unknown as Fields;
  const weight = fields[name];
  if (!(weight instanceof Parameter))
    throw new ChainruleError(`${op}: ${module.constructor.name} has no parameter "${name}"`);
  delete fields[name];
  Object.defineProperty(module, name, {
    value: undefined,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  module.registerForwardPreHook((of) => {
    const own = of as unknown as Fields;
    own[name] = computed(compute(own, of.training), op, from);
  });
  return weight as Parameter;
}

/**
 * Replaces a weight by `g v / ‖v‖`, with the norm over all dimensions but `dim`, or over all for `dim: null`: parameters
 * `weight_g` and `weight_v` (Salimans & Kingma 2016). Returns the module. PyTorch: `nn.utils.weight_norm`.
 */
export function weightNorm<M extends Module>(
  module: M,
  { name = 'weight', dim = 0 }: { readonly name?: string; readonly dim?: number | null } = {},
): M {
  const lengths = (v: Tensor): Tensor => {
    const kept = dim === null ? -1 : dim < 0 ? dim + v.ndim : dim;
    const dims = v.shape.map((_, d) => d).filter((d) => d !== kept);
    return dim === null ? norm(v) : norm(v, dims, { keepdim: true });
  };
  const fields = module as unknown as Fields;
  const weight = replace('weightNorm', module, name, [`${name}_g`, `${name}_v`], (own) => {
    const v = own[`${name}_v`] as Tensor;
    return v.mul((own[`${name}_g`] as Tensor).div(lengths(v)));
  });
  const [v, g] = [weight.detach(), noGrad(() => lengths(weight))];
  module.registerParameter(`${name}_g`, new Parameter(g));
  module.registerParameter(`${name}_v`, new Parameter(v));
  fields[name] = computed(v.detach(), 'weightNorm', [`${name}_g`, `${name}_v`]);
  return module;
}

export interface SpectralNormOptions {
  readonly name?: string;
  /** Steps of the power iteration in each call in training mode. */
  readonly nPowerIterations?: number;
  readonly eps?: number;
  /** The dimension of the outputs. */
  readonly dim?: number;
}

/**
 * Divides a weight, seen as a matrix, by its largest singular value, which a power iteration follows from call to call:
 * parameter `weight_orig`, buffers `weight_u` and `weight_v` (Miyato et al. 2018). Returns the module. PyTorch:
 * `nn.utils.spectral_norm`.
 */
export function spectralNorm<M extends Module>(
  module: M,
  { name = 'weight', nPowerIterations = 1, eps = 1e-12, dim = 0 }: SpectralNormOptions = {},
): M {
  const fields = module as unknown as Fields;
  const asMatrix = (w: Tensor): Tensor => {
    const front = dim === 0 ? w : w.movedim(dim, 0);
    const rows = front.shape[0] as number;
    return front.reshape([rows, front.size / rows]);
  };
  const unit = (x: Tensor): Tensor => normalize(x, { dim: 0, eps });
  const weight = replace('spectralNorm', module, name, [`${name}_orig`], (own, training) => {
    const original = own[`${name}_orig`] as Tensor;
    const matrix = asMatrix(original);
    let [u, v] = [(own[`${name}_u`] as Tensor).detach(), (own[`${name}_v`] as Tensor).detach()];
    if (training) {
      noGrad(() => {
        for (let i = 0; i < nPowerIterations; i++) {
          v = unit(mv(matrix.detach().t(), u));
          u = unit(mv(matrix.detach(), v));
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
  const matrix = asMatrix(weight);
  const [rows, columns] = matrix.shape as unknown as readonly [number, number];
  module.registerParameter(`${name}_orig`, weight);
  noGrad(() => {
    module.registerBuffer(`${name}_u`, unit(randn([rows], { dtype: weight.dtype })));
    module.registerBuffer(`${name}_v`, unit(randn([columns], { dtype: weight.dtype })));
  });
  fields[name] = computed(weight.detach(), 'spectralNorm', [`${name}_orig`]);
  return module;
}

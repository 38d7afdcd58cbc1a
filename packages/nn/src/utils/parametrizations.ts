/** @file `nn.utils.parametrizations`: weight and spectral normalization, each as a parametrization. */
import { matmul, mv, noGrad, normalize, randn, type Cell, type Tensor } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { INTERNAL } from '../module/slots.js';
import { toReplace } from './computed.js';
import { asMatrix, follow, normsExcept, outputDim, scaledDirection, unit } from './norms.js';
import { registerParametrization } from './parametrize.js';
import {
  readSpectralNorm,
  readWeightNorm,
  type SpectralNormOptions,
  type WeightNormOptions,
} from './reparametrize.js';

export { orthogonal, type OrthogonalOptions } from './orthogonal.js';

/** A weight as the product of its norms and its direction. */
class WeightNorm extends Module<[Tensor, Tensor], Tensor> {
  readonly dim: number | null;

  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }

  override forward(g: Tensor, v: Tensor): Tensor {
    return scaledDirection(g, v, this.dim);
  }

  rightInverse(weight: Tensor): readonly Tensor[] {
    return [normsExcept(weight, this.dim), weight];
  }
}

/**
 * Makes a weight `g v / ‖v‖`, with the norm over all dimensions but `dim`, or over all for `dim: null`; `g` and `v` are
 * learned, as `parametrizations.weight.original0` and `original1` (Salimans & Kingma 2016). Returns the module;
 * `nn.utils.parametrize.removeParametrizations` undoes it. PyTorch: `nn.utils.parametrizations.weight_norm`, with the
 * same keys.
 *
 * @throws {ChainruleError} if there is no such parameter.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(20, 40));
 */
export function weightNorm<M extends Module>(module: M, options?: WeightNormOptions): M {
  const { name = 'weight', dim = 0 } = readWeightNorm('weightNorm', options);
  toReplace('weightNorm', module, name);
  registerParametrization(module, name, new WeightNorm(dim), { unsafe: true });
  // As in PyTorch, state dictionaries of its older `nn.utils.weight_norm` can be loaded too.
  const formerKeys = (module[INTERNAL].formerKeys ??= new Map<string, string>());
  ['g', 'v'].forEach((part, i) =>
    formerKeys.set(`${name}_${part}`, `parametrizations.${name}.original${i}`),
  );
  return module;
}

/** A weight divided by its largest singular value. */
class SpectralNorm extends Module<[Tensor], Tensor> {
  declare readonly _u: Cell;
  declare readonly _v: Cell;

  readonly nPowerIterations: number;
  readonly eps: number;
  readonly dim: number;

  constructor(weight: Tensor, nPowerIterations: number, eps: number, dim: number) {
    super();
    this.nPowerIterations = nPowerIterations;
    this.eps = eps;
    this.dim = dim;
    if (weight.ndim < 2) return; // its norm is known without iterating
    noGrad(() => {
      const matrix = asMatrix(weight.detach(), dim);
      const [rows, columns] = matrix.shape as unknown as readonly [number, number];
      const random = (n: number): Tensor => unit(randn([n], { dtype: weight.dtype }), eps);
      this.registerBuffer('_u', random(rows));
      this.registerBuffer('_v', random(columns));
      this.iterate(matrix, 15);
    });
  }

  private iterate(matrix: Tensor, steps: number): void {
    let [u, v]: [Tensor, Tensor] = [this._u, this._v];
    for (let i = 0; i < steps; i++) {
      u = follow(matrix, v, this.eps);
      v = follow(matrix.t(), u, this.eps);
    }
    this._u.assign(u);
    this._v.assign(v);
  }

  override forward(weight: Tensor): Tensor {
    if (weight.ndim < 2) return normalize(weight, { dim: 0, eps: this.eps });
    const matrix = asMatrix(weight, this.dim);
    if (this.training) noGrad(() => this.iterate(matrix, this.nPowerIterations));
    return weight.div(matmul(this._u.detach(), mv(matrix, this._v.detach())));
  }

  rightInverse(weight: Tensor): Tensor {
    return weight;
  }
}

/**
 * Divides a weight, seen as a matrix, by its largest singular value, which is estimated by a power iteration that
 * advances whenever the weight is read in training mode; a vector is divided by its norm. The learned tensor is
 * `parametrizations.weight.original`; the vectors of the iteration are buffers, `parametrizations.weight.0._u` and `_v`
 * (Miyato et al. 2018). Returns the module; `nn.utils.parametrize.removeParametrizations` undoes it. PyTorch:
 * `nn.utils.parametrizations.spectral_norm`, with the same keys.
 *
 * @throws {ChainruleError} if there is no such parameter.
 * @example
 * const critic = nn.utils.parametrizations.spectralNorm(new nn.Conv2d(3, 8, 3));
 */
export function spectralNorm<M extends Module>(module: M, options?: SpectralNormOptions): M {
  const op = 'spectralNorm';
  const {
    name = 'weight',
    nPowerIterations = 1,
    eps = 1e-12,
    dim = outputDim(module),
  } = readSpectralNorm(op, options);
  const weight = toReplace(op, module, name);
  return registerParametrization(
    module,
    name,
    new SpectralNorm(weight, nPowerIterations, eps, dim),
  );
}

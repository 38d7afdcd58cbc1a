/** @file Layers that compare vectors, and local response normalization. */
import {
  checkArgument,
  defineOptions,
  kinds,
  cosineSimilarity,
  localResponseNorm,
  pairwiseDistance,
  type LocalResponseNormOptions,
  type PairwiseDistanceOptions,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

const similarityOptions = defineOptions<{ readonly dim?: number; readonly eps?: number }>({
  dim: kinds.dim,
  eps: kinds.nonNegative,
});
const distanceOptions = defineOptions<PairwiseDistanceOptions>({
  p: kinds.real,
  eps: kinds.finite,
  keepdim: kinds.flag,
});
const responseOptions = defineOptions<LocalResponseNormOptions>({
  alpha: kinds.finite,
  beta: kinds.finite,
  k: kinds.finite,
});

/**
 * `x1 · x2 / max(‖x1‖ ‖x2‖, eps)` along `dim`, by default 1. See `cosineSimilarity`. PyTorch: `nn.CosineSimilarity`.
 * @example new CosineSimilarity().forward(tensor([[1, 0]]), tensor([[1, 1]])) // [0.7071]
 */
export class CosineSimilarity extends Module {
  static override readonly inputs: readonly string[] = ['x1', 'x2'];

  /** The options it was made with. */
  readonly options: { readonly dim?: number; readonly eps?: number };

  constructor(options?: { readonly dim?: number; readonly eps?: number }) {
    super();
    this.options = similarityOptions('CosineSimilarity', options);
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.options);
  }
}

/**
 * `‖x1 − x2 + eps‖ₚ` along the last dimension. PyTorch: `nn.PairwiseDistance`.
 * @example new PairwiseDistance().forward(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export class PairwiseDistance extends Module {
  static override readonly inputs: readonly string[] = ['x1', 'x2'];

  /** The options it was made with. */
  readonly options: PairwiseDistanceOptions;

  constructor(options?: PairwiseDistanceOptions) {
    super();
    this.options = distanceOptions('PairwiseDistance', options);
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.options);
  }
}

/**
 * `x / (k + alpha · m)^beta`, with m the mean square of the neighbouring channels (Krizhevsky et al. 2012). PyTorch:
 * `nn.LocalResponseNorm`.
 * @example new LocalResponseNorm(2, { alpha: 1, beta: 1 }).forward(ones([1, 3, 1])) // [[[0.6667], [0.5], [0.5]]]
 */
export class LocalResponseNorm extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The number of neighbouring channels. */
  readonly neighbours: number;
  /** The options it was made with. */
  readonly options: LocalResponseNormOptions;

  constructor(size: number, options?: LocalResponseNormOptions) {
    super();
    this.neighbours = checkArgument('LocalResponseNorm', 'size', size, kinds.count);
    this.options = responseOptions('LocalResponseNorm', options);
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.neighbours, this.options);
  }

  override extraRepr(): string {
    return show({ size: this.neighbours, ...this.options });
  }
}

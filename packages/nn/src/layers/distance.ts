/** @file Layers that compare vectors, and one that damps a channel by its neighbours. */
import {
  cosineSimilarity,
  localResponseNorm,
  pairwiseDistance,
  type LocalResponseNormOptions,
  type PairwiseDistanceOptions,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';

/** `x1 · x2 / max(‖x1‖ ‖x2‖, eps)` along `dim`. PyTorch: `nn.CosineSimilarity`. */
export class CosineSimilarity extends Module {
  readonly options: { readonly dim?: number; readonly eps?: number };

  constructor(options: { readonly dim?: number; readonly eps?: number } = {}) {
    super();
    this.options = options;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.options);
  }
}

/** `‖x1 − x2 + eps‖ₚ` along the last dimension. PyTorch: `nn.PairwiseDistance`. */
export class PairwiseDistance extends Module {
  readonly options: PairwiseDistanceOptions;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.options);
  }
}

/** `x / (k + alpha · m)^beta`, m the mean of the squares of neighbouring channels. PyTorch: `nn.LocalResponseNorm`. */
export class LocalResponseNorm extends Module {
  readonly neighbours: number;
  readonly options: LocalResponseNormOptions;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    this.neighbours = size;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.neighbours, this.options);
  }

  override extraRepr(): string {
    return show({ size: this.neighbours, ...this.options });
  }
}

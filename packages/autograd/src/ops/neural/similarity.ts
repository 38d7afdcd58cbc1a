/** @file Vectors scaled to length 1, and the angle between them. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { broadcastShapes, normalizeDim } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, div, maximum, mul, sub } from '../elements/arithmetic.js';
import { expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { detach } from '../build/detach.js';
import { composite, floatOperand } from '../build/define.js';
import { vectorNorm } from '../linalg/vectorNorm.js';

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** The order of the norm. Default 2. */
  readonly p?: number;
  /** The dimension of the vectors. Default 1. */
  readonly dim?: number;
  /** The lower bound of the norm. Default 1e-12. */
  readonly eps?: number;
}

const normalizeOptions = defineOptions<NormalizeOptions>({
  p: kinds.real,
  dim: kinds.dim,
  eps: kinds.finite,
});

/**
 * `x / max(‖x‖ₚ, eps)` along `dim`. PyTorch: `nn.functional.normalize`.
 * @example normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export const normalize: (x: Tensor, options?: NormalizeOptions) => Tensor = composite(
  'normalize',
  (input, options): Tensor => {
    const { p = 2, dim = 1, eps = 1e-12 } = normalizeOptions('normalize', options);
    const x = floatOperand('normalize', input);
    const d = normalizeDim('normalize', dim, x.ndim);
    return div(x, maximum(vectorNorm(x, p, x.ndim === 0 ? [] : [d], true), eps));
  },
);

/** Options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** The dimension of the vectors. Default 1. */
  readonly dim?: number;
  /** The lower bound of each norm. Default 1e-8. */
  readonly eps?: number;
}

const similarityOptions = defineOptions<CosineSimilarityOptions>({
  dim: kinds.dim,
  eps: kinds.finite,
});

/**
 * `x · y / (max(‖x‖, eps) max(‖y‖, eps))` along `dim`, x and y broadcast. PyTorch:
 * `nn.functional.cosine_similarity`.
 * @example cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // [0.7071]
 */
export const cosineSimilarity: (x: Tensor, y: Tensor, options?: CosineSimilarityOptions) => Tensor =
  composite('cosineSimilarity', (x, y, options): Tensor => {
    const { dim = 1, eps = 1e-8 } = similarityOptions('cosineSimilarity', options);
    const [a, b] = [floatOperand('cosineSimilarity', x), floatOperand('cosineSimilarity', y)];
    const { length: ndim } = broadcastShapes('cosineSimilarity', a.sizes, b.sizes);
    const dims = ndim === 0 ? [] : [normalizeDim('cosineSimilarity', dim, ndim)];
    const aligned = [a, b].map((v) =>
      reshapeNode(v, [...new Array<number>(ndim - v.ndim).fill(1), ...v.sizes]),
    );
    const [u, v] = aligned.map((w, i) => {
      const other = aligned[1 - i] as Tensor;
      const wide = expandNode(
        w,
        w.sizes.map((n, d) => (dims.includes(d) && n === 1 ? other.sizes[d]! : n)),
      );
      const norm = vectorNorm(wide, 2, dims, true);
      // The bound changes only the value: PyTorch differentiates the norm as if there were no bound.
      const bounded = add(norm, detach(sub(maximum(norm, eps), norm)));
      return div(wide, bounded);
    }) as [Tensor, Tensor];
    return sumOver([mul(u, v)], { dims, keepdim: false });
  });

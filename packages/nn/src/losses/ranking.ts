/** @file Losses for distances and rankings. A target of 1 means "alike" or "first", −1 the opposite. */
import {
  checkArgument,
  clamp,
  eq,
  kinds,
  minimum,
  ne,
  norm,
  pairwiseDistance,
  ShapeError,
  sqrt,
  sub,
  type Tensor,
  where,
} from '@chainrule/autograd';
import { checkBroadcast } from '../broadcast.js';
import { checkTarget, checkTensors, reduce, type LossOptions } from './reduction.js';
import { marginOptions, tripletMarginOptions, tripletDistanceOptions } from './readers.js';

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** The margin. Default 0, or 1 for `hingeEmbeddingLoss`. */
  readonly margin?: number;
}

/**
 * With c the cosine similarity of two vectors, `[batch, features]` or `[features]`: `1 − c` where the target is 1
 * (alike), `max(0, c − margin)` where it is −1. PyTorch: `nn.functional.cosine_embedding_loss`.
 *
 * @example cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  const { margin = 0, reduction } = marginOptions('cosineEmbeddingLoss', options);
  checkTensors('cosineEmbeddingLoss', { input1, input2, target });
  const dim = target.ndim;
  if (dim > 1 || input1.ndim !== dim + 1 || input2.ndim !== dim + 1) {
    throw new ShapeError(
      `cosineEmbeddingLoss: expected [batch, n], [batch, n] and [batch], or [n], [n] and [], got ` +
        [input1, input2, target].map((t) => `[${t.shape.join(', ')}]`).join(', '),
    );
  }
  checkBroadcast('cosineEmbeddingLoss', { input1, input2 });
  const product = (x: Tensor, y: Tensor): Tensor => x.mul(y).sum(dim);
  const lengths = product(input1, input1).add(1e-12).mul(product(input2, input2).add(1e-12));
  const cosine = product(input1, input2).div(sqrt(lengths));
  checkBroadcast('cosineEmbeddingLoss', { cosine, target });
  const dissimilar = where(eq(target, -1), clamp(cosine.sub(margin), 0), 0);
  return reduce(
    'cosineEmbeddingLoss',
    where(eq(target, 1), cosine.neg().add(1), dissimilar),
    reduction,
  );
}

/** Options of `TripletMarginLoss` and `tripletMarginLoss`. */
export interface TripletMarginOptions extends MarginOptions {
  /** The order of the norm that measures distances. Default 2. */
  readonly p?: number;
  /** Added to differences, so that the distance between equal vectors has a derivative. Default 1e-6. */
  readonly eps?: number;
  /** Whether the distance from positive to negative counts instead where it is smaller. Default false. */
  readonly swap?: boolean;
}

/**
 * `max(0, d(anchor, positive) − d(anchor, negative) + margin)`, with distances along the last dimension (Balntas et
 * al. 2016). Default margin 1. PyTorch: `nn.functional.triplet_margin_loss`.
 *
 * @throws {ShapeError} if the three differ in their number of dimensions.
 * @example tripletMarginLoss(tensor([[0, 0]]), tensor([[0, 1]]), tensor([[0, 3]]), { margin: 4 }) // 2
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginOptions,
): Tensor {
  const {
    margin = 1,
    p = 2,
    eps = 1e-6,
    swap = false,
    reduction,
  } = tripletMarginOptions('tripletMarginLoss', options);
  checkTensors('tripletMarginLoss', { anchor, positive, negative });
  checkSameRank('tripletMarginLoss', { anchor, positive, negative });
  checkBroadcast('tripletMarginLoss', { anchor, positive });
  checkBroadcast('tripletMarginLoss', { anchor, negative });
  const distance = (x: Tensor, y: Tensor): Tensor => norm(sub(x, y).add(eps), { p, dim: -1 });
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const nearestNegative = swap ? minimum(far, distance(positive, negative)) : far;
  return reduce('tripletMarginLoss', clamp(near.sub(nearestNegative).add(margin), 0), reduction);
}

/** Options of `TripletMarginWithDistanceLoss` and `tripletMarginWithDistanceLoss`. */
export interface TripletDistanceOptions extends LossOptions {
  /** The distances between the vectors of two batches. Default `pairwiseDistance`. */
  readonly distanceFunction?: ((x: Tensor, y: Tensor) => Tensor) | null | undefined;
  /** By how much the negative should be farther away; positive. Default 1. */
  readonly margin?: number | undefined;
  /** Whether the distance from positive to negative counts instead where it is smaller. Default false. */
  readonly swap?: boolean | undefined;
}

/**
 * `tripletMarginLoss` with any distance function. PyTorch: `nn.functional.triplet_margin_with_distance_loss`.
 * @throws {ShapeError} if the three differ in their number of dimensions.
 * @example tripletMarginWithDistanceLoss(a, p, n, { distanceFunction: (x, y) => x.sub(y).abs().sum(-1) })
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletDistanceOptions,
): Tensor {
  const op = 'tripletMarginWithDistanceLoss';
  const {
    distanceFunction,
    margin = 1,
    swap = false,
    reduction,
  } = tripletDistanceOptions(op, options);
  checkArgument(op, 'anchor', anchor, kinds.tensor);
  checkArgument(op, 'positive', positive, kinds.tensor);
  checkArgument(op, 'negative', negative, kinds.tensor);
  checkSameRank(op, { anchor, positive, negative });
  const given = distanceFunction ?? ((x: Tensor, y: Tensor) => pairwiseDistance(x, y));
  const distance = (x: Tensor, y: Tensor): Tensor =>
    checkArgument(op, 'the result of distanceFunction', given(x, y), kinds.tensor);
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const nearestNegative = swap ? minimum(far, distance(positive, negative)) : far;
  return reduce(op, clamp(near.sub(nearestNegative).add(margin), 0), reduction);
}

/**
 * `max(0, −target (input1 − input2) + margin)`: a target of 1 asks for the first score to be higher, −1 for the
 * second. Default margin 0. PyTorch: `nn.functional.margin_ranking_loss`.
 *
 * @example marginRankingLoss(tensor([1, 2]), tensor([3, 1]), tensor([1, 1]), { reduction: 'none' }) // [2, 0]
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  const { margin = 0, reduction } = marginOptions('marginRankingLoss', options);
  checkTensors('marginRankingLoss', { input1, input2, target });
  checkSameRank('marginRankingLoss', { input1, input2, target });
  checkBroadcast('marginRankingLoss', { input1, input2 });
  checkTarget('marginRankingLoss', input1, target);
  return reduce(
    'marginRankingLoss',
    clamp(target.neg().mul(input1.sub(input2)).add(margin), 0),
    reduction,
  );
}

/**
 * `input` where the target is 1, `max(0, margin − input)` where it is −1. Default margin 1. PyTorch:
 * `nn.functional.hinge_embedding_loss`.
 *
 * @example hingeEmbeddingLoss(tensor([0.5, 0.5]), tensor([1, -1]), { reduction: 'none' }) // [0.5, 0.5]
 */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options?: MarginOptions): Tensor {
  const { margin = 1, reduction } = marginOptions('hingeEmbeddingLoss', options);
  checkTensors('hingeEmbeddingLoss', { input, target });
  checkTarget('hingeEmbeddingLoss', input, target);
  const dissimilar = where(ne(target, 1), clamp(input.neg().add(margin), 0), 0);
  const similar = where(ne(target, -1), input, 0);
  return reduce('hingeEmbeddingLoss', dissimilar.add(similar), reduction);
}

/** Tensors of different ranks would broadcast, and compare vectors that do not belong together. */
function checkSameRank(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  const all = Object.values(tensors);
  if (all.every((t) => t.ndim === all[0]?.ndim)) return;
  throw new ShapeError(
    `${op}: ${Object.keys(tensors).join(', ')} must have the same number of dimensions, got ` +
      all.map((t) => `[${t.shape.join(', ')}]`).join(', '),
  );
}

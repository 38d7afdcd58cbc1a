/** @file Losses of distances and ranks, as modules. */
import type { Tensor } from '@chainrule/autograd';
import type { AnyReader } from '../layers/layerOptions.js';
import * as f from './functions.js';
import { Loss } from './loss.js';
import * as read from './readers.js';

/**
 * Pairs of vectors pulled together (target 1) or apart (−1) by the cosine of their angle, as a module; see
 * `cosineEmbeddingLoss`. PyTorch: `nn.CosineEmbeddingLoss`.
 *
 * @example new nn.CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export class CosineEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/**
 * An anchor nearer to a positive than to a negative example by a margin, as a module; see `tripletMarginLoss`. PyTorch:
 * `nn.TripletMarginLoss`.
 *
 * @example new nn.TripletMarginLoss({ margin: 0.5 }).forward(anchor, positive, negative)
 */
export class TripletMarginLoss extends Loss<f.TripletMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletMarginOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/**
 * {@link TripletMarginLoss} with your own distance function, as a module; see `tripletMarginWithDistanceLoss`. PyTorch:
 * `nn.TripletMarginWithDistanceLoss`.
 *
 * @example new nn.TripletMarginWithDistanceLoss({ margin: 0.2 }).forward(anchor, positive, negative)
 */
export class TripletMarginWithDistanceLoss extends Loss<f.TripletDistanceOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletDistanceOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

/**
 * The first input ranked above the second (target 1) or below (−1) by a margin, as a module; see `marginRankingLoss`.
 * PyTorch: `nn.MarginRankingLoss`.
 *
 * @example new nn.MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])) // 2
 */
export class MarginRankingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.marginRankingLoss(input1, input2, target, this.options);
  }
}

/**
 * Distances kept small (target 1) or above a margin (−1), as a module; see `hingeEmbeddingLoss`. PyTorch:
 * `nn.HingeEmbeddingLoss`.
 *
 * @example new nn.HingeEmbeddingLoss().forward(tensor([0.25]), tensor([-1])) // 0.75
 */
export class HingeEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.hingeEmbeddingLoss(input, target, this.options);
  }
}

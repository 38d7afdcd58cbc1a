/** @file Normalization over a batch, with statistics that are kept for evaluation. */
import {
  checkArgument,
  defineOptions,
  kinds,
  type OptionsReader,
  batchNorm,
  Cell,
  type DType,
  noGrad,
  ones,
  type Parameter,
  ShapeError,
  type ShapeIn,
  type Tensor,
  type Unless,
  zeros,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import type { ChannelResult } from '../../shapes.js';
import { onesParameter, zerosParameter } from '../create.js';

/** Options of batch norm. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The share of a batch in the running statistics; null gives every batch the same share. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether there are a weight and a bias for each channel. */
  readonly affine?: boolean;
  /** Whether statistics are kept, and used in evaluation mode. */
  readonly trackRunningStats?: boolean;
  /** With `affine`: whether there is a bias. */
  readonly bias?: boolean;
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

/** Reads the options of all kinds of batch and instance normalization. */
export const batchNormOptions: OptionsReader<BatchNormOptions> = defineOptions<BatchNormOptions>({
  eps: kinds.nonNegative,
  momentum: kinds.orNull(kinds.fraction),
  affine: kinds.flag,
  trackRunningStats: kinds.flag,
  bias: kinds.flag,
  dtype: kinds.dtype,
});

/** Parameters and statistics for `[batch, features, …]`. */
export abstract class TrackedNorm extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly stateKeys: Readonly<Record<string, string>> = {
    runningMean: 'running_mean',
    runningVar: 'running_var',
    numBatchesTracked: 'num_batches_tracked',
  };

  /** The factor of each channel; null without `affine`. */
  readonly weight: Parameter | null;
  /** The summand of each channel; null without `affine`. */
  readonly bias: Parameter | null;
  /** The running mean; null without `trackRunningStats`. */
  readonly runningMean: Cell | null;
  /** The running variance; null without `trackRunningStats`. */
  readonly runningVar: Cell | null;
  /** How many batches the running statistics have seen; null without `trackRunningStats`. */
  readonly numBatchesTracked: Cell | null;
  /** Added to the variance, so that nothing is divided by 0. */
  readonly eps: number;
  /** The weight of the new statistics in the running ones; null for the plain mean of all batches. */
  readonly momentum: number | null;

  /** The number of channels. */
  readonly numFeatures: number;

  constructor(numFeatures: number, options: BatchNormOptions) {
    super();
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine,
      trackRunningStats: track,
      bias = true,
      dtype = 'float32',
    } = batchNormOptions(new.target.name, options);
    checkArgument(new.target.name, 'numFeatures', numFeatures, kinds.size);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine === true ? onesParameter([numFeatures], dtype) : null;
    this.bias = affine === true && bias ? zerosParameter([numFeatures], dtype) : null;
    this.runningMean =
      track === true ? this.registerBuffer('runningMean', zeros([numFeatures], { dtype })) : null;
    this.runningVar =
      track === true ? this.registerBuffer('runningVar', ones([numFeatures], { dtype })) : null;
    this.numBatchesTracked =
      track === true
        ? this.registerBuffer('numBatchesTracked', zeros([], { dtype: 'int32' }))
        : null;
  }

  /** Refuses another number of dimensions or channels; `unbatched` dimensions come without a batch. */
  protected check(x: Tensor, ranks: readonly number[], unbatched?: number): void {
    if (ranks.includes(x.ndim) && x.shape[x.ndim === unbatched ? 0 : 1] === this.numFeatures)
      return;
    throw new ShapeError(
      `${this.constructor.name}: expected ${ranks.join(' or ')} dimensions with ${this.numFeatures} channels, ` +
        `got shape [${x.shape.join(', ')}]`,
    );
  }

  override extraRepr(): string {
    return `${this.numFeatures}, ${show({
      eps: this.eps,
      momentum: this.momentum,
      affine: this.weight !== null,
      trackRunningStats: this.runningMean !== null,
    })}`;
  }
}

/**
 * `(x − mean) / √(var + eps) · weight + bias` for each channel, over the batch and all positions (Ioffe & Szegedy
 * 2015). In training mode mean and (biased) variance are the batch's, and the running ones move towards them, the
 * variance in its unbiased form; in evaluation mode the running ones are used.
 */
abstract class BatchNorm<const C extends number = number> extends TrackedNorm {
  /** What normalizes a batch in training instead of the layer; `@chainrule/distributed` puts the statistics of all ranks here. */
  normalizer: ((x: Tensor, momentum: number | Tensor) => Tensor) | null = null;

  constructor(numFeatures: C, options?: BatchNormOptions) {
    const given = batchNormOptions(new.target.name, options);
    super(numFeatures, { affine: true, trackRunningStats: true, ...given });
  }

  /** The share of this call in the running statistics, which the functions update. */
  private share(): { momentum?: number | Tensor } {
    if (!this.training || this.numBatchesTracked === null || this.runningMean === null) return {};
    const { numBatchesTracked: counter, runningMean } = this;
    return noGrad(() => {
      const count = counter.add(1);
      if (counter instanceof Cell) counter.assign(count);
      return { momentum: this.momentum ?? count.cast(runningMean.dtype).reciprocal() };
    });
  }

  protected normalize(x: Tensor): Tensor {
    const { runningMean, runningVar, weight, bias, eps } = this;
    const training = this.training || runningMean === null;
    if (training && this.normalizer !== null)
      return this.normalizer(x, this.share().momentum ?? 0.1);
    return batchNorm(x, runningMean, runningVar, weight, bias, { training, eps, ...this.share() });
  }
}

/** Batch normalization of `[batch, features]` or `[batch, features, length]`. PyTorch: `nn.BatchNorm1d`. */
export class BatchNorm1d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [2, 3]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

/** Batch normalization of `[batch, features, height, width]`. PyTorch: `nn.BatchNorm2d`. */
export class BatchNorm2d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [4]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

/** Batch normalization of `[batch, features, depth, height, width]`. PyTorch: `nn.BatchNorm3d`. */
export class BatchNorm3d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [5]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

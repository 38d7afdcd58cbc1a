/** @file Normalization over a batch, with running statistics for evaluation. */
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

/** Options of batch and instance normalization. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The weight of a batch in the running statistics; null gives all batches the same weight. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether each channel has a learned weight and bias. Default true; false for instance normalization. */
  readonly affine?: boolean;
  /** Whether running statistics are kept, for evaluation mode. Default true; false for instance normalization. */
  readonly trackRunningStats?: boolean;
  /** Whether there is a bias, if `affine`. Default true. */
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

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** The weight of each channel; null without `affine`. */
  weight: Parameter | null;
  /** The bias of each channel; null without `affine`. */
  bias: Parameter | null;
  /** The running mean; null without `trackRunningStats`. */
  readonly runningMean: Cell | null;
  /** The running variance; null without `trackRunningStats`. */
  readonly runningVar: Cell | null;
  /** The number of batches in the running statistics; null without `trackRunningStats`. */
  readonly numBatchesTracked: Cell | null;
  /** Added to the variance, which keeps the denominator away from 0. */
  readonly eps: number;
  /** The weight of a batch in the running statistics; null gives all batches the same weight. */
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

  /** Refuses other numbers of dimensions or channels; an input of `unbatched` dimensions has no batch. */
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
  /**
   * Normalizes a batch in training mode in place of the layer: `@chainrule/distributed` uses it for statistics of
   * all ranks.
   */
  normalizer: ((x: Tensor, momentum: number | Tensor) => Tensor) | null = null;

  constructor(numFeatures: C, options?: BatchNormOptions) {
    const given = batchNormOptions(new.target.name, options);
    super(numFeatures, { affine: true, trackRunningStats: true, ...given });
  }

  /** The weight of this call in the running statistics, which `batchNorm` updates. */
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

/**
 * Batch normalization (Ioffe & Szegedy 2015, arXiv:1502.03167) of `[batch, features]` or `[batch, features,
 * length]`; see {@link BatchNorm2d}. PyTorch: `nn.BatchNorm1d`.
 * @example new BatchNorm1d(1).forward(tensor([[1], [3]])).round() // [[-1], [1]]
 */
export class BatchNorm1d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [2, 3]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

/**
 * Batch normalization (Ioffe & Szegedy 2015, arXiv:1502.03167) of `[batch, features, height, width]`: `(x − mean) /
 * √(var + eps) · weight + bias` for each channel.
 *
 * In training mode the mean and (biased) variance are those of the batch and all positions, and the running
 * statistics move towards them, the variance in its unbiased form. In evaluation mode the running statistics are
 * used. PyTorch: `nn.BatchNorm2d`.
 *
 * @throws {ShapeError} for another number of dimensions or channels, or a single value for each channel in training
 * mode.
 * @example new BatchNorm2d(16).forward(randn([8, 16, 28, 28]))
 */
export class BatchNorm2d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [4]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

/**
 * Batch normalization of `[batch, features, depth, height, width]`; see {@link BatchNorm2d}. PyTorch:
 * `nn.BatchNorm3d`.
 * @example new BatchNorm3d(3).forward(randn([2, 3, 4, 4, 4])).shape // [2, 3, 4, 4, 4]
 */
export class BatchNorm3d<const C extends number = number> extends BatchNorm<C> {
  override forward<X extends Tensor>(
    x: X & Unless<ChannelResult<ShapeIn<X>, C>>,
  ): Tensor<ShapeIn<X>> {
    this.check(x, [5]);
    return this.normalize(x) as Tensor<ShapeIn<X>>;
  }
}

/** @file Normalization of each sample separately. */
import {
  checkArgument,
  defineOptions,
  kinds,
  ChainruleError,
  groupNorm,
  layerNorm,
  readList,
  rmsNorm,
  type Parameter,
  type Shape,
  type ShapeIn,
  type Tensor,
  type Unless,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import type { TrailingResult } from '../../shapes.js';
import { onesParameter, zerosParameter, type ParameterOptions } from '../create.js';

/** Options of `LayerNorm`. */
export interface LayerNormOptions extends ParameterOptions {
  /** Added to the variance, which keeps the denominator away from 0. */
  readonly eps?: number;
  /** Whether each element has a learned weight and bias. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias, if `elementwiseAffine`. Default true. */
  readonly bias?: boolean;
}

const layerNormOptions = defineOptions<LayerNormOptions>({
  eps: kinds.nonNegative,
  elementwiseAffine: kinds.flag,
  bias: kinds.flag,
  dtype: kinds.dtype,
});

const sizes = kinds.oneOrMore(kinds.size);

function asShape(name: string, size: number | readonly number[]): readonly number[] {
  const given = checkArgument(name, 'normalizedShape', size, sizes);
  if (typeof given === 'number') return [given];
  // Read by index, as the array's own iterator may be overridden.
  return readList(name, 'normalizedShape', given, kinds.size);
}

/**
 * `(x − mean) / √(var + eps) · weight + bias`, with the mean and (biased) variance over the last dimensions, whose
 * sizes are `normalizedShape` (Ba et al. 2016, arXiv:1607.06450). PyTorch: `nn.LayerNorm`.
 *
 * @throws {ShapeError} if the input's last dimensions are not `normalizedShape`.
 * @example new LayerNorm(64).forward(randn([8, 10, 64]))
 */
export class LayerNorm<
  const Sizes extends number | readonly number[] = number | readonly number[],
> extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The sizes of the last dimensions, which it normalizes over. */
  readonly normalizedShape: readonly number[];
  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** The weight of each element; null without `elementwiseAffine`. */
  weight: Parameter | null;
  /** The bias of each element; null without `elementwiseAffine` or `bias`. */
  bias: Parameter | null;
  /** Added to the variance, which keeps the denominator away from 0. */
  readonly eps: number;

  constructor(normalizedShape: Sizes, options?: LayerNormOptions) {
    super();
    const {
      eps = 1e-5,
      elementwiseAffine = true,
      bias = true,
      dtype,
    } = layerNormOptions('LayerNorm', options);
    this.normalizedShape = asShape('LayerNorm', normalizedShape);
    this.eps = eps;
    this.weight = elementwiseAffine ? onesParameter(this.normalizedShape, dtype) : null;
    this.bias = elementwiseAffine && bias ? zerosParameter(this.normalizedShape, dtype) : null;
  }

  override forward<X extends Tensor>(
    x: X & Unless<TrailingResult<ShapeIn<X>, Sizes>>,
  ): Tensor<ShapeIn<X>> {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, {
      eps: this.eps,
    }) as Tensor<ShapeIn<X>>;
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], ${show({ eps: this.eps, elementwiseAffine: this.weight !== null })}`;
  }
}

/** Options of `RMSNorm`. */
export type RMSNormOptions = Omit<LayerNormOptions, 'bias' | 'eps'> & {
  readonly eps?: number | null;
};

const rmsNormOptions = defineOptions<RMSNormOptions>({
  eps: kinds.orNull(kinds.nonNegative),
  elementwiseAffine: kinds.flag,
  dtype: kinds.dtype,
});

/**
 * `x / √(mean(x²) + eps) · weight`, with the mean over the last dimensions, whose sizes are `normalizedShape` (Zhang
 * & Sennrich 2019, arXiv:1910.07467). PyTorch: `nn.RMSNorm`.
 * @example new RMSNorm(2).forward(tensor([[3, 4]])) // [[0.8485, 1.1314]]
 */
export class RMSNorm<
  const Sizes extends number | readonly number[] = number | readonly number[],
> extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The sizes of the last dimensions, which it normalizes over. */
  readonly normalizedShape: readonly number[];
  static override readonly learned: readonly string[] = ['weight'];

  /** The weight of each element; null without `elementwiseAffine`. */
  weight: Parameter | null;

  private readonly options: RMSNormOptions;

  /** @param options `eps` defaults to the machine epsilon of the dtype. */
  constructor(normalizedShape: Sizes, options?: RMSNormOptions) {
    super();
    this.options = rmsNormOptions('RMSNorm', options);
    const { elementwiseAffine = true, dtype } = this.options;
    this.normalizedShape = asShape('RMSNorm', normalizedShape);
    this.weight = elementwiseAffine ? onesParameter(this.normalizedShape, dtype) : null;
  }

  override forward<X extends Tensor>(
    x: X & Unless<TrailingResult<ShapeIn<X>, Sizes>>,
  ): Tensor<ShapeIn<X>> {
    const { eps } = this.options;
    return rmsNorm(
      x,
      this.normalizedShape,
      this.weight,
      eps === undefined || eps === null ? {} : { eps },
    ) as Tensor<ShapeIn<X>>;
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], ${show({ eps: this.options.eps, elementwiseAffine: this.weight !== null })}`;
  }
}

/** Options of `GroupNorm`. */
export interface GroupNormOptions extends ParameterOptions {
  /** Added to the variance, which keeps the denominator away from 0. */
  readonly eps?: number;
  /** Whether each channel has a learned weight and bias. Default true. */
  readonly affine?: boolean;
}

const groupNormOptions = defineOptions<GroupNormOptions>({
  eps: kinds.nonNegative,
  affine: kinds.flag,
  dtype: kinds.dtype,
});

/**
 * Normalizes each group of channels of each sample of `[batch, channels, …]` (Wu & He 2018, arXiv:1803.08494).
 * PyTorch: `nn.GroupNorm`.
 *
 * @throws {ChainruleError} unless the groups divide the channels evenly.
 * @example new GroupNorm(4, 16).forward(randn([8, 16, 28, 28]))
 */
export class GroupNorm extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** The weight of each channel; null without `affine`. */
  weight: Parameter | null;
  /** The bias of each channel; null without `affine`. */
  bias: Parameter | null;
  /** Added to the variance, which keeps the denominator away from 0. */
  readonly eps: number;

  /** The number of groups that the channels are split into. */
  readonly numGroups: number;
  /** The number of channels. */
  readonly numChannels: number;

  constructor(numGroups: number, numChannels: number, options?: GroupNormOptions) {
    super();
    const { eps = 1e-5, affine = true, dtype } = groupNormOptions('GroupNorm', options);
    this.numGroups = checkArgument('GroupNorm', 'numGroups', numGroups, kinds.count);
    this.numChannels = checkArgument('GroupNorm', 'numChannels', numChannels, kinds.count);
    if (numChannels % numGroups !== 0) {
      throw new ChainruleError(
        `GroupNorm: ${numGroups} groups do not divide ${numChannels} channels`,
      );
    }
    this.eps = eps;
    this.weight = affine ? onesParameter([numChannels], dtype) : null;
    this.bias = affine ? zerosParameter([numChannels], dtype) : null;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps }) as Tensor<S>;
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, ${show({ eps: this.eps, affine: this.weight !== null })}`;
  }
}

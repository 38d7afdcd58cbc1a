/** @file Normalization of each sample by itself. */
import {
  ChainruleError,
  groupNorm,
  layerNorm,
  rmsNorm,
  type Parameter,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';
import { onesParameter, zerosParameter, type ParameterOptions } from './create.js';

export interface LayerNormOptions extends ParameterOptions {
  readonly eps?: number;
  /** Whether there are a weight and a bias for each element. */
  readonly elementwiseAffine?: boolean;
  /** With `elementwiseAffine`: whether there is a bias. */
  readonly bias?: boolean;
}

function asShape(size: number | readonly number[]): readonly number[] {
  return typeof size === 'number' ? [size] : size;
}

/**
 * `(x − mean) / √(var + eps) · weight + bias` over the last dimensions, which are `normalizedShape` (Ba et al. 2016).
 * PyTorch: `nn.LayerNorm`.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true, bias = true, dtype }: LayerNormOptions = {},
  ) {
    super();
    this.normalizedShape = asShape(normalizedShape);
    this.eps = eps;
    this.weight = elementwiseAffine ? onesParameter(this.normalizedShape, dtype) : null;
    this.bias = elementwiseAffine && bias ? zerosParameter(this.normalizedShape, dtype) : null;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, {
      eps: this.eps,
    }) as Tensor<S>;
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], ${show({ eps: this.eps, elementwiseAffine: this.weight !== null })}`;
  }
}

/** `x / √(mean(x²) + eps) · weight` over the last dimensions (Zhang & Sennrich 2019). PyTorch: `nn.RMSNorm`. */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly weight: Parameter | null;

  private readonly options: Omit<LayerNormOptions, 'bias' | 'eps'> & {
    readonly eps?: number | null;
  };

  /** @param options `eps` is the dtype's machine epsilon unless given. */
  constructor(
    normalizedShape: number | readonly number[],
    options: Omit<LayerNormOptions, 'bias' | 'eps'> & { readonly eps?: number | null } = {},
  ) {
    super();
    this.options = options;
    this.normalizedShape = asShape(normalizedShape);
    this.weight =
      options.elementwiseAffine === false
        ? null
        : onesParameter(this.normalizedShape, options.dtype);
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    const { eps } = this.options;
    return rmsNorm(
      x,
      this.normalizedShape,
      this.weight,
      eps === undefined || eps === null ? {} : { eps },
    ) as Tensor<S>;
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], ${show({ eps: this.options.eps, elementwiseAffine: this.weight !== null })}`;
  }
}

export interface GroupNormOptions extends ParameterOptions {
  readonly eps?: number;
  readonly affine?: boolean;
}

/** Normalization of groups of channels of `[batch, channels, …]`, one by one (Wu & He 2018). PyTorch: `nn.GroupNorm`. */
export class GroupNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  readonly numGroups: number;
  readonly numChannels: number;

  constructor(
    numGroups: number,
    numChannels: number,
    { eps = 1e-5, affine = true, dtype }: GroupNormOptions = {},
  ) {
    super();
    this.numGroups = numGroups;
    this.numChannels = numChannels;
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

/** @file Dropout of elements or whole channels, in training mode. */
import * as f from '@chainrule/autograd';
import {
  byPosition,
  defineOptions,
  kinds,
  ShapeError,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';

/** Options of the dropout layers. */
export interface DropoutOptions {
  /** The probability of dropping an element. Default 0.5. */
  readonly p?: number;
}

const dropoutOptions = byPosition(defineOptions<DropoutOptions>({ p: kinds.fraction }), 'p');

abstract class Dropping extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The probability of dropping an element. */
  readonly p: number;

  constructor(p?: number | DropoutOptions, options?: DropoutOptions) {
    super();
    this.p = dropoutOptions(new.target.name, p, options).p ?? 0.5;
  }

  /** Applies the function of the same name, in training mode. */
  protected drop<S extends Shape>(
    x: Tensor<S>,
    function_: (x: Tensor, p: number, options: { readonly training: boolean }) => Tensor,
  ): Tensor<S> {
    return function_(x, this.p, { training: this.training }) as Tensor<S>;
  }

  override extraRepr(): string {
    return show({ p: this.p });
  }
}

/**
 * In training mode, sets each element to 0 with probability p and multiplies the others by 1/(1 − p); in evaluation
 * mode, returns the input (Hinton et al. 2012, arXiv:1207.0580). PyTorch: `nn.Dropout`.
 *
 * @throws {ChainruleError} for a p outside of [0, 1].
 * @example new Dropout(0.2).forward(x)
 */
export class Dropout extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.drop(x, f.dropout);
  }
}

/**
 * As {@link Dropout}, but drops whole channels of `[batch, channels, length]` or `[channels, length]`. PyTorch:
 * `nn.Dropout1d`.
 * @example new Dropout1d().forward(ones([2, 3, 4])).amax(2) // 0 or 2 for each channel
 */
export class Dropout1d extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.drop(x, f.dropout1d);
  }
}

/**
 * As {@link Dropout}, but drops whole channels of `[batch, channels, …]`. PyTorch: `nn.Dropout2d`; as there, an
 * input of three dimensions is `[batch, channels, length]`.
 * @example new Dropout2d().forward(ones([2, 3, 4, 4])).amax([2, 3]) // 0 or 2 for each channel
 */
export class Dropout2d extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    if (x.ndim < 2)
      throw new ShapeError(
        `Dropout2d: expected at least 2 dimensions, got shape [${x.shape.join(', ')}]`,
      );
    const [n = 0, c = 0, ...rest] = x.shape;
    const positions = rest.reduce((a, b) => a * b, 1);
    return this.drop(x.reshape([n, c, positions]), f.dropout1d).reshape(
      x.shape,
    ) as Tensor as Tensor<S>;
  }
}

/**
 * As {@link Dropout}, but drops whole channels of `[batch, channels, depth, height, width]`, or without the batch.
 * PyTorch: `nn.Dropout3d`.
 * @example new Dropout3d().forward(ones([2, 3, 4, 4, 4])).amax([2, 3, 4]) // 0 or 2 for each channel
 */
export class Dropout3d extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.drop(x, f.dropout3d);
  }
}

/**
 * Dropout that keeps mean and variance, for networks with SELU (Klambauer et al. 2017). See `alphaDropout`. PyTorch:
 * `nn.AlphaDropout`.
 * @example new AlphaDropout(0.2).forward(randn([10000])).std() // about 1
 */
export class AlphaDropout extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.drop(x, f.alphaDropout);
  }
}

/**
 * As {@link AlphaDropout}, but drops whole channels of `[batch, channels, …]`. PyTorch: `nn.FeatureAlphaDropout`.
 * @example new FeatureAlphaDropout(0.5).forward(randn([2, 3, 4])).shape // [2, 3, 4]
 */
export class FeatureAlphaDropout extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.drop(x, f.featureAlphaDropout);
  }
}

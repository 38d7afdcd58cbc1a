/** @file Dropping elements, or whole channels, while training. */
import {
  bernoulli,
  ChainruleError,
  dropout,
  full,
  ShapeError,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';

export interface DropoutOptions {
  /** The probability of being dropped. Default 0.5. */
  readonly p?: number;
}

abstract class Dropping extends Module {
  readonly p: number;

  constructor(p: number | DropoutOptions = {}) {
    super();
    this.p = typeof p === 'number' ? p : (p.p ?? 0.5);
    if (!(this.p >= 0 && this.p <= 1)) {
      throw new ChainruleError(
        `${new.target.name}: p is a probability between 0 and 1, got ${this.p}`,
      );
    }
  }

  override extraRepr(): string {
    return show({ p: this.p });
  }
}

/**
 * In training mode each element is 0 with probability p, and else multiplied by 1/(1 − p); in evaluation mode nothing
 * happens (Hinton et al. 2012). PyTorch: `nn.Dropout`.
 */
export class Dropout extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.training ? (dropout(x, this.p) as Tensor<S>) : x;
  }
}

/** As `Dropout`, with whole channels of `[batch, channels, …]` dropped together. PyTorch: `nn.Dropout2d`. */
export class Dropout2d extends Dropping {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    if (x.ndim < 2)
      throw new ShapeError(
        `Dropout2d: expected at least 2 dimensions, got shape [${x.shape.join(', ')}]`,
      );
    if (!this.training || this.p === 0) return x;
    if (this.p === 1) return x.mul(0);
    const [n = 0, c = 0] = x.shape;
    const keep = bernoulli(
      full([n, c, ...new Array<number>(x.ndim - 2).fill(1)], 1 - this.p, { dtype: x.dtype }),
    );
    const scaled: Tensor = x.mul(keep.div(1 - this.p));
    return scaled as Tensor<S>;
  }
}

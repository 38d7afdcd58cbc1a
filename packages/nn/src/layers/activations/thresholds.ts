/** @file Activations with a threshold, and those with a random slope. */
import * as f from '@chainrule/autograd';
import {
  byPosition,
  ChainruleError,
  checkArgument,
  defineOptions,
  kinds,
  ShapeError,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { dimOption, type DimOption } from '../layerOptions.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

const hardshrinkOptions = byPosition(
  defineOptions<f.HardshrinkOptions>({ lambd: kinds.real }),
  'lambd',
);

/**
 * `x` where `|x| > lambd`, else 0. See `hardshrink`. PyTorch: `nn.Hardshrink`.
 * @example new Hardshrink().forward(tensor([-1, 0.2, 2])) // [-1, 0, 2]
 */
export class Hardshrink extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** Elements between −lambd and lambd become 0. */
  readonly lambd: number;

  /** @param lambd Default 0.5; also in an options object. */
  constructor(lambd?: number | f.HardshrinkOptions, options?: f.HardshrinkOptions) {
    super();
    this.lambd = hardshrinkOptions('Hardshrink', lambd, options).lambd ?? 0.5;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardshrink(x, { lambd: this.lambd });
  }

  override extraRepr(): string {
    return show({ lambd: this.lambd });
  }
}

/**
 * `x − tanh(x)`. PyTorch: `nn.Tanhshrink`.
 * @example new Tanhshrink().forward(tensor([0, 1])) // [0, 0.2384]
 */
export class Tanhshrink extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.tanhshrink(x);
  }
}

/**
 * `x` above a threshold, a fixed value elsewhere. See `threshold`. PyTorch: `nn.Threshold`.
 * @example new Threshold(0.1, 20).forward(tensor([-1, 2])) // [20, 2]
 */
export class Threshold extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** Elements above it are kept. */
  readonly threshold: number;
  /** What replaces the other elements. */
  readonly value: number;

  constructor(threshold: number, value: number) {
    super();
    this.threshold = checkArgument('Threshold', 'threshold', threshold, kinds.real);
    this.value = checkArgument('Threshold', 'value', value, kinds.number);
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.threshold(x, this.threshold, this.value);
  }

  override extraRepr(): string {
    return show({ threshold: this.threshold, value: this.value });
  }
}

/**
 * `softmax(−x)` along a dimension. PyTorch: `nn.Softmin`.
 * @example new Softmin({ dim: 0 }).forward(tensor([0, 0])) // [0.5, 0.5]
 */
export class Softmin extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension it works along. */
  readonly dim: number;

  /** @param dim Default: the last one. Also in an options object: `{ dim: 1 }`. */
  constructor(dim?: number | DimOption, options?: DimOption) {
    super();
    this.dim = dimOption('Softmin', dim, options).dim ?? -1;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softmin(x, this.dim);
  }

  override extraRepr(): string {
    return show({ dim: this.dim });
  }
}

/**
 * Softmax over the channels of `[batch, channels, height, width]` or `[channels, height, width]`. PyTorch:
 * `nn.Softmax2d`.
 * @example new Softmax2d().forward(zeros([1, 2, 1, 1])).flatten() // [0.5, 0.5]
 */
export class Softmax2d extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    if (x.ndim !== 3 && x.ndim !== 4) {
      throw new ShapeError(
        `Softmax2d: expected [batch, channels, height, width] or no batch, got [${x.shape.join(', ')}]`,
      );
    }
    return f.softmax(x, -3);
  }
}

/** The bounds of the slopes of `RReLU`. */
export interface RReLUBounds {
  /** Default 1/8. */
  readonly lower?: number;
  /** Default 1/3. */
  readonly upper?: number;
}

const rreluOptions = defineOptions<RReLUBounds>({ lower: kinds.finite, upper: kinds.finite });

/**
 * `x` where it is positive, else `a · x`: in training mode with a slope a drawn for each element between `lower` and
 * `upper`, in evaluation mode with their mean (Xu et al. 2015, arXiv:1505.00853). PyTorch: `nn.RReLU`.
 * @example new RReLU().eval().forward(tensor([-24, 1])) // [-5.5, 1]
 */
export class RReLU extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The smallest slope. */
  readonly lower: number;
  /** The largest slope. */
  readonly upper: number;

  constructor(options?: RReLUBounds) {
    super();
    const { lower = 1 / 8, upper = 1 / 3 } = rreluOptions('RReLU', options);
    if (lower > upper)
      throw new ChainruleError(`RReLU: lower ${lower} must be at most upper ${upper}`);
    this.lower = lower;
    this.upper = upper;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }

  override extraRepr(): string {
    return show({ lower: this.lower, upper: this.upper });
  }
}

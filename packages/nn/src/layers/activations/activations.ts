/** @file Every activation as a module: the function of the same name, with its options kept. */
import * as f from '@chainrule/autograd';
import {
  defineOptions,
  kinds,
  full,
  Parameter,
  type DType,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { dimOption, keeps, keptOptions, type AnyReader, type DimOption } from '../keptOptions.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

/** A module without parameters whose options are those of its function. */
abstract class Activation<O extends object = Record<string, never>> extends Module {
  static override readonly inputs: readonly string[] = ['x'];
  /** Reads the options; by default there are none. */
  protected static readonly reader: AnyReader = keeps({});

  /** What it was made with. */
  readonly options: O;

  constructor(options?: O) {
    super();
    this.options = keptOptions(new.target, options);
  }

  abstract override forward(x: Tensor): Tensor;

  override extraRepr(): string {
    return show(this.options as Record<string, unknown>);
  }
}

/** The second argument of a function. */
type OptionsOf<F extends (x: Tensor, options?: never) => Tensor> = NonNullable<Parameters<F>[1]>;

/** `max(x, 0)`. PyTorch: `nn.ReLU`. */
export class ReLU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.relu(x);
  }
}

/** `x` or `negativeSlope · x`. PyTorch: `nn.LeakyReLU`. */
export class LeakyReLU extends Activation<{ readonly negativeSlope?: number }> {
  protected static override readonly reader: AnyReader = keeps({
    negativeSlope: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.leakyRelu(x, this.options);
  }
}

/** `x` or `alpha (eˣ − 1)`. PyTorch: `nn.ELU`. */
export class ELU extends Activation<OptionsOf<typeof f.elu>> {
  protected static override readonly reader: AnyReader = keeps({
    alpha: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.elu(x, this.options);
  }
}

/** The self-normalizing ELU. PyTorch: `nn.SELU`. */
export class SELU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.selu(x);
  }
}

/** The continuously differentiable ELU. PyTorch: `nn.CELU`. */
export class CELU extends Activation<OptionsOf<typeof f.celu>> {
  protected static override readonly reader: AnyReader = keeps({
    alpha: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.celu(x, this.options);
  }
}

/** `x Φ(x)`, or its approximation with tanh. PyTorch: `nn.GELU`. */
export class GELU extends Activation<{ readonly approximate?: 'none' | 'tanh' }> {
  protected static override readonly reader: AnyReader = keeps({
    approximate: kinds.oneOf('none', 'tanh'),
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.gelu(x, this.options);
  }
}

/** `x sigmoid(x)`. PyTorch: `nn.SiLU`. */
export class SiLU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.silu(x);
  }
}

/** `x tanh(softplus(x))`. PyTorch: `nn.Mish`. */
export class Mish extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.mish(x);
  }
}

/** `1 / (1 + e⁻ˣ)`. PyTorch: `nn.Sigmoid`. */
export class Sigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.sigmoid(x);
  }
}

/** The hyperbolic tangent. PyTorch: `nn.Tanh`. */
export class Tanh extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.tanh(x);
  }
}

/** `ln(1 + e^(beta x)) / beta`. PyTorch: `nn.Softplus`. */
export class Softplus extends Activation<{ readonly beta?: number; readonly threshold?: number }> {
  protected static override readonly reader: AnyReader = keeps({
    beta: kinds.finite,
    threshold: kinds.real,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softplus(x, this.options);
  }
}

/** `x` moved into [minVal, maxVal]. PyTorch: `nn.Hardtanh`. */
export class Hardtanh extends Activation<OptionsOf<typeof f.hardtanh>> {
  protected static override readonly reader: AnyReader = keeps({
    minVal: kinds.real,
    maxVal: kinds.real,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardtanh(x, this.options);
  }
}

/** `x relu6(x + 3) / 6`. PyTorch: `nn.Hardswish`. */
export class Hardswish extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardswish(x);
  }
}

/** `relu6(x + 3) / 6`. PyTorch: `nn.Hardsigmoid`. */
export class Hardsigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardsigmoid(x);
  }
}

/** `min(max(x, 0), 6)`. PyTorch: `nn.ReLU6`. */
export class ReLU6 extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.relu6(x);
  }
}

/** `x / (1 + |x|)`. PyTorch: `nn.Softsign`. */
export class Softsign extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softsign(x);
  }
}

/** `x` moved towards 0 by `lambd`. PyTorch: `nn.Softshrink`. */
export class Softshrink extends Activation<{ readonly lambd?: number }> {
  protected static override readonly reader: AnyReader = keeps({
    lambd: kinds.nonNegative,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softshrink(x, this.options);
  }
}

/** `ln sigmoid(x)`. PyTorch: `nn.LogSigmoid`. */
export class LogSigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.logSigmoid(x);
  }
}

/** One half of `x` times the sigmoid of the other, along `dim`. PyTorch: `nn.GLU`. */
export class GLU extends Activation<{ readonly dim?: number }> {
  protected static override readonly reader: AnyReader = keeps({
    dim: kinds.dim,
  });

  override forward(x: Tensor): Tensor {
    return f.glu(x, this.options);
  }
}

/** Exponentials that sum to 1 along a dimension. PyTorch: `nn.Softmax`, where the dimension may be left out. */
export class Softmax extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension it works along. */
  readonly dim: number;

  /** The dimension, the last one if left out; also in braces: `{ dim: 1 }`. */
  constructor(dim?: number | DimOption, options?: DimOption) {
    super();
    this.dim = dimOption(new.target.name, dim, options).dim ?? -1;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softmax(x, this.dim);
  }

  override extraRepr(): string {
    return show({ dim: this.dim });
  }
}

/** The logarithm of `Softmax`. PyTorch: `nn.LogSoftmax`. */
export class LogSoftmax extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension it works along. */
  readonly dim: number;

  /** The dimension, the last one if left out; also in braces: `{ dim: 1 }`. */
  constructor(dim?: number | DimOption, options?: DimOption) {
    super();
    this.dim = dimOption(new.target.name, dim, options).dim ?? -1;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.logSoftmax(x, this.dim);
  }

  override extraRepr(): string {
    return show({ dim: this.dim });
  }
}

/** What `PReLU` takes. */
export interface PReLUOptions {
  /** 1, or the number of channels. Default 1. */
  readonly numParameters?: number;
  /** What the slopes start with. Default 0.25. */
  readonly init?: number;
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

const preluOptions = defineOptions<PReLUOptions>({
  numParameters: kinds.count,
  init: kinds.finite,
  dtype: kinds.dtype,
});

/** `x` or `weight · x`, with one slope, or one a channel, that is learned. PyTorch: `nn.PReLU`. */
export class PReLU extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The slope of negative elements: one, or one for each channel. */
  readonly weight: Parameter;

  constructor(options?: PReLUOptions) {
    super();
    const { numParameters = 1, init = 0.25, dtype = 'float32' } = preluOptions('PReLU', options);
    this.weight = new Parameter(full([numParameters], init, { dtype }));
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.prelu(x, this.weight);
  }

  override extraRepr(): string {
    return show({ numParameters: this.weight.size });
  }
}

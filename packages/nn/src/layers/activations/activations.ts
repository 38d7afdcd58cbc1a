/** @file The activations as modules: each keeps the options of the function of the same name. */
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
import {
  dimOption,
  optionsReader,
  layerOptions,
  type AnyReader,
  type DimOption,
} from '../layerOptions.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

/** A module without parameters that keeps the options of its function. */
abstract class Activation<O extends object = Record<string, never>> extends Module {
  static override readonly inputs: readonly string[] = ['x'];
  /** Reads the options. By default there are none. */
  protected static readonly reader: AnyReader = optionsReader({});

  /** The options it was made with. */
  readonly options: O;

  constructor(options?: O) {
    super();
    this.options = layerOptions(new.target, options);
  }

  abstract override forward(x: Tensor): Tensor;

  override extraRepr(): string {
    return show(this.options as Record<string, unknown>);
  }
}

/** The second argument of a function. */
type OptionsOf<F extends (x: Tensor, options?: never) => Tensor> = NonNullable<Parameters<F>[1]>;

/**
 * `max(x, 0)`, with derivative 0 at 0. PyTorch: `nn.ReLU`.
 * @example new ReLU().forward(tensor([-1, 2])) // [0, 2]
 */
export class ReLU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.relu(x);
  }
}

/**
 * `x` where it is positive, else `negativeSlope · x`. Default slope 0.01. PyTorch: `nn.LeakyReLU`.
 * @example new LeakyReLU({ negativeSlope: 0.1 }).forward(tensor([-1, 2])) // [-0.1, 2]
 */
export class LeakyReLU extends Activation<{ readonly negativeSlope?: number }> {
  protected static override readonly reader: AnyReader = optionsReader({
    negativeSlope: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.leakyRelu(x, this.options);
  }
}

/**
 * `x` where it is positive, else `alpha (eˣ − 1)` (Clevert et al. 2016). Default alpha 1. PyTorch: `nn.ELU`.
 * @example new ELU().forward(tensor([-1, 2])) // [-0.6321, 2]
 */
export class ELU extends Activation<OptionsOf<typeof f.elu>> {
  protected static override readonly reader: AnyReader = optionsReader({
    alpha: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.elu(x, this.options);
  }
}

/**
 * The self-normalizing ELU (Klambauer et al. 2017); see `selu`. PyTorch: `nn.SELU`.
 * @example new SELU().forward(tensor([-1, 2])) // [-1.1113, 2.1014]
 */
export class SELU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.selu(x);
  }
}

/**
 * The continuously differentiable ELU (Barron 2017); see `celu`. Default alpha 1. PyTorch: `nn.CELU`.
 * @example new CELU({ alpha: 2 }).forward(tensor([-1, 2])) // [-0.7869, 2]
 */
export class CELU extends Activation<OptionsOf<typeof f.celu>> {
  protected static override readonly reader: AnyReader = optionsReader({
    alpha: kinds.finite,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.celu(x, this.options);
  }
}

/**
 * `x Φ(x)`, or its approximation with tanh (Hendrycks & Gimpel 2016). PyTorch: `nn.GELU`.
 * @example new GELU({ approximate: 'tanh' }).forward(tensor([-1, 2])) // [-0.1588, 1.9546]
 */
export class GELU extends Activation<{ readonly approximate?: 'none' | 'tanh' }> {
  protected static override readonly reader: AnyReader = optionsReader({
    approximate: kinds.oneOf('none', 'tanh'),
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.gelu(x, this.options);
  }
}

/**
 * `x sigmoid(x)`. PyTorch: `nn.SiLU`.
 * @example new SiLU().forward(tensor([-1, 2])) // [-0.2689, 1.7616]
 */
export class SiLU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.silu(x);
  }
}

/**
 * `x tanh(softplus(x))`. PyTorch: `nn.Mish`.
 * @example new Mish().forward(tensor([-1, 2])) // [-0.3034, 1.9440]
 */
export class Mish extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.mish(x);
  }
}

/**
 * `1 / (1 + e⁻ˣ)`. PyTorch: `nn.Sigmoid`.
 * @example new Sigmoid().forward(tensor([0, 1])) // [0.5, 0.7311]
 */
export class Sigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.sigmoid(x);
  }
}

/**
 * The hyperbolic tangent. PyTorch: `nn.Tanh`.
 * @example new Tanh().forward(tensor([0, 1])) // [0, 0.7616]
 */
export class Tanh extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.tanh(x);
  }
}

/**
 * `ln(1 + e^(beta x)) / beta`. PyTorch: `nn.Softplus`.
 * @example new Softplus().forward(tensor([0, 100])) // [0.6931, 100]
 */
export class Softplus extends Activation<{ readonly beta?: number; readonly threshold?: number }> {
  protected static override readonly reader: AnyReader = optionsReader({
    beta: kinds.finite,
    threshold: kinds.real,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softplus(x, this.options);
  }
}

/**
 * `x` clamped to [minVal, maxVal], by default [−1, 1]. PyTorch: `nn.Hardtanh`.
 * @example new Hardtanh().forward(tensor([-3, 0.5, 3])) // [-1, 0.5, 1]
 */
export class Hardtanh extends Activation<OptionsOf<typeof f.hardtanh>> {
  protected static override readonly reader: AnyReader = optionsReader({
    minVal: kinds.real,
    maxVal: kinds.real,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardtanh(x, this.options);
  }
}

/**
 * `x relu6(x + 3) / 6`. PyTorch: `nn.Hardswish`.
 * @example new Hardswish().forward(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export class Hardswish extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardswish(x);
  }
}

/**
 * `relu6(x + 3) / 6`. PyTorch: `nn.Hardsigmoid`.
 * @example new Hardsigmoid().forward(tensor([-4, 0, 1])) // [0, 0.5, 0.6667]
 */
export class Hardsigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.hardsigmoid(x);
  }
}

/**
 * `min(max(x, 0), 6)`. PyTorch: `nn.ReLU6`.
 * @example new ReLU6().forward(tensor([-1, 3, 8])) // [0, 3, 6]
 */
export class ReLU6 extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.relu6(x);
  }
}

/**
 * `x / (1 + |x|)`. PyTorch: `nn.Softsign`.
 * @example new Softsign().forward(tensor([-1, 3])) // [-0.5, 0.75]
 */
export class Softsign extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softsign(x);
  }
}

/**
 * `x` moved towards 0 by `lambd`, 0 where `|x| ≤ lambd`. Default 0.5. PyTorch: `nn.Softshrink`.
 * @example new Softshrink().forward(tensor([-1, 0.2, 2])) // [-0.5, 0, 1.5]
 */
export class Softshrink extends Activation<{ readonly lambd?: number }> {
  protected static override readonly reader: AnyReader = optionsReader({
    lambd: kinds.nonNegative,
  });

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.softshrink(x, this.options);
  }
}

/**
 * `ln sigmoid(x)`. PyTorch: `nn.LogSigmoid`.
 * @example new LogSigmoid().forward(tensor([-1000, 0])) // [-1000, -0.6931]
 */
export class LogSigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return f.logSigmoid(x);
  }
}

/**
 * The first half of `x` along `dim` (default −1) times the sigmoid of the second half (Dauphin et al. 2017).
 * PyTorch: `nn.GLU`.
 * @example new GLU().forward(tensor([3, 5, 0, 0])) // [1.5, 2.5]
 */
export class GLU extends Activation<{ readonly dim?: number }> {
  protected static override readonly reader: AnyReader = optionsReader({
    dim: kinds.dim,
  });

  override forward(x: Tensor): Tensor {
    return f.glu(x, this.options);
  }
}

/**
 * `eˣ / Σ eˣ` along a dimension. PyTorch: `nn.Softmax`; there the default dimension depends on the rank, here it is
 * the last.
 * @example new Softmax({ dim: 1 }).forward(tensor([[0, 0]])) // [[0.5, 0.5]]
 */
export class Softmax extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension it works along. */
  readonly dim: number;

  /** @param dim Default: the last one. Also in an options object: `{ dim: 1 }`. */
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

/**
 * `x − ln Σ eˣ` along a dimension: the logarithm of {@link Softmax}, without overflow. PyTorch: `nn.LogSoftmax`.
 * @example new LogSoftmax({ dim: 1 }).forward(tensor([[0, 0]])) // [[-0.6931, -0.6931]]
 */
export class LogSoftmax extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension it works along. */
  readonly dim: number;

  /** @param dim Default: the last one. Also in an options object: `{ dim: 1 }`. */
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

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** The number of slopes: 1, or the number of channels. Default 1. */
  readonly numParameters?: number;
  /** The initial slope. Default 0.25. */
  readonly init?: number;
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

const preluOptions = defineOptions<PReLUOptions>({
  numParameters: kinds.count,
  init: kinds.finite,
  dtype: kinds.dtype,
});

/**
 * `x` where it is positive, else `weight · x`, with a learned slope: one, or one for each channel (He et al. 2015).
 * PyTorch: `nn.PReLU`.
 * @example new PReLU().forward(tensor([-2, 3])) // [-0.5, 3]
 */
export class PReLU extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly learned: readonly string[] = ['weight'];

  /** The slope of negative elements: `[1]` or `[channels]`. */
  weight: Parameter;

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

/** @file Fills parameters with random numbers from a distribution, or with constants. PyTorch: `torch.nn.init`. */
import {
  checkArgument,
  defineOptions,
  kinds,
  ChainruleError,
  randn,
  ShapeError,
  type Cell,
  type Tensor,
} from '@chainrule/autograd';
import * as autograd from '@chainrule/autograd';
import { checkFillable } from '../utils/computed.js';
import { fill, uniformOf } from './fill.js';

type Shape = readonly number[];

/** Options of `uniform`. */
export interface UniformOptions {
  /** The lower bound. Default 0. */
  readonly a?: number;
  /** The upper bound. Default 1. */
  readonly b?: number;
}

const uniformOptions = defineOptions<UniformOptions>({ a: kinds.finite, b: kinds.finite });

/**
 * Fills a parameter from the uniform distribution on [a, b), by default [0, 1). PyTorch: `init.uniform_`.
 *
 * @example nn.init.uniform(layer.weight, { a: -0.1, b: 0.1 });
 */
export function uniform<C extends Cell>(parameter: C, options?: UniformOptions): C {
  const { a = 0, b = 1 } = uniformOptions('uniform', options);
  if (a > b) throw new ChainruleError(`uniform: a must be at most b, got a ${a} and b ${b}`);
  return fill('uniform', parameter, () => uniformOf(parameter.shape, a, b, parameter.dtype));
}

/** Options of `normal`. */
export interface NormalOptions {
  /** The mean. Default 0. */
  readonly mean?: number;
  /** The standard deviation. Default 1. */
  readonly std?: number;
}

const normalOptions = defineOptions<NormalOptions>({ mean: kinds.finite, std: kinds.nonNegative });

/**
 * Fills a parameter from the normal distribution N(mean, std²), by default N(0, 1). PyTorch: `init.normal_`.
 *
 * @example nn.init.normal(layer.weight, { std: 0.02 });
 */
export function normal<C extends Cell>(parameter: C, options?: NormalOptions): C {
  const { mean = 0, std = 1 } = normalOptions('normal', options);
  return fill('normal', parameter, () =>
    randn(parameter.shape, { dtype: parameter.dtype }).mul(std).add(mean),
  );
}

/** Fills a parameter with one value. PyTorch: `init.constant_`. @example nn.init.constant(layer.bias, 0.1); */
export function constant<C extends Cell>(parameter: C, value: number): C {
  checkArgument('constant', 'value', value, kinds.number);
  return fill('constant', parameter, () => value);
}

/** Fills a parameter with zeros. PyTorch: `init.zeros_`. @example nn.init.zeros(layer.bias); */
export function zeros<C extends Cell>(parameter: C): C {
  return fill('zeros', parameter, () => 0);
}

/** Fills a parameter with ones. PyTorch: `init.ones_`. @example nn.init.ones(norm.weight); */
export function ones<C extends Cell>(parameter: C): C {
  return fill('ones', parameter, () => 1);
}

/**
 * Fills a matrix with ones on its diagonal and zeros elsewhere: the layer begins as the identity. PyTorch: `init.eye_`.
 *
 * @example nn.init.eye(layer.weight);
 */
export function eye<C extends Cell>(parameter: C): C {
  checkFillable('eye', parameter);
  const [n = 0, m = 0] = matrixShape('eye', parameter);
  return fill('eye', parameter, () => autograd.eye(n, m, { dtype: parameter.dtype }));
}

/** Options of `truncNormal`. */
export interface TruncNormalOptions extends NormalOptions {
  /** The lower bound. Default −2. */
  readonly a?: number;
  /** The upper bound. Default 2. */
  readonly b?: number;
}

const truncNormalOptions = defineOptions<TruncNormalOptions>({
  ...normalOptions.table,
  ...uniformOptions.table,
  std: kinds.positive,
});

/**
 * Fills a parameter from the normal distribution N(mean, std²) restricted to [a, b], by default [−2, 2]. PyTorch:
 * `init.trunc_normal_`.
 *
 * @example nn.init.truncNormal(layer.weight, { std: 0.02 });
 */
export function truncNormal<C extends Cell>(parameter: C, options?: TruncNormalOptions): C {
  const { mean = 0, std = 1, a = -2, b = 2 } = truncNormalOptions('truncNormal', options);
  if (a > b) throw new ChainruleError(`truncNormal: a must be at most b, got a ${a} and b ${b}`);
  return fill('truncNormal', parameter, () => {
    // Uniform between the values of the distribution function at the bounds, then through its inverse.
    const { dtype, shape } = parameter;
    const bounds = autograd.tensor([a, b], { dtype: 'float64' });
    const [low = 0, high = 0] = autograd.erf(bounds.sub(mean).div(std * Math.SQRT2)).dataSync();
    return autograd
      .erfinv(uniformOf(shape, low, high, dtype))
      .mul(std * Math.SQRT2)
      .add(mean)
      .clamp(a, b);
  });
}

function matrixShape(op: string, { shape }: Tensor): Shape {
  if (shape.length !== 2)
    throw new ShapeError(`${op}: expected a matrix, got shape [${shape.join(', ')}]`);
  return shape;
}

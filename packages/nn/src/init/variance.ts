/** @file Fills weights so that values keep their variance from layer to layer. PyTorch: `torch.nn.init`. */
import {
  checkArgument,
  defineOptions,
  kinds,
  randn,
  ShapeError,
  type Kind,
  type Cell,
} from '@chainrule/autograd';
import * as autograd from '@chainrule/autograd';
import { checkFillable } from '../utils/computed.js';
import { uniform, normal } from './distributions.js';
import { fill } from './fill.js';

type Shape = readonly number[];

/** What `calculateGain` knows: names of functions in camelCase. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'leaky_relu'
  | 'selu';

/** Options of `xavierUniform`, `xavierNormal` and `orthogonal`. */
export interface GainOptions {
  /** What everything is multiplied by; see `calculateGain`. Default 1. */
  readonly gain?: number;
}

const gainOptions = defineOptions<GainOptions>({ gain: kinds.finite });

/**
 * Fills a weight uniformly on ±gain √(6 / (fanIn + fanOut)), which keeps the variance in both directions through tanh (Glorot &
 * Bengio 2010). PyTorch: `init.xavier_uniform_`.
 *
 * @throws {ShapeError} for fewer than two dimensions.
 * @example nn.init.xavierUniform(layer.weight, { gain: nn.init.calculateGain('tanh') });
 */
export function xavierUniform<C extends Cell>(parameter: C, options?: GainOptions): C {
  const { gain = 1 } = gainOptions('xavierUniform', options);
  checkFillable('xavierUniform', parameter);
  const { fanIn, fanOut } = fans('xavierUniform', parameter.shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(parameter, { a: -bound, b: bound });
}

/**
 * As {@link xavierUniform}, from the normal distribution with standard deviation gain √(2 / (fanIn + fanOut)). PyTorch:
 * `init.xavier_normal_`.
 *
 * @example nn.init.xavierNormal(layer.weight);
 */
export function xavierNormal<C extends Cell>(parameter: C, options?: GainOptions): C {
  const { gain = 1 } = gainOptions('xavierNormal', options);
  checkFillable('xavierNormal', parameter);
  const { fanIn, fanOut } = fans('xavierNormal', parameter.shape);
  return normal(parameter, { std: gain * Math.sqrt(2 / (fanIn + fanOut)) });
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions {
  /** The negative slope of the leaky ReLU that follows; 0 for ReLU. */
  readonly a?: number;
  /**
   * Whether the variance is kept in the forward pass (`'fanIn'`, the default) or in the backward pass. PyTorch's
   * spelling works too.
   */
  readonly mode?: 'fanIn' | 'fanOut' | 'fan_in' | 'fan_out';
  /** The activation that follows. Default `'leakyRelu'`. */
  readonly nonlinearity?: Nonlinearity;
}

const kaimingOptions = defineOptions<KaimingOptions>({
  a: kinds.finite,
  mode: {
    ...kinds.oneOf('fanIn', 'fanOut', 'fan_in', 'fan_out'),
    must: "be 'fanIn' or 'fanOut'",
  },
  nonlinearity: kinds.text as Kind<Nonlinearity>,
});

/**
 * Fills a weight uniformly on ±gain √(3 / fan), which keeps the variance through ReLUs (He et al. 2015). PyTorch:
 * `init.kaiming_uniform_`.
 *
 * @throws {ShapeError} for fewer than two dimensions.
 * @example nn.init.kaimingUniform(layer.weight, { nonlinearity: 'relu' });
 */
export function kaimingUniform<C extends Cell>(parameter: C, options?: KaimingOptions): C {
  checkFillable('kaimingUniform', parameter);
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', parameter.shape, options);
  return uniform(parameter, { a: -bound, b: bound });
}

/**
 * As {@link kaimingUniform}, from the normal distribution with standard deviation gain / √fan. PyTorch:
 * `init.kaiming_normal_`.
 *
 * @example nn.init.kaimingNormal(layer.weight, { mode: 'fanOut', nonlinearity: 'relu' });
 */
export function kaimingNormal<C extends Cell>(parameter: C, options?: KaimingOptions): C {
  checkFillable('kaimingNormal', parameter);
  return normal(parameter, { std: kaimingStd('kaimingNormal', parameter.shape, options) });
}

function kaimingStd(op: string, shape: Shape, options: KaimingOptions | undefined): number {
  const { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' } = kaimingOptions(op, options);
  const { fanIn, fanOut } = fans(op, shape);
  const fan = { fanIn, fan_in: fanIn, fanOut, fan_out: fanOut }[mode];
  return calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

/**
 * Fills a weight with a matrix of orthonormal rows or columns, whichever are fewer, times `gain`; trailing dimensions are
 * flattened (Saxe et al. 2013). PyTorch: `init.orthogonal_`.
 *
 * @throws {ShapeError} for fewer than two dimensions.
 * @example nn.init.orthogonal(layer.weight, { gain: 0.5 });
 */
export function orthogonal<C extends Cell>(parameter: C, options?: GainOptions): C {
  const { gain = 1 } = gainOptions('orthogonal', options);
  checkFillable('orthogonal', parameter);
  if (parameter.ndim < 2) throw tooFlat('orthogonal', parameter.shape);
  const rows = parameter.shape[0] as number;
  const columns = rows === 0 ? 0 : parameter.size / rows;
  return fill('orthogonal', parameter, () => {
    if (parameter.size === 0) return 0;
    const [tall, wide] = rows < columns ? [columns, rows] : [rows, columns];
    const { Q, R } = autograd.linalg.qr(randn([tall, wide], { dtype: parameter.dtype }));
    // With the signs of R's diagonal, Q is uniformly distributed.
    const q = Q.mul(autograd.diagonal(R).sign());
    return (rows < columns ? q.t() : q).reshape(parameter.shape).mul(gain);
  });
}

/**
 * The factor that keeps the variance through a nonlinearity: `gain` of the functions above. PyTorch: `init.calculate_gain`.
 *
 * @example nn.init.calculateGain('tanh') // 1.6667
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkArgument('calculateGain', 'slope', slope, kinds.finite);
  const leaky = Math.sqrt(2 / (1 + slope ** 2));
  const gains: Readonly<Record<Nonlinearity, number>> = {
    linear: 1,
    conv1d: 1,
    conv2d: 1,
    conv3d: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: leaky,
    leaky_relu: leaky,
    selu: 3 / 4,
  };
  const known = kinds.oneOf(...Object.keys(gains));
  checkArgument('calculateGain', 'nonlinearity', nonlinearity, known);
  return gains[nonlinearity];
}

const shortText = kinds.kind<string>(
  'be a name of at most 100 characters',
  (x) => typeof x === 'string' && x.length <= 100,
);

/**
 * Fan-in and fan-out: how many inputs an output has and how many outputs an input has, for a weight `[out, in,
 * …kernel]`.
 * @example nn.init.fans('myInit', [16, 3, 5, 5]).fanIn // 75
 */
export function fans(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  checkArgument('fans', 'op', op, shortText);
  checkArgument(op, 'shape', shape, kinds.listOf(kinds.size));
  if (shape.length < 2) throw tooFlat(op, shape);
  const [outputs = 0, inputs = 0, ...kernel] = shape;
  const field = kernel.reduce((n, k) => n * k, 1);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

function tooFlat(op: string, shape: Shape): ShapeError {
  return new ShapeError(
    `${op}: expected at least 2 dimensions, [out, in, …], got shape [${shape.join(', ')}]`,
  );
}

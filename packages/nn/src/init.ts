/**
 * @file Filling parameters. Every function writes into the parameter it is given and returns it; numbers come from
 * autograd's generator, so `manualSeed` governs them. PyTorch: `torch.nn.init`.
 */
import {
  checkArgument,
  defineOptions,
  display,
  kinds,
  type Kind,
  type Cell,
  ChainruleError,
  noGrad,
  rand,
  randn,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import * as autograd from '@chainrule/autograd';
import { checkFillable } from './utils/computed.js';

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

/** Refuses what holds no values of its own. */
function checkCell(op: string, parameter: Cell): void {
  checkFillable(op, parameter);
}

function fill<C extends Cell>(parameter: C, values: () => Tensor | number): C {
  checkCell('init', parameter);
  noGrad(() => {
    const v = values();
    parameter.assign(
      typeof v === 'number' ? autograd.full(parameter.shape, v, { dtype: parameter.dtype }) : v,
    );
  });
  return parameter;
}

/** A tensor of `shape` drawn evenly from [a, b). */
function uniformOf(shape: Shape, a: number, b: number, dtype: Tensor['dtype']): Tensor {
  return rand(shape, { dtype })
    .mul(b - a)
    .add(a);
}

/** Options of `uniform`. */
export interface UniformOptions {
  /** Default 0. */
  readonly a?: number;
  /** Default 1. */
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
  return fill(parameter, () => uniformOf(parameter.shape, a, b, parameter.dtype));
}

/** Options of `normal`. */
export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Default 1. */
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
  return fill(parameter, () =>
    randn(parameter.shape, { dtype: parameter.dtype }).mul(std).add(mean),
  );
}

/** Fills a parameter with one value. PyTorch: `init.constant_`. @example nn.init.constant(layer.bias, 0.1); */
export function constant<C extends Cell>(parameter: C, value: number): C {
  checkArgument('constant', 'value', value, kinds.number);
  return fill(parameter, () => value);
}

/** Fills a parameter with zeros. PyTorch: `init.zeros_`. @example nn.init.zeros(layer.bias); */
export function zeros<C extends Cell>(parameter: C): C {
  return constant(parameter, 0);
}

/** Fills a parameter with ones. PyTorch: `init.ones_`. @example nn.init.ones(norm.weight); */
export function ones<C extends Cell>(parameter: C): C {
  return constant(parameter, 1);
}

/**
 * Fills a matrix with ones on its diagonal and zeros elsewhere: the layer begins as the identity. PyTorch: `init.eye_`.
 *
 * @example nn.init.eye(layer.weight);
 */
export function eye<C extends Cell>(parameter: C): C {
  checkCell('eye', parameter);
  const [n = 0, m = 0] = matrixShape('eye', parameter);
  return fill(parameter, () => autograd.eye(n, m, { dtype: parameter.dtype }));
}

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
  checkCell('xavierUniform', parameter);
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
  checkCell('xavierNormal', parameter);
  const { fanIn, fanOut } = fans('xavierNormal', parameter.shape);
  return normal(parameter, { std: gain * Math.sqrt(2 / (fanIn + fanOut)) });
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions {
  /** The negative slope of the leaky ReLU that follows; 0 for ReLU. */
  readonly a?: number;
  /** Whether the variance is kept forwards (by the inputs) or backwards (by the outputs); PyTorch's spelling is the same. */
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
  checkCell('kaimingUniform', parameter);
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
  checkCell('kaimingNormal', parameter);
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
  checkCell('orthogonal', parameter);
  if (parameter.ndim < 2) throw tooFlat('orthogonal', parameter.shape);
  const rows = parameter.shape[0] as number;
  const columns = rows === 0 ? 0 : parameter.size / rows;
  return fill(parameter, () => {
    if (parameter.size === 0) return 0;
    const [tall, wide] = rows < columns ? [columns, rows] : [rows, columns];
    const { Q, R } = autograd.linalg.qr(randn([tall, wide], { dtype: parameter.dtype }));
    // The signs of R's diagonal make Q evenly distributed.
    const q = Q.mul(autograd.diagonal(R).sign());
    return (rows < columns ? q.t() : q).reshape(parameter.shape).mul(gain);
  });
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
  return fill(parameter, () => {
    // Evenly between the distribution function's values at the bounds, through its inverse.
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

/**
 * The factor that keeps the variance through a nonlinearity: `gain` of the functions above. PyTorch: `init.calculate_gain`.
 *
 * @example nn.init.calculateGain('tanh') // 1.6667
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkArgument('calculateGain', 'slope', slope, kinds.finite);
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'sigmoid':
      return 1;
    default:
      throw new ChainruleError(`calculateGain: unknown nonlinearity ${display(nonlinearity)}`);
  }
}

const shortText = kinds.kind<string>(
  'be a name of at most 100 characters',
  (x) => typeof x === 'string' && x.length <= 100,
);

/** How many inputs an output has, and the other way round: of a weight `[out, in, …kernel]`. */
export function fans(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  checkArgument('fans', 'op', op, shortText);
  checkArgument(op, 'shape', shape, kinds.listOf(kinds.size));
  if (shape.length < 2) throw tooFlat(op, shape);
  const [outputs = 0, inputs = 0, ...kernel] = shape;
  const field = kernel.reduce((n, k) => n * k, 1);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

function matrixShape(op: string, { shape }: Tensor): Shape {
  if (shape.length !== 2)
    throw new ShapeError(`${op}: expected a matrix, got shape [${shape.join(', ')}]`);
  return shape;
}

function tooFlat(op: string, shape: Shape): ShapeError {
  return new ShapeError(
    `${op}: expected at least 2 dimensions, [out, in, …], got shape [${shape.join(', ')}]`,
  );
}

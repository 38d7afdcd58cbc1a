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

/** Draws from the uniform distribution on [a, b). */
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

/** Draws from the normal distribution N(mean, std²). */
export function normal<C extends Cell>(parameter: C, options?: NormalOptions): C {
  const { mean = 0, std = 1 } = normalOptions('normal', options);
  return fill(parameter, () =>
    randn(parameter.shape, { dtype: parameter.dtype }).mul(std).add(mean),
  );
}

/** The same value everywhere. */
export function constant<C extends Cell>(parameter: C, value: number): C {
  checkArgument('constant', 'value', value, kinds.number);
  return fill(parameter, () => value);
}

/** Zeros. */
export function zeros<C extends Cell>(parameter: C): C {
  return constant(parameter, 0);
}

/** Ones. */
export function ones<C extends Cell>(parameter: C): C {
  return constant(parameter, 1);
}

/** Ones on the diagonal of a matrix, zeros elsewhere. */
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

/** Uniform on ±gain √(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
export function xavierUniform<C extends Cell>(parameter: C, options?: GainOptions): C {
  const { gain = 1 } = gainOptions('xavierUniform', options);
  checkCell('xavierUniform', parameter);
  const { fanIn, fanOut } = fans('xavierUniform', parameter.shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(parameter, { a: -bound, b: bound });
}

/** Normal with standard deviation gain √(2 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
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

/** Uniform on ±gain √(3 / fan) (He et al. 2015). */
export function kaimingUniform<C extends Cell>(parameter: C, options?: KaimingOptions): C {
  checkCell('kaimingUniform', parameter);
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', parameter.shape, options);
  return uniform(parameter, { a: -bound, b: bound });
}

/** Normal with standard deviation gain / √fan (He et al. 2015). */
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
 * A matrix with orthonormal rows or columns, whichever are fewer, times `gain`; trailing dimensions are flattened
 * (Saxe et al. 2013).
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

/** Normal N(mean, std²) restricted to [a, b]. */
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

/** The factor that keeps the variance through a nonlinearity. PyTorch: `calculate_gain`. */
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

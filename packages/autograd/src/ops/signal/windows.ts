/** @file Window functions: `signal.windows.hann(256)`. `M` factors, symmetric or, for spectra, periodic. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError } from '../../errors.js';
import { allocate, isFloat } from '../../graph/dtype.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { finish, type CreationOptions } from '../build/leaves.js';
import { besselI } from '../special/besselFunctions.js';

/** Options of every window. */
export interface WindowOptions extends CreationOptions {
  /** Whether the window is symmetric (for filters) rather than periodic (for spectra). Default true. */
  readonly sym?: boolean;
}

const shared = {
  sym: kinds.flag,
  dtype: kinds.dtype,
  requiresGrad: kinds.flag,
  device: kinds.text,
};
const windowOptions = defineOptions<WindowOptions>(shared);

/** Each sample is computed separately: more samples than this would take seconds. */
const MAX_SAMPLES = 2 ** 24;

/** The factors `f(i, n)`, where n is the length of the period. */
function window(
  name: string,
  M: number,
  options: WindowOptions,
  f: (i: number, period: number) => number,
): Tensor<[number]> {
  const op = `signal.windows.${name}`;
  const { sym = true, dtype = 'float32' } = options;
  checkArgument(op, 'M', M, kinds.wholeBetween(0, MAX_SAMPLES));
  if (!isFloat(dtype)) throw new DTypeError(`${op}: windows are floats, not ${dtype}`);
  const data = allocate(dtype, M);
  for (let i = 0; i < M; i++) data[i] = M === 1 ? 1 : f(i, sym ? M - 1 : M);
  return finish<[number]>(op, makeLeaf(data, [M], dtype), options);
}

/** `Σ (−1)ᵏ aₖ cos(2πki/n)`. */
function cosines(...a: readonly number[]): (i: number, n: number) => number {
  return (i, n) =>
    a.reduce((sum, c, k) => sum + (k % 2 === 0 ? c : -c) * Math.cos((2 * Math.PI * k * i) / n), 0);
}

/**
 * The Hann window, `½ − ½ cos(2πi/n)` with n = M − 1, or n = M if periodic. PyTorch: `torch.signal.windows.hann`.
 * @example signal.windows.hann(5) // [0, 0.5, 1, 0.5, 0]
 */
export function hann(M: number, options?: WindowOptions): Tensor<[number]> {
  return window('hann', M, windowOptions('signal.windows.hann', options), cosines(0.5, 0.5));
}

/** Options of `hamming`. */
export interface HammingOptions extends WindowOptions {
  /** The constant part α. Default 0.54. */
  readonly alpha?: number;
}

const hammingOptions = defineOptions<HammingOptions>({ ...shared, alpha: kinds.number });

/**
 * The Hamming window, `α − (1 − α) cos(2πi/n)`, with n = M − 1, or n = M if periodic.
 * PyTorch: `torch.signal.windows.hamming`.
 * @example signal.windows.hamming(5) // [0.08, 0.54, 1, 0.54, 0.08]
 */
export function hamming(M: number, options?: HammingOptions): Tensor<[number]> {
  const given = hammingOptions('signal.windows.hamming', options);
  const { alpha = 0.54 } = given;
  return window('hamming', M, given, cosines(alpha, 1 - alpha));
}

/**
 * The Blackman window, `0.42 − ½ cos(2πi/n) + 0.08 cos(4πi/n)`, with n = M − 1, or n = M if periodic. PyTorch:
 * `torch.signal.windows.blackman`.
 * @example signal.windows.blackman(5) // [0, 0.34, 1, 0.34, 0]
 */
export function blackman(M: number, options?: WindowOptions): Tensor<[number]> {
  const given = windowOptions('signal.windows.blackman', options);
  return window('blackman', M, given, cosines(0.42, 0.5, 0.08));
}

/**
 * The Bartlett window, a triangle: `1 − |2i/n − 1|`, with n = M − 1, or n = M if periodic.
 * PyTorch: `torch.signal.windows.bartlett`.
 * @example signal.windows.bartlett(5) // [0, 0.5, 1, 0.5, 0]
 */
export function bartlett(M: number, options?: WindowOptions): Tensor<[number]> {
  const given = windowOptions('signal.windows.bartlett', options);
  return window('bartlett', M, given, (i, n) => 1 - Math.abs((2 * i) / n - 1));
}

/** Options of `kaiser`. */
export interface KaiserOptions extends WindowOptions {
  /** The shape β: the larger, the lower the side lobes. Default 12. */
  readonly beta?: number;
}

const kaiserOptions = defineOptions<KaiserOptions>({ ...shared, beta: kinds.nonNegative });

/**
 * The Kaiser window, `I₀(β √(1 − (2i/n − 1)²)) / I₀(β)`, with n = M − 1, or n = M if periodic.
 * PyTorch: `torch.signal.windows.kaiser`.
 * @example signal.windows.kaiser(5, { beta: 8 }) // [0.0023, 0.3690, 1, 0.3690, 0.0023]
 */
export function kaiser(M: number, options?: KaiserOptions): Tensor<[number]> {
  const given = kaiserOptions('signal.windows.kaiser', options);
  const { beta = 12 } = given;
  const most = besselI(0, beta);
  return window('kaiser', M, given, (i, n) => {
    const t = (2 * i) / n - 1;
    return besselI(0, beta * Math.sqrt(Math.max(0, (1 - t) * (1 + t)))) / most;
  });
}

/** Options of `gaussian`. */
export interface GaussianOptions extends WindowOptions {
  /** The standard deviation, in samples. Default 1. */
  readonly std?: number;
}

const gaussianOptions = defineOptions<GaussianOptions>({ ...shared, std: kinds.positive });

/**
 * The Gaussian window, `exp(−½ ((i − n/2) / std)²)`, with n = M − 1, or n = M if periodic.
 * PyTorch: `torch.signal.windows.gaussian`.
 * @example signal.windows.gaussian(5, { std: 2 }) // [0.6065, 0.8825, 1, 0.8825, 0.6065]
 */
export function gaussian(M: number, options?: GaussianOptions): Tensor<[number]> {
  const given = gaussianOptions('signal.windows.gaussian', options);
  const { std = 1 } = given;
  return window('gaussian', M, given, (i, n) => Math.exp(-0.5 * ((i - n / 2) / std) ** 2));
}

/**
 * The cosine window, `sin(π (i + ½) / (n + 1))`, with n = M − 1, or n = M if periodic.
 * PyTorch: `torch.signal.windows.cosine`.
 * @example signal.windows.cosine(5) // [0.3090, 0.8090, 1, 0.8090, 0.3090]
 */
export function cosine(M: number, options?: WindowOptions): Tensor<[number]> {
  const given = windowOptions('signal.windows.cosine', options);
  return window('cosine', M, given, (i, n) => Math.sin((Math.PI * (i + 0.5)) / (n + 1)));
}

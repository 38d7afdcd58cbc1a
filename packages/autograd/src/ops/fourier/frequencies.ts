/** @file The frequencies of Fourier transforms, and their order. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { allocate, isFloat, type DType } from '../../graph/dtype.js';
import { checkInteger, checkSize, normalizeDims } from '../../graph/shape.js';
import { DTypeError } from '../../errors.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { composite, operand, type Operand } from '../build/define.js';
import { longSequence } from '../creation/positions.js';
import { div, sub } from '../build/fieldOperations.js';
import { lt } from '../build/relations.js';
import { where } from '../elements/comparison.js';
import { roll } from '../shape/rearranging.js';
import { complexOperand, isComplex, type Complex } from './complex.js';

export interface ShiftOptions {
  /** The dimensions to shift. Default: all. */
  readonly dim?: number | readonly number[] | null;
}

const shiftOptions = defineOptions<ShiftOptions>({
  dim: kinds.orNull(kinds.oneOrMore(kinds.dim)),
});

interface Shift {
  (x: Complex, options?: ShiftOptions): Complex;
  (x: Operand, options?: ShiftOptions): Tensor;
}

function shift(op: string, by: (n: number) => number): Shift {
  return composite(op, (x: Operand | Complex, options?: ShiftOptions) => {
    const { dim } = shiftOptions(op, options);
    const moved = (t: Tensor): Tensor => {
      const dims = normalizeDims(op, dim, t.ndim);
      return roll(
        t,
        dims.map((d) => by(t.sizes[d] as number)),
        dims,
      );
    };
    if (!isComplex(x)) return moved(operand(op, x));
    const { real, imag } = complexOperand(op, x);
    return { real: moved(real), imag: moved(imag) };
  }) as Shift;
}

/**
 * Moves frequency 0 to the middle along `dim`, with negative frequencies before it. PyTorch: `torch.fft.fftshift`.
 * @example fft.fftshift(tensor([0, 1, 2, -2, -1])) // [-2, -1, 0, 1, 2]
 */
export const fftshift: Shift = shift('fft.fftshift', (n) => Math.floor(n / 2));

/**
 * The inverse of `fftshift`. PyTorch: `torch.fft.ifftshift`.
 * @example fft.ifftshift(tensor([-2, -1, 0, 1, 2])) // [0, 1, 2, -2, -1]
 */
export const ifftshift: Shift = shift('fft.ifftshift', (n) => -Math.floor(n / 2));

export interface FrequencyOptions {
  /** The distance between samples. Default 1. */
  readonly d?: number;
  /** The dtype of the result. Default float32. */
  readonly dtype?: DType;
}

const frequencyOptions = byPosition(
  defineOptions<FrequencyOptions>({ d: kinds.number, dtype: kinds.dtype }),
  'd',
);

type Frequencies = (
  n: number,
  d?: number | FrequencyOptions,
  options?: FrequencyOptions,
) => Tensor<[number]>;

function frequencies(
  op: string,
  count: (n: number) => number,
  at: (i: number, n: number) => number,
  lazily: (i: Tensor, n: number) => Tensor,
): Frequencies {
  return composite(op, (n: number, d?: number | FrequencyOptions, options?: FrequencyOptions) => {
    const { d: distance = 1, dtype = 'float32' } = frequencyOptions(op, d, options);
    checkInteger(op, 'n', n, 1);
    if (!isFloat(dtype)) throw new DTypeError(`${op}: frequencies are floats, not ${dtype}`);
    checkSize(op, [count(n)]);
    const long = longSequence(count(n), dtype, (i) => div(lazily(i, n), n * distance));
    if (long !== null) return long;
    const data = allocate(dtype, count(n));
    for (let i = 0; i < data.length; i++) data[i] = at(i, n) / (n * distance);
    return makeLeaf<[number]>(data, [data.length], dtype);
  });
}

/**
 * The frequencies of the results of `fft`, in cycles per unit: `0, 1, … −2, −1` divided by `n d`. PyTorch:
 * `torch.fft.fftfreq`.
 * @example fft.fftfreq(4, { d: 0.5 }) // [0, 0.5, -1, -0.5]
 */
export const fftfreq: Frequencies = frequencies(
  'fft.fftfreq',
  (n) => n,
  (i, n) => (i < n / 2 ? i : i - n),
  (i, n) => where(lt(i, n / 2), i, sub(i, n)),
);

/**
 * The frequencies of the results of `rfft`, in cycles per unit: `0, 1, … ⌊n/2⌋` divided by `n d`. PyTorch:
 * `torch.fft.rfftfreq`.
 * @example fft.rfftfreq(4, { d: 0.5 }) // [0, 0.5, 1]
 */
export const rfftfreq: Frequencies = frequencies(
  'fft.rfftfreq',
  (n) => Math.floor(n / 2) + 1,
  (i) => i,
  (i) => i,
);

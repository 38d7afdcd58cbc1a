/** @file The axes of a Fourier transform: its options, dimensions and lengths, and the factor that follows from them. */
import { defineOptions, type OptionsReader, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { normalizeDim, normalizeDims, range, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';

/**
 * Where the factor 1/n goes: into the inverse (`'backward'`), the transform (`'forward'`), or its square root into both
 * (`'ortho'`).
 */
export type FftNorm = 'backward' | 'ortho' | 'forward';

/** Options of transforms along one dimension. */
export interface FftOptions {
  /** The length of the transform: longer input is cut, shorter input padded with zeros. Default: the input's. */
  readonly n?: number | null;
  /** The dimension to transform. Default −1. */
  readonly dim?: number;
  /** Where the factor 1/n goes. Default `'backward'`. */
  readonly norm?: FftNorm | null;
}

/** Options of transforms along several dimensions. */
export interface FftnOptions {
  /** The lengths along `dim`, or along the last dimensions without `dim`; −1 keeps a length. */
  readonly s?: readonly number[] | null;
  /** The dimensions to transform. Default: all, or the last two for functions with 2 in their name. */
  readonly dim?: number | readonly number[] | null;
  /** Where the factor 1/n goes. Default `'backward'`. */
  readonly norm?: FftNorm | null;
}

const norm = kinds.orNull(kinds.oneOf('backward', 'ortho', 'forward'));
/** Reads the options of transforms along one dimension. */
export const fftOptions: OptionsReader<FftOptions> = defineOptions<FftOptions>({
  n: kinds.orNull(kinds.count),
  dim: kinds.dim,
  norm,
});

/** Reads the options of transforms along several dimensions. */
export const fftnOptions: OptionsReader<FftnOptions> = defineOptions<FftnOptions>({
  s: kinds.orNull(kinds.listOf(kinds.whole)),
  dim: kinds.orNull(kinds.oneOrMore(kinds.dim)),
  norm,
});

/** The factor of a transform of length n. */
export function scaleOf(given: FftNorm | null | undefined, inverse: boolean, n: number): number {
  const where = given ?? 'backward';
  if (where === 'ortho') return 1 / Math.sqrt(n);
  return (where === 'backward') === inverse ? 1 / n : 1;
}

/** One dimension and one length of a transform. */
export interface Axis {
  readonly dim: number;
  readonly n: number;
}

function checkLength(op: string, x: Tensor, n: number, dim: number): void {
  if (x.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension, got a number`);
  if (!(n >= 1))
    throw new ShapeError(
      `${op}: a transform needs at least one element, but dimension ${dim} of ${show(x.sizes)} has ${n}; give n`,
    );
}

/** The axis of a one-dimensional transform; the length is `length(size)` if not given. */
export function axisOf(
  op: string,
  x: Tensor,
  options: FftOptions,
  length: (size: number) => number = (size) => size,
): Axis {
  if (x.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension, got a number`);
  const dim = normalizeDim(op, options.dim ?? -1, x.ndim);
  const n = options.n ?? length(x.sizes[dim] as number);
  checkLength(op, x, n, dim);
  return { dim, n };
}

/** The axes of a transform over several dimensions; `length` is for the last one. */
export function axesOf(
  op: string,
  x: Tensor,
  { s, dim }: FftnOptions,
  least: number,
  length: (size: number) => number = (size) => size,
): Axis[] {
  if (x.ndim < Math.max(1, least))
    throw new ShapeError(
      `${op}: expected at least ${Math.max(1, least)} dimension${least > 1 ? 's' : ''}, got shape ${show(x.sizes)}`,
    );
  const given =
    dim ?? (least === 2 ? [-2, -1] : s ? range(s.length).map((i) => i - s.length) : null);
  const dims = normalizeDims(op, given, x.ndim);
  if (s !== undefined && s !== null && s.length !== dims.length) {
    throw new ShapeError(
      `${op}: s ${show(s)} has ${plural(s.length, 'entry', 'entries')} for ${plural(dims.length, 'dimension')}`,
    );
  }
  return dims.map((d, i) => {
    const size = x.sizes[d] as number;
    const own = i === dims.length - 1 ? length(size) : size;
    const n = s?.[i] === undefined || s[i] === -1 ? own : s[i];
    checkLength(op, x, n, d);
    return { dim: d, n };
  });
}

/**
 * @file Fourier transforms: `fft.fft`, `fft.rfft`, `fft.irfftn` … of any length in O(n log n).
 *
 * A complex tensor is `{ real, imag }`, in arguments and results; a plain tensor stands for one without imaginary
 * part. Both parts are differentiable.
 */
import type { Tensor } from '../../graph/tensor.js';
import { composite, type Operand } from '../build/define.js';
import { neg } from '../build/fieldOperations.js';
import {
  axesOf,
  axisOf,
  fftnOptions,
  fftOptions,
  scaleOf,
  type Axis,
  type FftnOptions,
  type FftNorm,
  type FftOptions,
} from './axes.js';
import {
  complexOperand,
  isComplex,
  paired,
  parts,
  realOperand,
  resized,
  type Complex,
} from './complex.js';
import { inverseReal, transformed, transformedParts, transformedReal } from './primitives.js';

export { fftfreq, fftshift, ifftshift, rfftfreq } from './frequencies.js';
export type { FftNorm, FftnOptions, FftOptions } from './axes.js';
export type { Complex } from './complex.js';

/** Pairs transformed along axes. */
function along(
  x: Tensor,
  axes: readonly Axis[],
  inverse: boolean,
  where: FftNorm | null | undefined,
): Tensor {
  return axes.reduce(
    (y, { dim, n }) =>
      transformed(resized(y, dim, n), dim, inverse ? 1 : -1, scaleOf(where, inverse, n)),
    x,
  );
}

/** A complex tensor, or a real one, transformed along axes, as pairs. */
function transform(
  x: Complex,
  isReal: boolean,
  axes: readonly Axis[],
  inverse: boolean,
  where: FftNorm | null | undefined,
): Tensor {
  const [first, ...rest] = axes;
  if (first === undefined) return paired(x);
  const { dim, n } = first;
  const scale = scaleOf(where, inverse, n);
  const real = resized(x.real, dim, n);
  const pairs =
    isReal && !inverse
      ? transformedReal(real, dim, scale, 'pairs')
      : transformedParts({ real, imag: resized(x.imag, dim, n) }, dim, inverse ? 1 : -1, scale);
  return along(pairs, rest, inverse, where);
}

type ComplexToComplex<O> = (x: Operand | Complex, options?: O) => Complex;
type RealToComplex<O> = (x: Operand, options?: O) => Complex;
type ComplexToReal<O> = (x: Operand | Complex, options?: O) => Tensor;

function one(op: string, inverse: boolean): ComplexToComplex<FftOptions> {
  return composite(op, (x: Operand | Complex, options?: FftOptions): Complex => {
    const given = fftOptions(op, options);
    const z = complexOperand(op, x);
    const axes = [axisOf(op, z.real, given)];
    return parts(transform(z, !isComplex(x), axes, inverse, given.norm));
  });
}

function several(op: string, inverse: boolean, least: number): ComplexToComplex<FftnOptions> {
  return composite(op, (x: Operand | Complex, options?: FftnOptions): Complex => {
    const given = fftnOptions(op, options);
    const z = complexOperand(op, x);
    const axes = axesOf(op, z.real, given, least);
    return parts(transform(z, !isComplex(x), axes, inverse, given.norm));
  });
}

/** The transform of a real tensor: the first `⌊n/2⌋ + 1` elements of the last axis; the others are their conjugates. */
function realTransform(
  x: Tensor,
  axes: readonly Axis[],
  where: FftNorm | null | undefined,
): Tensor {
  const { dim, n } = axes.at(-1) as Axis;
  const half = transformedReal(resized(x, dim, n), dim, scaleOf(where, false, n), 'half');
  return along(half, axes.slice(0, -1), false, where);
}

/** The real tensor whose transform begins with these elements. */
function realInverse(z: Complex, axes: readonly Axis[], where: FftNorm | null | undefined): Tensor {
  const { dim, n } = axes.at(-1) as Axis;
  const length = Math.floor(n / 2) + 1;
  const scale = scaleOf(where, true, n);
  if (axes.length === 1) {
    const [real, imag] = [resized(z.real, dim, length), resized(z.imag, dim, length)];
    return inverseReal({ real, imag }, dim, n, scale);
  }
  const pairs = transform(z, false, axes.slice(0, -1), true, where);
  return inverseReal(resized(pairs, dim, length), dim, n, scale);
}

const fromHalf = (size: number): number => 2 * (size - 1);

/**
 * The discrete Fourier transform `X[k] = Σ x[j] e^(−2πi jk/n)` along `dim`. PyTorch: `torch.fft.fft`.
 * @throws {ShapeError} for a transform of no elements.
 * @example const { real, imag } = fft.fft(x, { norm: 'ortho' })
 */
export const fft: ComplexToComplex<FftOptions> = one('fft.fft', false);

/**
 * The inverse of `fft`. PyTorch: `torch.fft.ifft`.
 * @example fft.ifft(fft.fft(tensor([1, 2, 3]))).real // [1, 2, 3]
 */
export const ifft: ComplexToComplex<FftOptions> = one('fft.ifft', true);

/**
 * `fft` along several dimensions. PyTorch: `torch.fft.fftn`.
 * @example fft.fftn(ones([2, 2])).real // [[4, 0], [0, 0]]
 */
export const fftn: ComplexToComplex<FftnOptions> = several('fft.fftn', false, 0);

/**
 * The inverse of `fftn`. PyTorch: `torch.fft.ifftn`.
 * @example fft.ifftn(fft.fftn(tensor([[1, 2], [3, 4]]))).real // [[1, 2], [3, 4]]
 */
export const ifftn: ComplexToComplex<FftnOptions> = several('fft.ifftn', true, 0);

/**
 * `fft` along two dimensions, the last two by default. PyTorch: `torch.fft.fft2`.
 * @example fft.fft2(tensor([[1, 2], [3, 4]])).real // [[10, -2], [-4, 0]]
 */
export const fft2: ComplexToComplex<FftnOptions> = several('fft.fft2', false, 2);

/**
 * The inverse of `fft2`. PyTorch: `torch.fft.ifft2`.
 * @example fft.ifft2(fft.fft2(tensor([[1, 2], [3, 4]]))).real // [[1, 2], [3, 4]]
 */
export const ifft2: ComplexToComplex<FftnOptions> = several('fft.ifft2', true, 2);

/**
 * The `fft` of a real tensor: the first `⌊n/2⌋ + 1` elements; the others are their conjugates. PyTorch:
 * `torch.fft.rfft`.
 * @example fft.rfft(tensor([1, 2, 3, 4])).real // [10, -2, -2]
 */
export const rfft: RealToComplex<FftOptions> = composite('fft.rfft', (x, options) => {
  const given = fftOptions('fft.rfft', options);
  const node = realOperand('fft.rfft', x);
  return parts(realTransform(node, [axisOf('fft.rfft', node, given)], given.norm));
});

/**
 * The inverse of `rfft`: a real tensor of length n, by default `2 (m − 1)` for m elements. The imaginary part of the
 * first element is ignored, and for even n that of the last. PyTorch: `torch.fft.irfft`.
 * @example fft.irfft(fft.rfft(tensor([1, 2, 3])), { n: 3 }) // [1, 2, 3]
 */
export const irfft: ComplexToReal<FftOptions> = composite('fft.irfft', (x, options) => {
  const given = fftOptions('fft.irfft', options);
  const z = complexOperand('fft.irfft', x);
  return realInverse(z, [axisOf('fft.irfft', z.real, given, fromHalf)], given.norm);
});

/** The place of the factor as seen from the other direction. */
const turned = (where: FftNorm | null | undefined): FftNorm =>
  where === 'ortho' ? 'ortho' : where === 'forward' ? 'backward' : 'forward';

/**
 * The `fft` of a Hermitian signal, of which the first half is given: a real tensor of length n, by default `2 (m −
 * 1)` for m elements. PyTorch: `torch.fft.hfft`.
 * @example fft.hfft(tensor([4, 1, 0])) // [6, 4, 2, 4]
 */
export const hfft: ComplexToReal<FftOptions> = composite('fft.hfft', (x, options) => {
  const given = fftOptions('fft.hfft', options);
  const { real, imag } = complexOperand('fft.hfft', x);
  const axes = [axisOf('fft.hfft', real, given, fromHalf)];
  return realInverse({ real, imag: neg(imag) }, axes, turned(given.norm));
});

/**
 * The inverse of `hfft`. PyTorch: `torch.fft.ihfft`.
 * @example fft.ihfft(tensor([6, 4, 2, 4])).real // [4, 1, 0]
 */
export const ihfft: RealToComplex<FftOptions> = composite('fft.ihfft', (x, options) => {
  const given = fftOptions('fft.ihfft', options);
  const node = realOperand('fft.ihfft', x);
  const axes = [axisOf('fft.ihfft', node, given)];
  const { real, imag } = parts(realTransform(node, axes, turned(given.norm)));
  return { real, imag: neg(imag) };
});

function realSeveral(op: string, least: number): RealToComplex<FftnOptions> {
  return composite(op, (x: Operand, options?: FftnOptions): Complex => {
    const given = fftnOptions(op, options);
    const node = realOperand(op, x);
    return parts(realTransform(node, axesOf(op, node, given, least), given.norm));
  });
}

function inverseSeveral(op: string, least: number): ComplexToReal<FftnOptions> {
  return composite(op, (x: Operand | Complex, options?: FftnOptions): Tensor => {
    const given = fftnOptions(op, options);
    const z = complexOperand(op, x);
    return realInverse(z, axesOf(op, z.real, given, least, fromHalf), given.norm);
  });
}

/**
 * `rfft` along the last of several dimensions, `fft` along the others. PyTorch: `torch.fft.rfftn`.
 * @example fft.rfftn(tensor([[1, 2], [3, 4]])).real // [[10, -2], [-4, 0]]
 */
export const rfftn: RealToComplex<FftnOptions> = realSeveral('fft.rfftn', 0);

/**
 * The inverse of `rfftn`; `s` gives the length of the last dimension. PyTorch: `torch.fft.irfftn`.
 * @example fft.irfftn(fft.rfftn(tensor([[1, 2], [3, 4]]))) // [[1, 2], [3, 4]]
 */
export const irfftn: ComplexToReal<FftnOptions> = inverseSeveral('fft.irfftn', 0);

/**
 * `rfftn` along two dimensions, the last two by default. PyTorch: `torch.fft.rfft2`.
 * @example fft.rfft2(tensor([[1, 2], [3, 4]])).real // [[10, -2], [-4, 0]]
 */
export const rfft2: RealToComplex<FftnOptions> = realSeveral('fft.rfft2', 2);

/**
 * The inverse of `rfft2`. PyTorch: `torch.fft.irfft2`.
 * @example fft.irfft2(fft.rfft2(tensor([[1, 2], [3, 4]]))) // [[1, 2], [3, 4]]
 */
export const irfft2: ComplexToReal<FftnOptions> = inverseSeveral('fft.irfft2', 2);

/**
 * @file The primitives of Fourier transforms: from numbers of any form to pairs in a last dimension, and from half of the pairs
 * to real numbers.
 */
import type { Attrs } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { fourier } from '../../kernels/fourier.js';
import { castNode, choose } from '../build/element.js';
import { div, mul } from '../build/fieldOperations.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { eq, logicalOr } from '../build/relations.js';
import { batchAll, iotaAlong } from '../shape/movement.js';
import { isComplex, partOf, type Complex } from './complex.js';
import { realSumsOf, sumsOf, type TransformAttrs } from './reference.js';

/** Sums `Σ x[j] e^(± 2πi jk/n)` along `dim`, times a factor, as pairs. A linear map, whose adjoint has the other sign. */
export const fourierOf: PrimitiveOp<TransformAttrs> = primitive<TransformAttrs>('fft', {
  lowering: {
    kind: 'kernel',
    family: fourier,
    kernel: ({ dim, n, sign, scale, from, to }) => ({
      ...{ kind: 'fourier', dim, length: n, sign, scale, from, to },
    }),
  },
  shape: ([x], { dim, n, from, to }) => {
    const { sizes } = x as Tensor;
    const length = to === 'half' ? Math.floor(n / 2) + 1 : n;
    const shape = sizes.map((size, d) => (d === dim ? length : size));
    return from === 'pairs' ? shape : [...shape, 2];
  },
  vjp: (i, ct, _inputs, _out, { dim, n, sign, scale, from, to }) => {
    // The inverse counts most pairs twice, for their conjugates; the adjoint must count each once.
    if (to === 'half') return inverseOf([div(ct, weights(ct, dim, n))], { dim, n, scale });
    const back = fourierOf([ct], { dim, n, sign: -sign, scale, from: 'pairs', to });
    return from === 'pairs' ? back : partOf(back, i === 0 ? 0 : 1);
  },
  jvp: 'linear',
  batch: (inputs, batched, attrs, size) =>
    fourierOf(batchAll(inputs, batched, size), { ...attrs, dim: attrs.dim + 1 }),
  reference: sumsOf,
});

interface InverseAttrs extends Attrs {
  readonly dim: number;
  readonly n: number;
  readonly scale: number;
}

/**
 * The real inverse sums of pairs, or of numbers in two parts. Only `⌊n/2⌋ + 1` of them are given; the others are their
 * conjugates. The imaginary parts of the first and, for even n, of the last are ignored.
 */
export const inverseOf: PrimitiveOp<InverseAttrs> = primitive<InverseAttrs>('irfft', {
  lowering: {
    kind: 'kernel',
    family: fourier,
    kernel: ({ dim, n, scale }) => ({
      ...{ kind: 'fourier', dim, length: n, sign: 1, scale, from: 'half', to: 'real' },
    }),
  },
  shape: ([x, y], { dim, n }) => {
    const { sizes } = x as Tensor;
    const shape = y === undefined ? sizes.slice(0, -1) : sizes;
    return shape.map((size, d) => (d === dim ? n : size));
  },
  vjp: (i, ct, inputs, _out, { dim, n, scale }) => {
    const half = fourierOf([ct], { dim, n, sign: -1, scale, from: 'real', to: 'half' });
    const back = mul(half, weights(half, dim, n));
    return inputs.length === 1 ? back : partOf(back, i === 0 ? 0 : 1);
  },
  jvp: 'linear',
  batch: (inputs, batched, attrs, size) =>
    inverseOf(batchAll(inputs, batched, size), { ...attrs, dim: attrs.dim + 1 }),
  reference: realSumsOf,
});

/** Pairs transformed along a dimension. */
export function transformed(x: Tensor, dim: number, sign: 1 | -1, scale: number): Tensor {
  const n = x.sizes[dim] as number;
  return fourierOf([x], { dim, n, sign, scale, from: 'pairs', to: 'pairs' });
}

/** The same for two parts, as pairs. */
export function transformedParts(
  { real, imag }: Complex,
  dim: number,
  sign: 1 | -1,
  scale: number,
): Tensor {
  const n = real.sizes[dim] as number;
  return fourierOf([real, imag], { dim, n, sign, scale, from: 'parts', to: 'pairs' });
}

/** The same for a real tensor: all of it, or its first half and one element. */
export function transformedReal(
  x: Tensor,
  dim: number,
  scale: number,
  to: TransformAttrs['to'],
): Tensor {
  const n = x.sizes[dim] as number;
  return fourierOf([x], { dim, n, sign: -1, scale, from: 'real', to });
}

/** The real tensor of length n along a dimension whose transform has this first half, given as pairs or in two parts. */
export function inverseReal(half: Tensor | Complex, dim: number, n: number, scale: number): Tensor {
  return inverseOf(isComplex(half) ? [half.real, half.imag] : [half], { dim, n, scale });
}

/** How often each pair of a half occurs in the whole: the first once, for even n the last too, the others twice. */
function weights(half: Tensor, dim: number, n: number): Tensor {
  const k = iotaAlong(half.sizes[dim] as number, dim, half.ndim);
  const once = eq(k, 0);
  const counted = n % 2 === 0 ? logicalOr(once, eq(k, n / 2)) : once;
  return castNode(choose(counted, 1, 2), half.dtype);
}

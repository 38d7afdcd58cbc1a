/** @file Describes a Fourier transform along a dimension as a kernel. */
import type { FourierKernel } from '../engine/compile/operators.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, Spec } from './family.js';

/** The kernel that transforms an operand of this shape; pairs of complex numbers are in its last dimension. */
export function transformOf(
  { dim, length, sign, scale, from, to }: Omit<Spec<'fourier'>, 'kind'>,
  shape: readonly number[],
  inputs: FourierKernel['inputs'],
  out: FourierKernel['out'],
): Bare<FourierKernel> {
  const isPairs = from !== 'real' && inputs.length === 1;
  const after = isPairs ? shape.slice(dim + 1, -1) : shape.slice(dim + 1);
  return {
    kind: 'fourier',
    ...{ outer: sizeOf(shape.slice(0, dim)), inner: sizeOf(after), length, sign, scale },
    ...{ from, to, inputs, out },
  };
}

/** @file What a Fourier transform along a dimension is for a kernel. */
import type { FourierKernel } from '../engine/compile/operators.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, Spec } from './family.js';

/** What is transformed, of an operand of this shape; pairs lie in its last dimension. */
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

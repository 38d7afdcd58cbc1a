/** @file Small helpers for matrices `[b, m, n]`. */
import { arange, where, type Tensor } from '@chainrule/autograd';

export function sizes(a: Tensor): [b: number, m: number, n: number] {
  return [...a.shape] as [number, number, number];
}

/** The one element along a dimension that a mask selects; the other elements may be anything, NaN included. */
export function picked(x: Tensor, mask: Tensor, dim: number): Tensor {
  return where(mask, x, 0).sum(dim);
}

/** Whether an element lies on the diagonal: `[m, n]`. */
export function identity(a: Tensor): Tensor {
  const [, m, n] = sizes(a);
  return arange(m).unsqueeze(1).eq(arange(n));
}

/** `A diag(d)` */
export function timesDiagonal(a: Tensor, d: Tensor): Tensor {
  return a.mul(d.unsqueeze(1));
}

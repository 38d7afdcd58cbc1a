/** @file Matrix products, and operators composed of them. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { isFloat } from '../helpers.js';
import { operator, type Operator } from '../operator.js';

/** A product of integers is an integer: exact in float64 up to 2^53. */
export function product2(x: cr.Tensor, y: cr.Tensor): cr.Tensor {
  if (isFloat(x.dtype)) return cr.matmul(x, y);
  return cr.matmul(x.cast('float64'), y.cast('float64')).cast('int32');
}

export function gemm(call: Call): cr.Tensor {
  const [a, b, c] = [call.tensor(0), call.tensor(1), call.maybe(2)];
  const x = call.flag('transA') ? a.transpose(0, 1) : a;
  const y = call.flag('transB') ? b.transpose(0, 1) : b;
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  if (alpha === 1 && beta === 1 && c?.ndim === 1 && c.size === y.shape[1] && isFloat(x.dtype))
    return cr.linear(x, y.transpose(0, 1), c);
  const xy = product2(x, y);
  const scaled = alpha === 1 ? xy : xy.mul(alpha).cast(x.dtype);
  if (c === null) return scaled;
  return scaled.add(beta === 1 ? c : c.mul(beta).cast(c.dtype));
}

export const MATRICES: readonly Operator[] = [
  operator('MatMul', (call) => product2(call.tensor(0), call.tensor(1))),
  operator('Gemm', gemm),
  operator('Einsum', (call) =>
    cr.einsum(call.text('equation').replaceAll(' ', ''), call.tensors()),
  ),
  operator('Det', (call) => cr.linalg.det(call.tensor(0))),
];

/** @file Conversion of elements to other dtypes, and the dtype in which an operation computes. */
import { DTypeError } from '../../errors.js';
import { isFloat, toFloat, type DType } from '../../graph/dtype.js';
import { register, type Primitive, type Value } from '../../graph/primitive.js';
import { makeNode } from '../../graph/node.js';
import type { Tensor } from '../../graph/tensor.js';
import { registerOperation } from './primitive.js';

/**
 * The dtype in which an operation computes. `float`: integers and booleans become float32; `number`: booleans are refused;
 * `any`: unchanged; `bool`: booleans. The result has that dtype, or is bool where `to` says so.
 */
export type Domain = 'float' | 'number' | 'any' | 'bool';

/** Converts elements: floats truncate towards zero on the way to int32, and anything but 0 is true. */
const castOp: Primitive = register({
  name: 'cast',
  lowering: { kind: 'element', scalar: (x) => x },
  differentiable: true,
  vjp: (_i, ct, [x]) => castNode(ct, (x as Tensor).dtype),
  jvp: ([t], _inputs, out) => (isFloat(out.dtype) ? castNode(t as Tensor, out.dtype) : null),
  batch: ([x], _batched, { dtype }) => castNode(x as Tensor, dtype as DType),
  kernel: ([x], out) => {
    const { data } = x as Value;
    if (out.dtype === 'bool')
      for (let i = 0; i < data.length; i++) out.data[i] = data[i] !== 0 ? 1 : 0;
    else if (out.dtype === 'int32')
      for (let i = 0; i < data.length; i++) out.data[i] = saturate(data[i]!);
    else out.data.set(data);
  },
});
registerOperation('cast');

function saturate(x: number): number {
  return x >= 2147483647 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0;
}

/** `x` in another dtype; `x` itself if that is its dtype. */
export function castNode(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : makeNode(castOp, [x], { dtype }, x.sizes, dtype);
}

/** The dtype in which an operation computes, given that of its operands. */
export function computeType(op: string, dtype: DType, domain: Domain): DType {
  if (domain === 'float') return toFloat(dtype);
  if (domain === 'bool') return 'bool';
  if (domain === 'number' && dtype === 'bool') {
    throw new DTypeError(`${op}: not defined for booleans; cast them: x.cast('int32')`);
  }
  return dtype;
}

/** @file The floats next to a float. */
import { DTypeError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import type { Tensor } from '../../graph/tensor.js';
import { nextSingleForm } from '../../kernels/elements/neighbours.js';
import { ne } from '../build/relations.js';
import {
  binary,
  composite,
  operand,
  resultType,
  type Broadcasting,
  type Operand,
} from '../build/define.js';

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

function next32(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return (y > 0 ? 1 : -1) * 2 ** -149;
  bits.setFloat32(0, x);
  bits.setInt32(0, bits.getInt32(0) + (x < y === x > 0 ? 1 : -1));
  return bits.getFloat32(0);
}

function next64(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return (y > 0 ? 1 : -1) * Number.MIN_VALUE;
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (x < y === x > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}

const nextSingle = binary('nextafter.float32', {
  reference: next32,
  vector: nextSingleForm,
  dx: (x, y) => ne(x, y),
  dy: () => 0,
});
const nextDouble = binary('nextafter.float64', {
  reference: next64,
  dx: (x, y) => ne(x, y),
  dy: () => 0,
});

/**
 * The next number after `x` towards `y` in the dtype; y where the two are equal. The derivative with respect to x is 1 where
 * they differ, all others are 0. PyTorch: `torch.nextafter`.
 * @throws {DTypeError} for integers and booleans.
 * @example nextafter(tensor([1]), 2).sub(1).div(2 ** -23) // [1]
 */
export const nextafter = composite('nextafter', (x: Operand, y: Operand): Tensor => {
  const dtype = resultType(x, y);
  if (!isFloat(dtype)) throw new DTypeError(`nextafter: expected float operands, got ${dtype}`);
  return (dtype === 'float32' ? nextSingle : nextDouble)(
    operand('nextafter', x, dtype),
    operand('nextafter', y, dtype),
  );
}) as Broadcasting;

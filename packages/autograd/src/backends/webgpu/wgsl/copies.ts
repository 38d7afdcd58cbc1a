/** @file Kernels that copy, or fill with a number. */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Place } from '../../../engine/compile/place.js';

export function filledWith(value: number, size: number, out: Place): LoopKernel {
  return over(size, [], { kind: 'const', value, dtype: out.dtype }, out);
}

export function copyOf(from: Place, size: number, out: Place): LoopKernel {
  const scalar: Scalar = { kind: 'load', input: 0, dtype: out.dtype };
  return over(size, [{ ...from, strides: [1] }], scalar, out);
}

function over(size: number, inputs: LoopKernel['inputs'], scalar: Scalar, out: Place): LoopKernel {
  return {
    kind: 'loop',
    outer: [size],
    inner: [],
    inputs,
    body: [scalar],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

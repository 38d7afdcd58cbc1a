/** @file Kernels that copy, or fill with a number. */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { JoinKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';

export function filledWith(value: number, size: number, out: BufferRef): LoopKernel {
  return over(size, [], { kind: 'const', value, dtype: out.dtype }, out);
}

export function copyOf(from: BufferRef, size: number, out: BufferRef): LoopKernel {
  const scalar: Scalar = { kind: 'load', input: 0, dtype: out.dtype };
  return over(size, [{ ...from, strides: [1] }], scalar, out);
}

/** The copies that a join consists of, one for each input. */
export function copiesOf({ rows, lengths, inputs, out }: JoinKernel): LoopKernel[] {
  const row = lengths.reduce((sum, n) => sum + n, 0);
  let start = out.offset;
  return inputs.map((input, i) => {
    const length = lengths[i]!;
    const offset = start;
    start += length;
    return {
      kind: 'loop',
      outer: [rows, length],
      inner: [],
      inputs: [{ ...input, strides: [length, 1] }],
      body: [{ kind: 'load', input: 0, dtype: out.dtype }],
      outputs: [{ ...out, offset, strides: [row, 1], value: 0 }],
    };
  });
}

function over(
  size: number,
  inputs: LoopKernel['inputs'],
  scalar: Scalar,
  out: BufferRef,
): LoopKernel {
  return {
    kind: 'loop',
    outer: [size],
    inner: [],
    inputs,
    body: [scalar],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

/** @file Sums in parts: several workgroups compute a long sum, and their results are added. */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import { stridesOf } from '../../../graph/shape.js';
import { product } from './coordinates.js';

/** A sum in parts of `length` elements; the results of the parts are contiguous. */
export interface Parts {
  readonly count: number;
  readonly length: number;
}

/** Adds the `count` parts of each result, which are contiguous. */
export function sumOfParts(
  outer: readonly number[],
  count: number,
  parts: BufferRef,
  out: Access,
): LoopKernel {
  return {
    kind: 'loop',
    outer,
    inner: [count],
    inputs: [{ ...parts, strides: [...stridesOf(outer), product(outer)] }],
    body: [
      { kind: 'load', input: 0, dtype: 'float32' },
      { kind: 'reduce', op: 'sum', arg: 0, dtype: 'float32' },
    ],
    outputs: [{ ...out, value: 1 }],
  };
}

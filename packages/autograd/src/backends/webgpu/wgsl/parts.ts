/** @file Sums in parts: what is long is summed by several workgroups, and what comes of each is added. */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { Access, Place } from '../../../engine/compile/place.js';
import { stridesOf } from '../../../graph/shape.js';
import { product } from './coordinates.js';

/** What is summed, in parts of so many elements; what comes of each lies one after the other. */
export interface Parts {
  readonly count: number;
  readonly length: number;
}

/** The parts of each result of so many, which lie one after the other, added. */
export function sumOfParts(
  outer: readonly number[],
  count: number,
  parts: Place,
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

/** @file Random numbers. */
import { planRandom } from '../backends/wasm/operators/randomKernel.js';
import type { RandomKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import { sizeOf } from '../graph/shape.js';
import type { KernelFamily, Spec } from './family.js';

export const drawing: KernelFamily<Spec<'random'>, RandomKernel> = {
  make: (spec, { instruction, inputs, out }) => ({
    ...spec,
    count: sizeOf(instruction.shape),
    inputs: inputs as [BufferRef, BufferRef],
    out,
  }),
  plan: (kernel) => [planRandom(kernel)],
};

/** @file Joining: many short inputs put side by side by one kernel, where a copy for each would cost more than the copying. */
import { planJoin } from '../backends/wasm/operators/joinKernel.js';
import type { JoinKernel } from '../engine/compile/operators.js';
import { sizeOf } from '../graph/shape.js';
import type { KernelFamily, Spec } from './family.js';

export const joining: KernelFamily<Spec<'join'>, JoinKernel> = {
  make: ({ dim }, { instruction, operands, inputs, out }) => ({
    kind: 'join',
    rows: sizeOf(instruction.shape.slice(0, dim)),
    lengths: operands.map(({ shape }) => sizeOf(shape.slice(dim))),
    inputs,
    out,
  }),
  plan: (kernel) => [planJoin(kernel)],
};

/** @file The positions `0, 1, …`, as an ordinary loop. */
import type { LoopKernel } from '../engine/compile/kernel.js';
import type { KernelFamily, Site, Spec } from './family.js';

export const counting: KernelFamily<Spec<'count'>, never> = {
  make: (_spec, site) => count(site),
  plan: (kernel) => kernel,
};

function count({ instruction, out }: Site): LoopKernel {
  return {
    kind: 'loop',
    outer: instruction.shape,
    inner: [],
    inputs: [],
    body: [{ kind: 'index', dim: 0, dtype: 'int32' }],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

/** @file Cumulative kernels: what has accumulated so far along a dimension. */
import { planCumulative } from '../backends/wasm/operators/cumulativeKernel.js';
import type { CumulativeKernel } from '../engine/compile/operators.js';
import type { Instruction } from '../engine/program.js';
import { splitShapeAt } from './splitShapeAt.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const accumulating: KernelFamily<Spec<'cumulative'>, CumulativeKernel> = {
  make: cumulative,
  plan: (kernel) => [planCumulative(kernel)],
};

function cumulative(
  { op, dim, reverse }: Spec<'cumulative'>,
  { operands, inputs, out }: Site,
): Bare<CumulativeKernel> | null {
  if (op === 'recurrence' && inputs.some(({ dtype }) => dtype !== out.dtype || dtype === 'int32'))
    return null;
  return {
    kind: 'cumulative',
    op,
    reverse,
    ...splitShapeAt(operands[0] as Instruction, dim),
    inputs,
    out,
  };
}

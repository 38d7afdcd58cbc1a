/** @file Searching: where values belong in sorted rows. */
import { planSearch } from '../backends/wasm/operators/searchKernel.js';
import type { SearchKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const searching: KernelFamily<Spec<'search'>, SearchKernel> = {
  make: search,
  plan: (kernel) => [planSearch(kernel)],
};

function search(
  { right }: Spec<'search'>,
  { instruction, operands, inputs, out }: Site,
): Bare<SearchKernel> | null {
  const { shape } = operands[0] as Instruction;
  if (inputs[0]?.dtype !== inputs[1]?.dtype) return null;
  const rows = sizeOf(shape.slice(0, -1));
  return {
    kind: 'search',
    right,
    rows,
    length: shape.at(-1) as number,
    each: sizeOf(instruction.shape) / rows,
    inputs: inputs as [BufferRef, BufferRef],
    out,
  };
}

/** @file The position of the largest or smallest element along a dimension. */
import { planPosition } from '../backends/wasm/operators/positionKernel.js';
import type { PositionKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { splitShapeAt } from './splitShapeAt.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const extremePosition: KernelFamily<Spec<'position'>, PositionKernel> = {
  make: position,
  plan: (kernel) => [planPosition(kernel)],
};

function position(
  { largest, dim }: Spec<'position'>,
  { operands, inputs, out }: Site,
): Bare<PositionKernel> | null {
  const [x] = operands as readonly [Instruction];
  if ((x.shape[dim] ?? 0) === 0) return null;
  return { kind: 'position', largest, ...splitShapeAt(x, dim), inputs: inputs as [BufferRef], out };
}

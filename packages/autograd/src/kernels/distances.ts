/** @file Distances between all rows of two matrices. */
import { planDistance } from '../backends/wasm/operators/distanceKernel.js';
import type { DistanceKernel } from '../engine/compile/operators.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const distances: KernelFamily<Spec<'distance'>, DistanceKernel> = {
  make: distance,
  plan: (kernel, context) => planDistance(kernel, context),
};

function distance(
  { norm }: Spec<'distance'>,
  { operands, inputs, out }: Site,
): Bare<DistanceKernel> | null {
  const [x, y] = operands as readonly [Instruction, Instruction];
  const [rows, length] = x.shape.slice(-2) as [number, number];
  if (length === 0) return null;
  return {
    kind: 'distance',
    norm,
    batch: sizeOf(x.shape.slice(0, -2)),
    rows,
    others: y.shape.at(-2) as number,
    length,
    inputs: inputs as unknown as DistanceKernel['inputs'],
    out,
  };
}

/** @file Distances between all rows of two matrices, and sums of their differences. */
import { planDistance } from '../backends/wasm/operators/distanceKernel.js';
import { planPulls } from '../backends/wasm/products/matmul.js';
import type { DistanceKernel, PullKernel } from '../engine/compile/operators.js';
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
    columns: y.shape.at(-2) as number,
    length,
    inputs: inputs as unknown as DistanceKernel['inputs'],
    out,
  };
}

export const pulls: KernelFamily<Spec<'pull'>, PullKernel> = {
  make: pull,
  plan: (kernel, context) => [planPulls(kernel, context)],
};

function pull(
  { transposed }: Spec<'pull'>,
  { operands, inputs, out }: Site,
): Bare<PullKernel> | null {
  const [, x, y] = operands as readonly [Instruction, Instruction, Instruction];
  const [rows, length] = x.shape.slice(-2) as [number, number];
  const columns = y.shape.at(-2) as number;
  if (length === 0 || columns === 0) return null;
  return {
    kind: 'pull',
    transposed,
    batch: sizeOf(x.shape.slice(0, -2)),
    ...{ rows, columns, length },
    inputs: inputs as unknown as PullKernel['inputs'],
    out,
  };
}

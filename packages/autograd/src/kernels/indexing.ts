/** @file Reading and writing elements or slices at the positions that an index names. */
import { planIndex } from '../backends/wasm/operators/indexKernel.js';
import type { IndexKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf, stridesOf } from '../graph/shape.js';
import { splitShapeAt } from './splitShapeAt.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

/** An index for each element. */
export const elementsAt: KernelFamily<Spec<'elements'>, IndexKernel> = {
  make: elements,
  plan: planIndex,
};

/** An index for each slice. */
export const slicesAt: KernelFamily<Spec<'slices'>, IndexKernel> = {
  make: slices,
  plan: planIndex,
};

/** Writes 1 at the position that each index names. */
export const marks: KernelFamily<Spec<'mark'>, IndexKernel> = { make: mark, plan: planIndex };

function elements(
  { mode, dim }: Spec<'elements'>,
  { operands, inputs, out, start }: Site,
): Bare<IndexKernel> | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
  const strides = stridesOf(table.shape);
  const own = stridesOf(index.shape);
  if (sizeOf(index.shape) === 0 || table.shape.length === 0) return null;
  return {
    kind: 'index',
    mode,
    space: index.shape,
    limit: table.shape[dim] as number,
    step: strides[dim] as number,
    index: own,
    table: strides.map((s, d) => (d === dim ? 0 : s)),
    other: own,
    tableSize: sizeOf(table.shape),
    ...startOf(inputs, start),
    out,
  };
}

/** A table that is a number is no input of the kernel. */
function startOf(
  inputs: readonly BufferRef[],
  start: number | null,
): Pick<IndexKernel, 'start' | 'inputs'> {
  return { start, inputs: start === null ? inputs : inputs.slice(1) };
}

function slices(
  { mode, dim }: Spec<'slices'>,
  { operands, inputs, out, start }: Site,
): Bare<IndexKernel> | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
  const { outer, length, inner } = splitShapeAt(table, dim);
  const count = sizeOf(index.shape);
  if (count === 0) return null;
  return {
    kind: 'index',
    mode,
    space: [outer, count, inner],
    limit: length,
    step: inner,
    index: [0, 1, 0],
    table: [length * inner, 0, 1],
    other: [count * inner, inner, 1],
    tableSize: sizeOf(table.shape),
    ...startOf(inputs, start),
    out,
  };
}

function mark({ count }: Spec<'mark'>, { operands, inputs, out }: Site): Bare<IndexKernel> {
  const size = sizeOf((operands[0] as Instruction).shape);
  return {
    kind: 'index',
    mode: 'mark',
    space: [size],
    limit: count,
    step: 1,
    index: [1],
    table: [count],
    other: [0],
    tableSize: size * count,
    start: 0,
    inputs,
    out,
  };
}

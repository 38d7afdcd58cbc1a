/**
 * @file Operator kernels: makes the kernel that a primitive's lowering describes, from the shapes and places of its operands.
 */
import type { KernelSpec } from '../../graph/lowering.js';
import { sizeOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import type { Kernel } from './kernel.js';
import type { BufferRef } from './bufferRef.js';
import type { Instruction } from '../program.js';

/** Whether a kernel writes into a copy of its first operand, which may then be a number. */
export function writesTable(
  instructions: readonly Instruction[],
  slot: number,
  spec: KernelSpec | null,
): boolean {
  if (spec?.kind !== 'elements' && spec?.kind !== 'slices') return false;
  const { shape, inputs } = instructions[slot] as Instruction;
  if (spec.mode === 'gather' || shape.length === 0 || sizeOf(shape) === 0) return false;
  return sizeOf((instructions[inputs[1] as number] as Instruction).shape) > 0;
}

/** The kernel of a primitive over contiguous operands, or null where only its reference can run it. */
export function operatorKernel(
  instructions: readonly Instruction[],
  slot: number,
  operands: readonly number[],
): Kernel | null {
  const instruction = instructions[slot] as Instruction;
  const { op, attrs, shape, inputs } = instruction;
  if (op?.lowering.kind !== 'kernel' || sizeOf(shape) === 0) return null;
  const place = (buffer: number): BufferRef => ({
    buffer,
    dtype: (instructions[buffer] as Instruction).dtype,
    offset: 0,
  });
  const { family } = op.lowering;
  const spec = op.lowering.kernel(attrs ?? {});
  // Operands are read from their buffers even if they are numbers; only the one that a table starts from may be a literal.
  const first = writesTable(instructions, slot, spec) ? instructions[operands[0] ?? -1] : undefined;
  const made = family.make(spec as never, {
    instruction,
    operands: inputs.map((x) => instructions[x] as Instruction),
    inputs: operands.map(place),
    out: place(slot),
    start: first?.op === constantOp ? (first.attrs as { value: number }).value : null,
  });
  if (made === null || made.kind === 'loop' || made.kind === 'matmul') return made;
  return { ...made, family };
}

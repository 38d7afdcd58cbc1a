/**
 * @file Operations that the engine leaves to their reference and the device has kernels for all the same: what has no
 * elements, folds over nothing, and writing nothing to a table.
 */
import type { Kernel, LoopKernel, Place, Scalar } from '../../engine/kernel.js';
import type { Instruction } from '../../engine/program.js';
import { sizeOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';

/** The kernels of an instruction; null where there are none. */
export function specialKernels(
  instructions: readonly Instruction[],
  slot: number,
  operands: readonly number[],
): readonly Kernel[] | null {
  const { op, shape, dtype, inputs } = instructions[slot] as Instruction;
  if (sizeOf(shape) === 0) return [];
  if (op === null) return null;
  const out: Place = { buffer: slot, dtype, offset: 0 };
  const size = sizeOf(shape);
  const { lowering } = op;
  if (lowering.kind === 'fold' && sizeOf(instructions[inputs[0]!]!.shape) === 0) {
    const value = lowering.fold === 'sum' ? 0 : 1;
    return lowering.fold === 'sum' || lowering.fold === 'prod'
      ? [filledWith(value, size, out)]
      : null;
  }
  if (lowering.kind === 'kernel') {
    const first = operands[0];
    const table = instructions[first ?? -1];
    const index = instructions[inputs[1] ?? -1];
    const writes = lowering.kernel(instructions[slot]!.attrs ?? {});
    if (
      (writes.kind === 'elements' || writes.kind === 'slices') &&
      writes.mode !== 'gather' &&
      table !== undefined &&
      index !== undefined &&
      sizeOf(index.shape) === 0
    ) {
      if (table.op === constantOp)
        return [filledWith((table.attrs as { value: number }).value, size, out)];
      return [copyOf({ buffer: first!, dtype, offset: 0 }, size, out)];
    }
  }
  return null;
}

function loopOver(size: number, inputs: LoopKernel['inputs'], scalar: Scalar, out: Place): Kernel {
  return {
    kind: 'loop',
    outer: [size],
    inner: [],
    inputs,
    body: [scalar],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

function filledWith(value: number, size: number, out: Place): Kernel {
  return loopOver(size, [], { kind: 'const', value, dtype: out.dtype }, out);
}

function copyOf(from: Place, size: number, out: Place): Kernel {
  const scalar: Scalar = { kind: 'load', input: 0, dtype: out.dtype };
  return loopOver(size, [{ ...from, strides: [1] }], scalar, out);
}

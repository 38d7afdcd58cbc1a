/**
 * @file The reference backend: runs a program one instruction at a time with each primitive's own kernel. Supports every
 * dtype, and is plainly right: other backends are tested against it.
 */
import { DeviceError } from '../../errors.js';
import { allocate, copyArray, type DType, type TypedArray } from '../../graph/dtype.js';
import type { Primitive, Value } from '../../graph/primitive.js';
import { show, sizeOf, type Shape } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import { isScalar, Tape } from './tape.js';
import type { Executable, HostBackend, Instruction, Meter, Program } from '../../engine/program.js';

export const interpreter: HostBackend = {
  name: 'interpreter',
  device: 'cpu',
  compile: (program, meter = null) =>
    meter === null && isScalar(program) ? new Tape(program) : new Interpretation(program, meter),
  describe: (program) =>
    isScalar(program)
      ? 'a tape of single numbers'
      : 'one operation after the other, each by its reference kernel',
  allocate,
  release: () => undefined,
  nested: (f) => f(interpreter),
};

class Interpretation implements Executable<TypedArray> {
  at = 0;
  /** For each instruction, the arrays that are not needed after it. */
  private readonly released: readonly number[][];

  private readonly program: Program;
  private readonly meter: Meter | null;

  constructor(program: Program, meter: Meter | null) {
    this.program = program;
    this.meter = meter;
    this.released = lastUses(program);
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    const { instructions, inputs: slots, outputs: wanted } = this.program;
    const arrays = new Array<TypedArray | null>(instructions.length).fill(null);
    slots.forEach((slot, i) => (arrays[slot] = inputs[i] as TypedArray));
    for (let i = 0; i < instructions.length; i++) {
      const instruction = instructions[i] as Instruction;
      if (instruction.op === null) continue;
      this.at = instruction.origin ?? i;
      const start = this.meter === null ? 0 : performance.now();
      const array = compute(instruction, instruction.op, arrays, instructions);
      arrays[i] = array;
      const { name } = instruction.op;
      this.meter?.report(
        {
          name: `${name} [${instruction.shape.join(', ')}]`,
          operations: [name],
          flops: array.length,
          bytes: array.byteLength,
        },
        performance.now() - start,
      );
      for (const j of this.released[i] as number[]) arrays[j] = null;
    }
    const owned = new Set<TypedArray>(inputs);
    return wanted.map((i, k) => {
      const array = arrays[i] as TypedArray;
      const given = outputs[k] ?? null;
      if (given !== null) {
        given.set(array);
        return given;
      }
      if (owned.has(array)) return copyArray(array);
      owned.add(array);
      return array;
    });
  }
}

function compute(
  { attrs, inputs, shape, dtype }: Instruction,
  op: Primitive,
  arrays: readonly (TypedArray | null)[],
  instructions: readonly Instruction[],
): TypedArray {
  if (op.lowering.kind === 'alias') return arrays[inputs[0] as number] as TypedArray;
  const data = allocateResult(op.name, dtype, shape);
  if (op === (constantOp as unknown as Primitive)) {
    data[0] = (attrs as { value: number }).value;
    return data;
  }
  const values = inputs.map((i): Value => {
    const { shape, dtype } = instructions[i] as Instruction;
    return { data: arrays[i] as TypedArray, shape, dtype };
  });
  op.kernel(values, { data, shape, dtype }, attrs ?? {});
  return data;
}

/** An array for a result. @throws {DeviceError} that names the operation, if there is no memory for it. */
function allocateResult(op: string, dtype: DType, shape: Shape): TypedArray {
  try {
    return allocate(dtype, sizeOf(shape));
  } catch (error) {
    throw new DeviceError(
      `${op}: its result, ${dtype}${show(shape)}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function lastUses({ instructions, inputs, outputs }: Program): number[][] {
  const last = new Array<number>(instructions.length).fill(-1);
  instructions.forEach((instruction, i) => {
    for (const j of instruction.inputs) last[j] = i;
  });
  const forever = new Set([...outputs, ...inputs]);
  const released = instructions.map((): number[] => []);
  last.forEach((i, j) => {
    if (i >= 0 && !forever.has(j)) released[i]?.push(j);
  });
  return released;
}

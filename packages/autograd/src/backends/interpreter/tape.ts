/**
 * @file Graphs of single numbers, as micrograd builds them: a tape of instructions over one array of registers.
 *
 * Tens of thousands of nodes of one element each would be a giant kernel to compile and a slow walk to interpret: here
 * each costs a few nanoseconds.
 */
import { allocate, type DType, type TypedArray } from '../../graph/dtype.js';
import type { Scalar } from '../../graph/lowering.js';
import type { Primitive } from '../../graph/primitive.js';
import { constantOp } from '../../graph/version.js';
import type { Executable, Instruction, Program } from '../../engine/program.js';

/** Whether every value is a single number and every operation an element function. */
export function isScalar({ instructions }: Program): boolean {
  return instructions.every((instruction) => {
    const { op, shape, dtype } = instruction;
    for (const n of shape) if (n !== 1) return false;
    return (
      op === null ||
      op === constantOp ||
      isIdentity(instruction) ||
      (op.lowering.kind === 'element' && dtype !== 'int32')
    );
  });
}

/** Whether an operation leaves a single number unchanged, as movement and sums do. */
function isIdentity({ op, attrs }: Instruction): boolean {
  const { lowering } = op as Primitive;
  if (lowering.kind === 'view') return lowering.view(attrs ?? {}).kind !== 'slice';
  return lowering.kind === 'alias' || (lowering.kind === 'fold' && lowering.fold === 'sum');
}

/** The operations with a case of their own; all others call their primitive's function. */
const CODES: Readonly<Record<string, number | undefined>> = {
  move: 0,
  add: 1,
  mul: 2,
  sub: 3,
  strongMul: 4,
  neg: 5,
  square: 6,
};
const CALL = 7;

export class Tape implements Executable<TypedArray> {
  at = 0;
  private readonly program: Program;
  private readonly registers: Float64Array;
  /** Four numbers for each instruction: code, two operands and the result; a third operand is in `third`. */
  private readonly code: Int32Array;
  private readonly third: Int32Array;
  private readonly round: Uint8Array;
  private readonly functions: readonly (Scalar | null)[];
  private readonly origins: Int32Array;

  /** `better` gives functions to call instead of a primitive's own: those of a backend, with its bits. */
  constructor(program: Program, better: (op: string, dtype: DType) => Scalar | null = () => null) {
    this.program = program;
    const { instructions } = program;
    this.registers = new Float64Array(instructions.length);
    const code: number[] = [];
    const third: number[] = [];
    const round: number[] = [];
    const functions: (Scalar | null)[] = [];
    const origins: number[] = [];
    instructions.forEach((instruction, slot) => {
      const { op, attrs, inputs, dtype } = instruction;
      if (op === null) return;
      if (op === constantOp) {
        const { value } = attrs as { value: number };
        this.registers[slot] = dtype === 'float32' ? Math.fround(value) : value;
        return;
      }
      const [x = 0, y = 0, z = 0] = inputs;
      const known = isIdentity(instruction)
        ? CODES['move']
        : dtype === 'bool'
          ? undefined
          : CODES[op.name];
      code.push(known ?? CALL, x, y, slot);
      third.push(z);
      round.push(dtype === 'float32' ? 1 : 0);
      functions.push(
        known === undefined
          ? (checkedOf(instruction, op) ?? better(op.name, dtype) ?? functionOf(instruction, op))
          : null,
      );
      origins.push(instruction.origin ?? slot);
    });
    this.code = Int32Array.from(code);
    this.third = Int32Array.from(third);
    this.round = Uint8Array.from(round);
    this.functions = functions;
    this.origins = Int32Array.from(origins);
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    const { registers, code, third, round, functions, program } = this;
    const slots = program.inputs;
    for (let i = 0; i < slots.length; i++) registers[slots[i]!] = inputs[i]![0]!;
    for (let i = 0, at = 0; at < code.length; i++, at += 4) {
      const x = registers[code[at + 1]!]!;
      const y = registers[code[at + 2]!]!;
      let r: number;
      switch (code[at]!) {
        case 0:
          r = x;
          break;
        case 1:
          r = x + y;
          break;
        case 2:
          r = x * y;
          break;
        case 3:
          r = x - y;
          break;
        case 4:
          r = x === 0 ? 0 : x * y;
          break;
        case 5:
          r = -x;
          break;
        case 6:
          r = x * x;
          break;
        default:
          this.at = this.origins[i]!;
          r = functions[i]!(x, y, registers[third[i]!]!);
      }
      registers[code[at + 3]!] = round[i]! === 1 ? Math.fround(r) : r;
    }
    return program.outputs.map((slot, k) => {
      const array = outputs[k] ?? allocate((program.instructions[slot] as Instruction).dtype, 1);
      array[0] = registers[slot]!;
      return array;
    });
  }
}

/** The function of an instruction that refuses some arguments; it must not be replaced by another. */
function checkedOf({ attrs }: Instruction, { lowering }: Primitive): Scalar | null {
  return (lowering.kind === 'element' && lowering.checked?.(attrs ?? {})) || null;
}

/** The scalar function of an instruction; a boolean result is 0 or 1, whatever the function returns. */
function functionOf({ dtype }: Instruction, { name, lowering }: Primitive): Scalar {
  if (lowering.kind !== 'element') throw new Error(`tape: ${name} is not a function of numbers`);
  const f = lowering.scalar;
  return dtype === 'bool' ? (x, y, z) => (f(x, y, z) !== 0 ? 1 : 0) : f;
}

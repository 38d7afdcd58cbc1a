/**
 * @file Remembers the last call of each operator kernel. The same primitive over operands of the same shapes is the same call
 * with other buffers: a graph that repeats itself, such as one token at a time, makes the same few calls again and again.
 */
import type { Instruction } from '../../../engine/program.js';
import type { Attrs, AttrValue, Primitive } from '../../../graph/primitive.js';
import { sameShape } from '../../../graph/shape.js';
import { constantOp } from '../../../graph/version.js';
import { SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';

/** A kernel, and the index of its form. */
export interface CachedForm {
  readonly form: number;
  readonly formed: FormedKernel;
}

/** One call, and the scratch memory that it shares. */
export interface CachedCall extends CachedForm {
  readonly shared: number;
}

/** The calls of an instruction; `buffers` are those of its operands, then that of its result. */
interface CachedCalls {
  readonly instruction: Instruction;
  readonly operands: readonly Instruction[];
  readonly buffers: readonly number[];
  readonly calls: readonly CachedCall[];
}

/** An instruction and the buffers that it reads in the current program. */
export interface InstructionBuffers {
  readonly instructions: readonly Instruction[];
  readonly slot: number;
  readonly operands: readonly number[];
}

export class KernelCache {
  private readonly last = new Map<Primitive, CachedCalls>();
  private readonly trees = new Map<string, CachedForm>();

  /** Forgets forms that could not be compiled. */
  forget(): void {
    this.last.clear();
    this.trees.clear();
  }

  /** The kernel of a tree of single numbers; made by `make` if it is not known yet. */
  tree(key: string, make: () => CachedForm): CachedForm {
    let found = this.trees.get(key);
    if (found === undefined) this.trees.set(key, (found = make()));
    return found;
  }

  /** The calls of an equal instruction, or null. */
  find({ instructions, slot, operands }: InstructionBuffers): CachedCalls | null {
    const instruction = instructions[slot] as Instruction;
    const known = this.last.get(instruction.op as Primitive);
    if (known === undefined || !isSameInstruction(known.instruction, instruction)) return null;
    if (known.operands.length !== operands.length) return null;
    for (let i = 0; i < operands.length; i++) {
      const operand = instructions[instruction.inputs[i]!] as Instruction;
      if (operand.op === constantOp || !isSameOperands(known.operands[i]!, operand)) return null;
      if (operands.indexOf(operands[i]!) !== known.buffers.indexOf(known.buffers[i]!)) return null;
    }
    return known;
  }

  remember(
    { instructions, slot, operands }: InstructionBuffers,
    calls: readonly CachedCall[],
  ): void {
    const instruction = instructions[slot] as Instruction;
    const read = instruction.inputs.map((x) => instructions[x] as Instruction);
    if (read.some(({ op }) => op === constantOp)) return;
    const buffers = [...operands, slot];
    const isOurs = (buffer: number): boolean =>
      buffer === SCRATCH_BUFFER || buffers.includes(buffer);
    if (!calls.every(({ formed }) => formed.block.pointers.every((p) => isOurs(p.buffer)))) return;
    this.last.set(instruction.op as Primitive, { instruction, operands: read, buffers, calls });
  }
}

function isSameOperands(x: Instruction, y: Instruction): boolean {
  return x.dtype === y.dtype && sameShape(x.shape, y.shape);
}

function isSameInstruction(x: Instruction, y: Instruction): boolean {
  return isSameOperands(x, y) && sameAttrs(x.attrs, y.attrs);
}

function sameAttrs(x: Attrs | null, y: Attrs | null): boolean {
  if (x === y) return true;
  if (x === null || y === null) return false;
  for (const key in y) if (!(key in x)) return false;
  for (const key in x) if (!sameValue(x[key] as AttrValue, y[key] as AttrValue)) return false;
  return true;
}

function sameValue(x: AttrValue, y: AttrValue): boolean {
  if (typeof x !== 'object' || typeof y !== 'object') return Object.is(x, y);
  return x.length === y.length && x.every((value, i) => sameValue(value, y[i] as AttrValue));
}

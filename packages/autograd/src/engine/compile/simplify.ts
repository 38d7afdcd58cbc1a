/**
 * @file Simplification: a program that computes the same bits with fewer instructions.
 *
 * Only rewrites that hold for every value, NaN, infinities and signed zeros included, so that a result never depends
 * on what else is computed with it: equal expressions once, products with 1, casts to the same dtype, double
 * negation, and whatever no output needs.
 */
import type { Primitive } from '../../graph/primitive.js';
import { sameShape } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import type { Instruction, Program } from '../program.js';
import { Structure, StructureMap } from '../structure.js';

export function simplify(program: Program): Program {
  return removeDead(combine(program));
}

/** Rewrites instruction by instruction; equal ones become one. */
function combine({ instructions, inputs, outputs }: Program): Program {
  const kept: Instruction[] = [];
  const now: number[] = [];
  const known = new StructureMap();
  const key = new Structure();
  const isInput = new Set(inputs); // the same slot may be handed over at several positions
  instructions.forEach((original, slot) => {
    if (isInput.has(slot) || original.op === null) {
      now[slot] = kept.push(original) - 1;
      return;
    }
    const instruction = {
      ...original,
      inputs: original.inputs.map((x) => now[x]!),
      origin: original.origin ?? slot,
    };
    const same = identity(instruction, kept);
    if (same !== null) {
      now[slot] = same;
      return;
    }
    writeKey(key, instruction, original.op);
    now[slot] = known.getOrSet(key, kept.length);
    if (now[slot] === kept.length) kept.push(instruction);
  });
  const moved = (slots: readonly number[]): number[] => slots.map((slot) => now[slot]!);
  return { instructions: kept, inputs: moved(inputs), outputs: moved(outputs) };
}

/** The slot whose value this instruction repeats, or null. */
function identity(instruction: Instruction, kept: readonly Instruction[]): number | null {
  const { op, inputs, shape, dtype } = instruction;
  const { lowering } = op as Primitive;
  const [x, y] = inputs;
  if (x === undefined) return null;
  const unchanged = (slot: number): boolean => {
    const x = kept[slot] as Instruction;
    return x.dtype === dtype && sameShape(x.shape, shape);
  };
  if (lowering.kind === 'alias') return lowering.transparent && unchanged(x) ? x : null;
  if (lowering.kind !== 'element') return null;
  const { unit, involution = false } = lowering;
  if (unit !== undefined && y !== undefined) {
    if (literal(y, kept) === 1 && unchanged(x)) return x;
    if (unit === 'either' && literal(x, kept) === 1 && unchanged(y)) return y;
  }
  const inner = kept[x] as Instruction;
  return involution && inner.op === op ? (inner.inputs[0] as number) : null;
}

/** The number a slot holds in every place, if that is known. */
function literal(slot: number, kept: readonly Instruction[]): number | null {
  let at = kept[slot] as Instruction;
  while (at.op !== null && repeats(at)) at = kept[at.inputs[0] as number] as Instruction;
  return at.op === constantOp ? (at.attrs as { value: number }).value : null;
}

/** Whether an instruction has no other elements than its input. */
function repeats({ op, attrs }: Instruction): boolean {
  if (op?.lowering.kind === 'alias') return true;
  return op?.lowering.kind === 'view' && op.lowering.view(attrs ?? {}).kind === 'expand';
}

/** Instructions with equal keys compute equal values. */
function writeKey(
  key: Structure,
  { attrs, inputs, shape, dtype }: Instruction,
  op: Primitive,
): void {
  key.length = 0;
  key.push(op.id);
  key.push(inputs.length);
  for (const x of inputs) key.push(x);
  key.pushWith(dtype, shape.length);
  for (const n of shape) key.push(n);
  if (attrs !== null) key.pushAttrs(attrs);
}

function removeDead({ instructions, inputs, outputs }: Program): Program {
  const live = new Uint8Array(instructions.length);
  for (const slot of outputs) live[slot] = 1;
  for (let slot = instructions.length - 1; slot >= 0; slot--) {
    if (live[slot] === 1) for (const x of (instructions[slot] as Instruction).inputs) live[x] = 1;
  }
  for (const slot of inputs) live[slot] = 1; // they are handed over by position
  const now = new Int32Array(instructions.length);
  const kept: Instruction[] = [];
  instructions.forEach((instruction, slot) => {
    if (live[slot] === 0) return;
    now[slot] = kept.push({ ...instruction, inputs: instruction.inputs.map((x) => now[x]!) }) - 1;
  });
  return {
    instructions: kept,
    inputs: inputs.map((x) => now[x]!),
    outputs: outputs.map((x) => now[x]!),
  };
}

/**
 * @file Simplification: turns a program into one that computes the same bits with fewer instructions.
 *
 * Rewrites must hold for every value, NaN, infinities and signed zeros included, so that a result never depends on what else
 * is computed with it: equal expressions are computed once; products with 1, casts to the same dtype, double negation, and
 * whatever no output needs are removed.
 */
import type { Primitive } from '../../graph/primitive.js';
import { sameShape } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import { renumbered, type Instruction, type Program } from '../program.js';
import { Structure, StructureMap } from '../structure.js';

export function simplify(program: Program): Program {
  return eliminateDead(eliminateCommon(program));
}

/** An instruction that is kept, and the slots of its inputs among the kept ones. */
interface SimplifiedInstruction {
  readonly original: Instruction;
  readonly slot: number;
  readonly inputs: readonly number[];
}

interface Combined {
  readonly instructions: readonly SimplifiedInstruction[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const NONE: readonly number[] = [];

/** Goes through all instructions and keeps the first of equal ones. */
function eliminateCommon({ instructions, inputs, outputs }: Program): Combined {
  const kept: SimplifiedInstruction[] = [];
  const now = new Int32Array(instructions.length);
  const known = new StructureMap();
  const key = new Structure();
  for (let slot = 0; slot < instructions.length; slot++) {
    const original = instructions[slot]!;
    if (original.op === null) {
      now[slot] = kept.push({ original, slot, inputs: NONE }) - 1;
      continue;
    }
    const reads = new Array<number>(original.inputs.length);
    for (let i = 0; i < reads.length; i++) reads[i] = now[original.inputs[i]!]!;
    const same = identity(original, reads, kept);
    if (same >= 0) {
      now[slot] = same;
      continue;
    }
    writeKey(key, original, reads, original.op);
    now[slot] = known.getOrSet(key, kept.length);
    if (now[slot] === kept.length) kept.push({ original, slot, inputs: reads });
  }
  const placesOf = (slots: readonly number[]): number[] => slots.map((slot) => now[slot]!);
  return { instructions: kept, inputs: placesOf(inputs), outputs: placesOf(outputs) };
}

/** The slot whose value this instruction repeats, or −1. */
function identity(
  { op, shape, dtype }: Instruction,
  inputs: readonly number[],
  kept: readonly SimplifiedInstruction[],
): number {
  const { lowering } = op as Primitive;
  const [x, y] = inputs;
  if (x === undefined) return -1;
  const unchanged = (slot: number): boolean => {
    const { original } = kept[slot] as SimplifiedInstruction;
    return original.dtype === dtype && sameShape(original.shape, shape);
  };
  if (lowering.kind === 'alias') return lowering.transparent && unchanged(x) ? x : -1;
  if (lowering.kind !== 'element') return -1;
  const { unit, involution = false } = lowering;
  if (unit !== undefined && y !== undefined) {
    if (literal(y, kept) === 1 && unchanged(x)) return x;
    if (unit === 'either' && literal(x, kept) === 1 && unchanged(y)) return y;
  }
  const inner = kept[x] as SimplifiedInstruction;
  return involution && inner.original.op === op ? (inner.inputs[0] as number) : -1;
}

/** The number that a slot holds in every element, if that is known. */
function literal(slot: number, kept: readonly SimplifiedInstruction[]): number | null {
  let at = kept[slot] as SimplifiedInstruction;
  while (at.original.op !== null && isBroadcastCopy(at.original))
    at = kept[at.inputs[0] as number] as SimplifiedInstruction;
  const { op, attrs } = at.original;
  return op === constantOp ? (attrs as { value: number }).value : null;
}

/** Whether the elements of an instruction are those of its input, in order or repeated. */
function isBroadcastCopy({ op, attrs }: Instruction): boolean {
  if (op?.lowering.kind === 'alias') return true;
  return op?.lowering.kind === 'view' && op.lowering.view(attrs ?? {}).kind === 'expand';
}

/** Instructions with equal keys compute equal values. */
function writeKey(
  key: Structure,
  { attrs, shape, dtype }: Instruction,
  inputs: readonly number[],
  op: Primitive,
): void {
  key.reset();
  key.push(op.id);
  key.push(inputs.length);
  for (const x of inputs) key.push(x);
  key.pushWith(dtype, shape.length);
  for (const n of shape) key.push(n);
  if (attrs !== null) key.pushAttrs(attrs);
}

/** The instructions that an output needs, renumbered. */
function eliminateDead({ instructions: kept, inputs, outputs }: Combined): Program {
  const live = new Uint8Array(kept.length);
  for (const slot of outputs) live[slot] = 1;
  for (let slot = kept.length - 1; slot >= 0; slot--) {
    if (live[slot] === 1) for (const x of kept[slot]!.inputs) live[x] = 1;
  }
  for (const slot of inputs) live[slot] = 1; // inputs are passed in by position
  const now = new Int32Array(kept.length);
  const instructions: Instruction[] = [];
  kept.forEach(({ original, slot, inputs: reads }, k) => {
    if (live[k] === 0) return;
    now[k] = instructions.length;
    if (original.op === null) {
      instructions.push(original);
      return;
    }
    const places = reads.map((x) => now[x]!);
    instructions.push(renumbered(original, places, original.origin ?? slot));
  });
  return {
    instructions,
    inputs: inputs.map((x) => now[x]!),
    outputs: outputs.map((x) => now[x]!),
  };
}

/**
 * @file Cuts long programs into segments: a chain of thousands of small steps is planned a few hundred instructions at a
 * time, and what repeats is planned once.
 */

import { sizeOf } from '../graph/shape.js';
import { constantOp } from '../graph/version.js';
import { renumbered, type Instruction, type Program } from './program.js';
import { Structure } from './structure.js';

/** A part of a program, as a program of its own. */
export interface Segment {
  readonly program: Program;
  /** Equal for equal segments, wherever they are in the program. */
  readonly structure: Int32Array;
  /** The slots of the whole program that are its inputs and outputs. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** For each of its instructions the slot in the whole program. */
  readonly origins: readonly number[];
}

/** A program of more instructions than this is cut, if its values are small. */
export const MAX_INSTRUCTIONS = 10_000;
const MIN_SEGMENT = 256;
const MAX_SEGMENT = 512;

/**
 * Values between segments keep their memory from run to run, which is cheap only for small ones. A program is cut if its
 * operations read or write between `least` and `most` elements on average; one with fewer runs on a tape, or one by one.
 */
const MEAN_ELEMENTS = { least: 8, most: 1024 };

/** Whether a program runs in segments: depends on its structure alone. */
export function isLong({ instructions }: Program): boolean {
  if (instructions.length <= MAX_INSTRUCTIONS) return false;
  let [operations, elements] = [0, 0];
  for (const instruction of instructions) {
    if (instruction.op === null || instruction.op.lowering.kind === 'alias') continue;
    operations++;
    elements += elementsOf(instruction, instructions);
  }
  const mean = elements / operations;
  return mean >= MEAN_ELEMENTS.least && mean <= MEAN_ELEMENTS.most;
}

/** Whether a program could be long once simplified: one of single numbers never is. */
export function mayBeLong({ instructions }: Program): boolean {
  if (instructions.length <= MAX_INSTRUCTIONS) return false;
  return instructions.some((x) => elementsOf(x, instructions) >= MEAN_ELEMENTS.least);
}

/** The size of the largest value that an instruction reads or writes. */
function elementsOf({ inputs, shape }: Instruction, all: readonly Instruction[]): number {
  let largest = sizeOf(shape);
  for (const x of inputs) largest = Math.max(largest, sizeOf(all[x]!.shape));
  return largest;
}

/** The segments of a program, in order. */
export function segmentsOf(program: Program): Segment[] {
  const { instructions, outputs } = program;
  const cuts = cutPoints(instructions);
  const lastUse = new Int32Array(instructions.length).fill(-1);
  instructions.forEach(({ inputs }, slot) => {
    for (const x of inputs) lastUse[x] = slot;
  });
  for (const slot of outputs) lastUse[slot] = instructions.length;
  const given = new Set(program.inputs);
  const segments: Segment[] = [];
  for (let k = 0; k + 1 < cuts.length; k++) {
    const segment = segmentOf(instructions, given, cuts[k]!, cuts[k + 1]!, lastUse);
    if (segment !== null) segments.push(segment);
  }
  return segments;
}

/**
 * Where to cut: of all the positions where a segment may end, the one where the instructions before it have the smallest
 * hash. So cuts fall at the same points of a repeated pattern, however often it repeats and whatever comes before.
 */
function cutPoints(instructions: readonly Instruction[]): number[] {
  const hashes = localHashes(instructions);
  const cuts = [0];
  for (let start = 0; start < instructions.length;) {
    let best = Math.min(start + MAX_SEGMENT, instructions.length);
    if (best < instructions.length) {
      for (let at = start + MAX_SEGMENT; at >= start + MIN_SEGMENT; at--)
        if (hashes[at]! <= hashes[best]!) best = at;
    }
    cuts.push(best);
    start = best;
  }
  return cuts;
}

/** How many instructions before a position its hash takes in. */
const HASH_WINDOW = 8;

/** For each position a hash of the few instructions before it, independent of where in the program they are. */
function localHashes(instructions: readonly Instruction[]): Uint32Array {
  const key = new Structure();
  const own = instructions.map(({ op, inputs, shape, dtype }, slot) => {
    key.reset();
    key.push(op === null ? -1 : op.id);
    for (const x of inputs) key.push(slot - x <= HASH_WINDOW ? slot - x : -1);
    key.pushWith(dtype, shape.length);
    for (const n of shape) key.push(n);
    return key.hash();
  });
  const hashes = new Uint32Array(instructions.length + 1);
  for (let at = 1; at <= instructions.length; at++) {
    let h = 0;
    for (let i = Math.max(0, at - HASH_WINDOW); i < at; i++)
      h = Math.imul(h ^ own[i]!, 0x01000193) >>> 0;
    hashes[at] = h ^ (h >>> 13);
  }
  return hashes;
}

const NONE: readonly number[] = [];

/** The instructions from `start` to `end` as a program; null if it computes nothing. */
function segmentOf(
  instructions: readonly Instruction[],
  given: ReadonlySet<number>,
  start: number,
  end: number,
  lastUse: Int32Array,
): Segment | null {
  const made: Instruction[] = [];
  const origins: number[] = [];
  const local = new Map<number, number>();
  const outside: number[] = [];
  const structure = new Structure();

  const add = (slot: number, instruction: Instruction, inputs: readonly number[]): number => {
    const at = made.length;
    made.push(renumbered(instruction, inputs, at));
    origins.push(instructions[slot]!.origin ?? slot);
    local.set(slot, at);
    const { op, attrs, shape, dtype } = instruction;
    structure.push(op === null ? -1 : op.id);
    structure.push(inputs.length);
    for (const x of inputs) structure.push(x);
    structure.pushWith(dtype, shape.length);
    for (const n of shape) structure.push(n);
    if (attrs !== null) structure.pushAttrs(attrs);
    return at;
  };
  /** A number is copied into each segment that reads it; any other earlier value is an input. */
  const operand = (slot: number): number => {
    const known = local.get(slot);
    if (known !== undefined) return known;
    const instruction = instructions[slot]!;
    if (instruction.op === constantOp && !given.has(slot)) return add(slot, instruction, NONE);
    outside.push(slot);
    const { shape, dtype } = instruction;
    return add(slot, { op: null, attrs: null, inputs: NONE, shape, dtype }, NONE);
  };

  const results: number[] = [];
  for (let slot = start; slot < end; slot++) {
    const instruction = instructions[slot]!;
    const { op } = instruction;
    if (op === null || given.has(slot)) continue;
    if (op === constantOp && lastUse[slot]! < instructions.length) continue;
    add(slot, instruction, instruction.inputs.map(operand));
    if (lastUse[slot]! >= end) results.push(slot);
  }
  if (results.length === 0) return null;
  const outputs = results.map((slot) => local.get(slot)!);
  for (const slot of outputs) structure.push(slot);
  return {
    program: { instructions: made, inputs: outside.map((slot) => local.get(slot)!), outputs },
    structure: structure.copy(),
    inputs: outside,
    outputs: results,
    origins,
  };
}

/** @file Joins: concatenations of many short inputs, which one kernel puts side by side. */
import { sizeOf, type Shape } from '../../graph/shape.js';
import type { Instruction } from '../program.js';
import type { Kernel } from './kernel.js';
import type { BufferRef } from './bufferRef.js';

/** From this many inputs on, a kernel for each costs more than the copying, if they have at most `SHORT` elements on average. */
const MANY = 8;
const SHORT = 1024;

/**
 * The kernel that puts all inputs of a slot side by side, or null if each is to be copied by a kernel of its own. `placeOf`
 * returns where an input begins if its elements are adjacent, else null.
 */
export function joinKernel(
  instructions: readonly Instruction[],
  slot: number,
  placeOf: (input: number, i: number) => BufferRef | null,
): Kernel | null {
  const instruction = instructions[slot] as Instruction;
  const { op, attrs, shape, inputs, dtype } = instruction;
  if (inputs.length < MANY || op?.lowering.kind !== 'parts') return null;
  const { joining: family } = op.lowering;
  const spec = op.lowering.parts(attrs ?? {});
  if (spec.kind !== 'concat' || family === undefined || !isShort(shape, inputs.length)) return null;
  const places: BufferRef[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const place = placeOf(inputs[i]!, i);
    if (place === null) return null;
    places.push(place);
  }
  const made = family.make(
    { kind: 'join', dim: spec.dim },
    {
      instruction,
      operands: inputs.map((x) => instructions[x] as Instruction),
      inputs: places,
      out: { buffer: slot, dtype, offset: 0 },
      start: null,
    },
  );
  return made?.kind === 'join' ? { ...made, family } : null;
}

function isShort(shape: Shape, pieces: number): boolean {
  const size = sizeOf(shape);
  return size > 0 && size <= pieces * SHORT;
}

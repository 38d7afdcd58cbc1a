/**
 * @file Parts: the pieces of which a buffer is assembled, side by side, one within another, or at positions known only when
 * it runs.
 */
import { splitDynamicParts, type PartsSpec, type DynamicPartsSpec } from '../../graph/lowering.js';
import { stridesOf } from '../../graph/shape.js';
import type { Instruction } from '../program.js';
import type { Part } from './steps.js';
import { ownView, type View } from './view.js';
import { viewOfWindow, windowOf, type Window } from './windows.js';

/** The parts of a slot; `viewOf` gives the views of its operands. */
export function partsOf(
  slot: number,
  spec: PartsSpec,
  instructions: readonly Instruction[],
  viewOf: (slot: number) => View,
): Part[] {
  return spec.kind === 'concat'
    ? sideBySide(slot, spec.dim, instructions, viewOf)
    : padParts(slot, spec, instructions, viewOf);
}

function sideBySide(
  slot: number,
  dim: number,
  instructions: readonly Instruction[],
  viewOf: (slot: number) => View,
): Part[] {
  const { inputs, shape } = instructions[slot]!;
  const strides = stridesOf(shape);
  let offset = 0;
  return inputs.map((x): Part => {
    const part = { view: viewOf(x), shape: instructions[x]!.shape, offset, strides };
    offset += part.shape[dim]! * strides[dim]!;
    return part;
  });
}

/** The padding value everywhere, and the input over it. */
function padParts(
  slot: number,
  { start, step }: PartsSpec & { kind: 'pad' },
  instructions: readonly Instruction[],
  viewOf: (slot: number) => View,
): Part[] {
  const { inputs, shape } = instructions[slot]!;
  const [x, value] = inputs as readonly [number, number];
  const strides = stridesOf(shape);
  return [
    fillPart(viewOf(value), shape),
    {
      view: viewOf(x),
      shape: instructions[x]!.shape,
      offset: start.reduce((at, s, d) => at + s * strides[d]!, 0),
      strides: strides.map((s, d) => s * step[d]!),
    },
  ];
}

/** One element everywhere. */
function fillPart(view: View, shape: readonly number[]): Part {
  const repeated = { ...view, strides: shape.map(() => 0), dims: null };
  return { view: repeated, shape, offset: 0, strides: stridesOf(shape) };
}

/**
 * The filling everywhere, the first part over it, and the other parts added. Each part lies in a window, which is appended to
 * `windows` and gets an instruction of its own.
 */
export function partsInWindows(
  slot: number,
  spec: DynamicPartsSpec,
  instructions: Instruction[],
  viewOf: (slot: number) => View,
  windows: Window[],
): Part[] {
  const instruction = instructions[slot]!;
  const { inputs, shape } = instruction;
  const whole = ownView(slot, shape);
  const parts = [fillPart(viewOf(inputs[1]!), shape)];
  for (const { part, numbers } of splitDynamicParts(inputs, spec)) {
    const window = instructions.push(instruction) - 1;
    windows.push(windowOf(window, spec, numbers, whole));
    const { strides } = viewOfWindow(window, spec, whole);
    const adds = parts.length > 1;
    const { shape: own } = instructions[part]!;
    parts.push({ view: viewOf(part), shape: own, offset: 0, strides, window, adds });
  }
  return parts;
}

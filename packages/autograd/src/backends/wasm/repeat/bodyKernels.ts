/** @file The kernels of a loop's body, and the memory of the values that they pass to each other. */
import { planArena } from '../../../engine/compile/arena.js';
import { removeCopies } from '../../../engine/compile/removeCopies.js';
import { bufferRefsOf, writtenBy, type Kernel } from '../../../engine/compile/kernel.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import type { BodyInput, LoopBody } from '../../../engine/loop.js';
import type { Instruction } from '../../../engine/program.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import { verification, verifySchedule } from '../../node.js';
import type { ListCompiler } from './listCompiler.js';

/** The kernels of a body; its outputs are slots of their own, each written once per step. */
export interface PreparedBody {
  readonly instructions: readonly Instruction[];
  /** Computed once before the first step, as it is the same in every step. */
  readonly prologue: readonly Kernel[];
  readonly kernels: readonly Kernel[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The buffers that are neither input nor output. */
export function internalSlots({ prologue, kernels, inputs, outputs }: PreparedBody): number[] {
  const elsewhere = new Set([...inputs, ...outputs]);
  const slots = new Set<number>();
  for (const kernel of [...prologue, ...kernels])
    for (const { buffer } of bufferRefsOf(kernel)) if (!elsewhere.has(buffer)) slots.add(buffer);
  return [...slots];
}

/** Places these by lifetime; values computed before the first step stay. */
export function planInternal(
  slots: readonly number[],
  { prologue, kernels }: PreparedBody,
  bytesOf: (slot: number) => number,
): { readonly bytes: number; readonly offsets: readonly number[] } {
  const spans = new Map(slots.map((slot) => [slot, { first: Infinity, last: 0 }]));
  kernels.forEach((kernel, i) => {
    for (const { buffer } of bufferRefsOf(kernel)) {
      const span = spans.get(buffer);
      if (span === undefined) continue;
      span.first = Math.min(span.first, i);
      span.last = i;
    }
  });
  for (const kernel of prologue)
    for (const { buffer } of bufferRefsOf(kernel))
      if (spans.has(buffer)) spans.set(buffer, { first: 0, last: kernels.length });
  return planArena(slots.map((slot) => ({ bytes: bytesOf(slot), ...spans.get(slot)! })));
}

/** The kernels of a body; null if anything in it has no kernel. */
export function prepareBody({ plan, inputs }: LoopBody, maker: ListCompiler): PreparedBody | null {
  const simple = maker.simplify(plan.program());
  const constants = new Set(
    simple.inputs.filter((_, i) => (inputs[i] as BodyInput).kind === 'constant'),
  );
  const scheduled = maker.schedule(simple, constants);
  const steps = maker.lower(scheduled);
  if (verification.on) verifySchedule(simple, scheduled, steps);
  const instructions = [...scheduled.instructions];
  const kernels: Kernel[] = [];
  for (const step of steps) {
    if (step.kind !== 'kernel') return null;
    kernels.push(step.kernel);
  }
  const outputs = ownOutputs(scheduled.outputs, simple.inputs, instructions, (kernel) => {
    kernels.push(kernel);
  });
  const own = new Set([...constants, ...outputs]);
  return {
    instructions,
    ...hoistInvariant(
      removeCopies(kernels, new Set([...simple.inputs, ...outputs])),
      constants,
      own,
    ),
    inputs: simple.inputs,
    outputs,
  };
}

/** Gives each output a slot of its own: one that is an input, or another output as well, is copied. */
export function ownOutputs(
  outputs: readonly number[],
  inputs: readonly number[],
  instructions: Instruction[],
  add: (kernel: Kernel) => void,
): number[] {
  const used = new Set(inputs);
  return outputs.map((slot) => {
    if (!used.has(slot)) {
      used.add(slot);
      return slot;
    }
    const from = instructions[slot] as Instruction;
    const to = instructions.push({ ...from }) - 1;
    if (sizeOf(from.shape) > 0) add(copy(slot, to, from));
    return to;
  });
}

/**
 * Moves kernels that compute the same in every step, as they read only constants, in front of the loop. A buffer whose parts
 * several kernels write becomes constant once all of them are moved.
 */
export function hoistInvariant(
  kernels: readonly Kernel[],
  constants: ReadonlySet<number>,
  stay: ReadonlySet<number>,
): Pick<PreparedBody, 'prologue' | 'kernels'> {
  const writers = new Map<number, number>();
  for (const kernel of kernels)
    for (const buffer of writtenBy(kernel)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
  const invariant = new Set(constants);
  const [prologue, perStep]: [Kernel[], Kernel[]] = [[], []];
  for (const kernel of kernels) {
    const writes = writtenBy(kernel);
    if (
      !readBy(kernel).every((buffer) => invariant.has(buffer)) ||
      writes.some((b) => stay.has(b))
    ) {
      perStep.push(kernel);
      continue;
    }
    prologue.push(kernel);
    for (const buffer of writes) {
      const left = (writers.get(buffer) as number) - 1;
      writers.set(buffer, left);
      if (left === 0) invariant.add(buffer);
    }
  }
  return { prologue, kernels: perStep };
}

function readBy(kernel: Kernel): number[] {
  const places = bufferRefsOf(kernel);
  return places.slice(0, places.length - writtenBy(kernel).length).map(({ buffer }) => buffer);
}

function copy(from: number, to: number, { shape, dtype }: Instruction): Kernel {
  const place = (buffer: number): BufferRef & { strides: readonly number[] } => ({
    buffer,
    dtype,
    offset: 0,
    strides: stridesOf(shape),
  });
  return {
    kind: 'loop',
    outer: shape,
    inner: [],
    inputs: [place(from)],
    body: [{ kind: 'load', input: 0, dtype }],
    outputs: [{ ...place(to), value: 0 }],
  };
}

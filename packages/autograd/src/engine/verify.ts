/** @file Checks between the passes of the engine: what each must leave behind. On in tests; see `verification`. */
import { sizeOf } from '../graph/shape.js';
import { constantOp } from '../graph/version.js';
import type { Arena, Interval } from './arena.js';
import { placesOf, type Kernel } from './kernel.js';
import type { Lowered } from './lower.js';
import type { Instruction, Program } from './program.js';
import type { Schedule } from './schedule.js';

/** Whether the passes check each other's results: costs time, so only where `CHAINRULE_VERIFY=1` asks for it. */
export const verification = {
  on: typeof process === 'object' && process.env?.['CHAINRULE_VERIFY'] === '1',
};

function fail(pass: string, what: string): never {
  throw new Error(`${pass}: ${what}`);
}

/** Inputs come before what reads them, outputs exist, inputs have no operation. */
export function verifyProgram(pass: string, { instructions, inputs, outputs }: Program): void {
  instructions.forEach(({ inputs: reads, op }, slot) => {
    for (const x of reads)
      if (!(x >= 0 && x < slot)) fail(pass, `%${slot} (${op?.name ?? 'input'}) reads %${x}`);
  });
  for (const slot of inputs) {
    if (instructions[slot]?.op !== null) fail(pass, `input %${slot} is computed`);
  }
  for (const slot of outputs)
    if (instructions[slot] === undefined) fail(pass, `there is no output %${slot}`);
}

/** A simplified program has the interface of the one before: as many inputs and outputs, of the same shapes and dtypes. */
export function verifySameInterface(pass: string, before: Program, after: Program): void {
  verifyProgram(pass, after);
  const kinds = ({ instructions }: Program, slots: readonly number[]): string =>
    slots
      .map(
        (s) =>
          `${(instructions[s] as Instruction).dtype}[${(instructions[s] as Instruction).shape.join()}]`,
      )
      .join();
  for (const of of ['inputs', 'outputs'] as const) {
    if (kinds(before, before[of]) !== kinds(after, after[of])) fail(pass, `the ${of} have changed`);
  }
}

/** Every buffer is written before it is read, and every output is there at the end. */
export function verifySchedule(
  program: Program,
  { instructions, outputs }: Schedule,
  steps: readonly Lowered[],
): void {
  const written = new Set<number>(program.inputs);
  const read = (slot: number, step: number): void => {
    const { op } = instructions[slot] as Instruction;
    if (!written.has(slot) || op === constantOp)
      fail('schedule', `step ${step} reads %${slot} before it is written`);
  };
  steps.forEach((step, i) => {
    if (step.kind === 'opaque') {
      for (const slot of step.operands) read(slot, i);
      written.add(step.slot);
      return;
    }
    for (const slot of readsOf(step.kernel)) read(slot, i);
    for (const slot of writesOf(step.kernel)) written.add(slot);
    verifyBounds(step.kernel, instructions, i);
  });
  for (const slot of outputs)
    if (!written.has(slot)) fail('schedule', `output %${slot} is never written`);
}

/** No loop or product leaves the buffers it walks. */
function verifyBounds(kernel: Kernel, instructions: readonly Instruction[], step: number): void {
  const check = (
    { buffer, offset, strides }: { buffer: number; offset: number; strides: readonly number[] },
    space: readonly number[],
  ): void => {
    if (space.some((n) => n === 0)) return;
    let [low, high] = [offset, offset];
    strides.forEach((s, d) => {
      const reach = s * (space[d]! - 1);
      if (reach < 0) low += reach;
      else high += reach;
    });
    const size = sizeOf((instructions[buffer] as Instruction).shape);
    if (low < 0 || high >= size)
      fail('lower', `step ${step} walks %${buffer} from ${low} to ${high} of ${size}`);
  };
  if (kernel.kind === 'loop') {
    const space = [...kernel.outer, ...kernel.inner];
    for (const access of kernel.inputs) check(access, space);
    for (const access of kernel.outputs) check(access, space.slice(0, access.strides.length));
  } else if (kernel.kind === 'matmul') {
    const { batch, m, n, k } = kernel;
    check(kernel.a, [...batch, m, k]);
    check(kernel.b, [...batch, k, n]);
    check(kernel.out, [...batch, m, n]);
  }
}

function readsOf(kernel: Kernel): number[] {
  return placesOf(kernel)
    .slice(0, kernel.kind === 'loop' ? kernel.inputs.length : -1)
    .map(({ buffer }) => buffer);
}

function writesOf(kernel: Kernel): number[] {
  return placesOf(kernel)
    .slice(kernel.kind === 'loop' ? kernel.inputs.length : -1)
    .map(({ buffer }) => buffer);
}

/** Values that live at the same time do not overlap. */
export function verifyArena(intervals: readonly Interval[], { bytes, offsets }: Arena): void {
  intervals.forEach((x, i) => {
    const [from, to] = [offsets[i]!, offsets[i]! + x.bytes];
    if (to > bytes) fail('arena', `value ${i} ends at ${to} of ${bytes}`);
    intervals.forEach((y, j) => {
      if (j >= i || x.first > y.last || y.first > x.last) return;
      if (from < offsets[j]! + y.bytes && offsets[j]! < to)
        fail('arena', `values ${i} and ${j} share memory`);
    });
  });
}

/** @file Checks between the passes of the engine: what each must guarantee. On in tests; see `verification`. */
import { sizeOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import type { Arena, Interval } from './arena.js';
import { bufferRefsOf, type Kernel } from './kernel.js';
import type { Lowered } from './lower.js';
import type { Instruction, Program } from '../program.js';
import type { Schedule } from './steps.js';
import { rootsOf } from './windows.js';

/** Whether the passes check each other's results: costs time, so only if `CHAINRULE_VERIFY=1` asks for it. */
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

/** A simplified program has the same interface: as many inputs and outputs, of the same shapes and dtypes. */
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

/** Every buffer is written before it is read, and every output exists at the end. */
export function verifySchedule(
  program: Program,
  { instructions, outputs, windows }: Schedule,
  steps: readonly Lowered[],
): void {
  const written = new Set<number>(program.inputs);
  const rootOf = rootsOf(windows);
  const read = (buffer: number, step: number): void => {
    const slot = rootOf(buffer);
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
    if (step.kind === 'loop') {
      for (const slot of step.operands) read(slot, i);
      for (const slot of step.results.values()) written.add(slot);
      return;
    }
    for (const slot of readsOf(step.kernel)) read(slot, i);
    for (const buffer of writesOf(step.kernel)) written.add(rootOf(buffer));
    verifyBounds(step.kernel, instructions, rootOf, i);
  });
  for (const slot of outputs)
    if (!written.has(slot)) fail('schedule', `output %${slot} is never written`);
}

/** No loop or product accesses elements outside of its buffers. */
function verifyBounds(
  kernel: Kernel,
  instructions: readonly Instruction[],
  rootOf: (buffer: number) => number,
  step: number,
): void {
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
    const root = rootOf(buffer);
    const size = sizeOf((instructions[root] as Instruction).shape);
    // Where a window begins is known only when the program runs.
    if ((root === buffer && low < 0) || high - Math.min(low, 0) >= size)
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
  return bufferRefsOf(kernel)
    .slice(0, kernel.kind === 'loop' ? kernel.inputs.length : -1)
    .map(({ buffer }) => buffer);
}

function writesOf(kernel: Kernel): number[] {
  return bufferRefsOf(kernel)
    .slice(kernel.kind === 'loop' ? kernel.inputs.length : -1)
    .map(({ buffer }) => buffer);
}

/** Values that live at the same time do not overlap. */
export function verifyArena(
  intervals: readonly Interval[],
  { bytes, offsets }: Pick<Arena, 'bytes' | 'offsets'>,
): void {
  const endOf = (i: number): number => offsets[i]! + intervals[i]!.bytes;
  const all = intervals.flatMap((x, i) => (x.bytes > 0 ? [i] : []));
  for (const i of all)
    if (endOf(i) > bytes) fail('arena', `value ${i} ends at ${endOf(i)} of ${bytes}`);
  const coming = [...all].sort((i, j) => intervals[j]!.first - intervals[i]!.first);
  const going = [...all].sort((i, j) => intervals[j]!.last - intervals[i]!.last);
  const live: number[] = []; // by rising offset; only neighbours can overlap
  const placeOf = (i: number): number => {
    let [low, high] = [0, live.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (offsets[live[middle]!]! < offsets[i]!) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  for (let i = coming.pop(); i !== undefined; i = coming.pop()) {
    while (intervals[going.at(-1)!]!.last < intervals[i]!.first)
      live.splice(placeOf(going.pop()!), 1);
    const at = placeOf(i);
    const [below, above] = [live[at - 1], live[at]];
    if (below !== undefined && endOf(below) > offsets[i]!)
      fail('arena', `values ${below} and ${i} share memory`);
    if (above !== undefined && endOf(i) > offsets[above]!)
      fail('arena', `values ${i} and ${above} share memory`);
    live.splice(at, 0, i);
  }
}

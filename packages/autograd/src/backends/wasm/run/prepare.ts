/** @file Makes a program ready with a plan: scheduled, lowered, its values placed, its kernels in lists. */
import { planArena } from '../../../engine/compile/arena.js';
import { bufferRefsOf, type Kernel } from '../../../engine/compile/kernel.js';
import { lower, type Lowered } from '../../../engine/compile/lower.js';
import { schedule } from '../../../engine/compile/schedule.js';
import type { LoopStep, Schedule } from '../../../engine/compile/steps.js';
import { rootsOf, type Window } from '../../../engine/compile/windows.js';
import { loopOf } from '../../../engine/loop.js';
import type { Instruction, Meter, Program, Work } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { blasSource, verification, verifyArena, verifySchedule } from '../../node.js';
import { supports } from '../elements/elementOps.js';
import type { Arrays } from './arrays.js';
import { listKernels } from './kernelList.js';
import type { Threads } from '../threads/threads.js';
import type { ListCompiler } from '../repeat/listCompiler.js';
import type { CompiledLoop } from '../repeat/compiledLoop.js';
import { bestVectorWidth } from './vectorWidth.js';
import { WasmPlan } from './wasmPlan.js';

/** Kernels in one list, or a primitive run by its reference. */
export type Part =
  | {
      readonly kind: 'plan';
      readonly plan: WasmPlan;
      /** Its work, for a meter. */
      readonly work: Work | null;
    }
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] }
  /** A loop: all steps in one list, or step by step where that is impossible. */
  | { readonly kind: 'loop'; readonly step: LoopStep; readonly repeated: CompiledLoop | null };

/** A program made ready: its parts in order, and the offsets of its values. */
export interface PreparedProgram {
  /** The instructions of the program, and the copies that were added. */
  readonly instructions: readonly Instruction[];
  /** Buffers within others, each after the one it lies within. */
  readonly windows: readonly Window[];
  /** For each output the slot whose buffer holds it. */
  readonly outputs: readonly number[];
  /** The offset of each slot's buffer in the arena; −1 for slots without one. */
  readonly offsets: readonly number[];
  readonly arenaBytes: number;
  readonly parts: readonly Part[];
  /** Numbers of the program that have a buffer, and are written before each run. */
  readonly numbers: readonly number[];
}

/** The settings for which a program is made ready. */
export interface PrepareOptions {
  readonly arrays: Arrays;
  readonly threads: number;
  readonly pool: () => Threads | undefined;
  /** Makes the lists of loops. */
  readonly maker: ListCompiler;
  /** If given, each kernel is a list of its own, to be timed. */
  readonly meter: Meter | null;
}

/** Plans a program. */
export function prepare(program: Program, preparation: PrepareOptions): PreparedProgram {
  const { maker, meter } = preparation;
  const scheduled = schedule(program, (op, dtype) => supports(op, dtype), { windows: true });
  const steps = lower(scheduled);
  const instructions = [...scheduled.instructions];
  const loops = new Map<number, CompiledLoop | null>();
  for (const step of steps) {
    if (step.kind !== 'loop') continue;
    const loop = loopOf(instructions[step.slot]?.attrs ?? {});
    const repeated = meter === null ? loop.family.repeated(loop, maker) : null;
    loops.set(step.slot, repeated);
    if (repeated === null) continue;
    const room = [repeated.memoryFor(loop, step.results) / itemSize.int32];
    instructions[step.slot] = { ...(instructions[step.slot] as Instruction), shape: room };
  }
  const roomy = { ...scheduled, instructions };
  if (verification.on) verifySchedule(program, roomy, steps);
  const { outputs, windows } = scheduled;
  return {
    instructions,
    windows,
    outputs,
    ...planMemory(steps, instructions, program.inputs, scheduled),
    parts: listParts(steps, instructions, loops, preparation),
    numbers: [],
  };
}

/** Places computed values in the arena, by lifetime. */
function planMemory(
  steps: readonly Lowered[],
  instructions: readonly Instruction[],
  inputs: readonly number[],
  { outputs, windows }: Pick<Schedule, 'outputs' | 'windows'>,
): { readonly offsets: number[]; readonly arenaBytes: number } {
  const isInput = new Uint8Array(instructions.length);
  for (const slot of inputs) isInput[slot] = 1;
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const rootOf = rootsOf(windows);
  const use = (buffer: number, step: number): void => {
    const slot = rootOf(buffer);
    if (isInput[slot] === 1) return;
    if (!first.has(slot)) first.set(slot, step);
    last.set(slot, step);
  };
  steps.forEach((step, i) => {
    for (const slot of slotsOf(step)) use(slot, i);
  });
  for (const slot of outputs) use(slot, steps.length);
  const order = [...first.keys()];
  const intervals = order.map((slot) => ({
    bytes: bytesOf(instructions[slot] as Instruction),
    first: first.get(slot)!,
    last: last.get(slot)!,
  }));
  const arena = planArena(intervals);
  if (verification.on) verifyArena(intervals, arena);
  const offsets = new Array<number>(instructions.length).fill(-1);
  order.forEach((slot, i) => (offsets[slot] = arena.offsets[i]!));
  return { offsets, arenaBytes: arena.bytes };
}

/** Makes one list for each sequence of kernels between primitives that have none. */
function listParts(
  steps: readonly Lowered[],
  instructions: readonly Instruction[],
  loops: ReadonlyMap<number, CompiledLoop | null>,
  { arrays, threads, pool, meter }: PrepareOptions,
): Part[] {
  const parts: Part[] = [];
  let kernels: Kernel[] = [];
  let operations: string[] = [];
  const flush = (): void => {
    if (kernels.length === 0) return;
    const { forms } = arrays;
    const options = { threads, blas: callsBlas(kernels, arrays), ...bestVectorWidth() };
    const list = listKernels(kernels, forms, options);
    const plan = new WasmPlan(forms, list, list.parallel ? pool() : undefined);
    const work = meter?.workOf(kernels, operations) ?? null;
    parts.push({ kind: 'plan', plan, work });
    kernels = [];
    operations = [];
  };
  try {
    for (const step of steps) {
      if (step.kind === 'kernel') {
        kernels.push(step.kernel);
        for (const slot of step.slots) operations.push(instructions[slot]?.op?.name ?? 'input');
        if (meter !== null) flush();
      } else {
        flush();
        parts.push(
          step.kind === 'loop'
            ? { kind: 'loop', step, repeated: loops.get(step.slot) ?? null }
            : { kind: 'opaque', slot: step.slot, operands: step.operands },
        );
      }
    }
    flush();
  } catch (error) {
    disposeParts(parts);
    throw error;
  }
  return parts;
}

/** Frees what the parts of a program hold. */
export function disposeParts(parts: readonly Part[]): void {
  for (const part of parts) if (part.kind === 'plan') part.plan.dispose();
}

/** Whether a library computes large products. The library is looked for when the first product comes. */
function callsBlas(kernels: readonly Kernel[], { memory }: Arrays): boolean {
  return (
    kernels.some(({ kind }) => kind === 'matmul' || kind === 'conv') &&
    blasSource(memory.memory) !== null
  );
}

/** The slots a step reads and writes. */
function slotsOf(step: Lowered): number[] {
  if (step.kind === 'opaque') return [...step.operands, step.slot];
  if (step.kind === 'loop') return [...step.operands, ...step.results.values(), step.slot];
  return bufferRefsOf(step.kernel).map((place) => place.buffer);
}

function bytesOf({ shape, dtype }: Instruction): number {
  return sizeOf(shape) * itemSize[dtype];
}

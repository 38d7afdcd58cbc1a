/** @file A program compiled for the device: shaders with their parameter blocks, and loops, over addresses of an arena. */
import { planArena } from '../../engine/compile/arena.js';
import { writtenBy, type Kernel } from '../../engine/compile/kernel.js';
import type { BufferRef } from '../../engine/compile/bufferRef.js';
import { lower, type Lowered } from '../../engine/compile/lower.js';
import type { Instruction, Program, Work } from '../../engine/program.js';
import { schedule } from '../../engine/compile/schedule.js';
import type { LoopStep, Schedule } from '../../engine/compile/steps.js';
import { alignmentTest, rootsOf, type Window } from '../../engine/compile/windows.js';
import { verification, verifySchedule } from '../node.js';
import { DeviceError } from '../../errors.js';
import type { DType } from '../../graph/dtype.js';
import { show, sizeOf } from '../../graph/shape.js';
import { loopOf } from '../../engine/loop.js';
import type { workOf } from '../../engine/compile/work.js';
import { withAttention, type ScoresStep } from './attention/attention.js';
import { gatherSums } from './steps/accumulations.js';
import { fuseEpilogues, type ProductStep } from './steps/epilogues.js';
import { isSpecial, LARGEST_MATRIX, specialShaders } from './special.js';
import { buffersOf, groupSteps } from './steps/groupSteps.js';
import { convShaders } from './wgsl/convolution/convolutions.js';
import { supports } from './wgsl/elements.js';
import { copiesOf, copyOf } from './wgsl/copies.js';
import { productShaders } from './wgsl/splitProducts.js';
import { scoresShader } from './wgsl/scores/scores.js';
import { shadersOf } from './wgsl/shaders.js';
import type { Shader } from './wgsl/shader.js';
import { witness } from './wgsl/shaderWriter.js';

/** One step of a program. */
export type Step = ShaderStep | LoopStep;

export interface ShaderStep {
  readonly kind: 'shaders';
  readonly shaders: readonly Shader[];
  readonly slot: number;
  /** The engine's kernels that the shaders implement, and the instructions these compute; none for a reference. */
  readonly kernels: readonly Kernel[];
  readonly slots: readonly number[];
  readonly writes: readonly number[];
}

export interface CompiledProgram {
  /** The instructions of the program, followed by copies that were added and words of work space for single steps. */
  readonly instructions: readonly Instruction[];
  /** Each output has a slot of its own that is not an input. */
  readonly outputs: readonly number[];
  readonly steps: readonly Step[];
  /** Slots within others, at positions given by host numbers. */
  readonly windows: readonly Window[];
  /** The offsets of intermediate values in the arena, in words, and their total. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly words: number;
}

/**
 * Compiles a program. `memory` is the largest workgroup memory, in bytes.
 *
 * @throws {DeviceError} for operations that the device has no kernel for.
 */
export function compiledOf(program: Program, memory: number): CompiledProgram {
  checkDtypes(program);
  const scheduled = schedule(program, supports, { windows: true });
  const lowered = lower(scheduled).flatMap(inPieces);
  if (verification.on) verifySchedule(program, scheduled, lowered);
  const instructions = [...scheduled.instructions];
  const { windows } = scheduled;
  const rootOf = rootsOf(windows);
  const startsVector = alignmentTest(4, windows);
  const { outputs, copies } = ownOutputs(program, scheduled, instructions);
  const scratchOf = (words: number, dtype: DType = 'int32'): BufferRef => {
    const slot = { op: null, attrs: null, inputs: [], shape: [words], dtype };
    return { buffer: instructions.push(slot) - 1, dtype, offset: 0 };
  };
  const summed = gatherSums(lowered, outputs, windows, scratchOf);
  const attended = withAttention(summed, instructions, outputs, windows);
  const fused = fuseEpilogues(attended, outputs, windows);
  const ofKernel = (kernel: Kernel, slot: number, slots: readonly number[] = [slot]): Step => ({
    kind: 'shaders',
    shaders: shadersOf(kernel, scratchOf, startsVector),
    slot,
    kernels: [kernel],
    slots,
    writes: [slot, ...writtenBy(kernel)],
  });
  const inOrder = [
    ...fused.flatMap((step): Step[] => {
      if (step.kind === 'scores') return [ofScores(step, memory)];
      if (step.kind === 'product') return [ofProduct(step, scratchOf, startsVector)];
      if (step.kind === 'loop') return loopSteps(step, instructions, ofKernel);
      if (step.kind === 'kernel')
        return [ofKernel(step.kernel, step.slots[0] as number, step.slots)];
      return [ofReference(step, instructions, scratchOf, startsVector)];
    }),
    ...copies.map(({ kernel, slot }) => ofKernel(kernel, slot)),
  ];
  const steps = groupSteps(inOrder, rootOf);
  // A step over no elements has no shaders.
  const last = steps.filter((step) => step.kind === 'loop' || step.shaders.length > 0).at(-1);
  if (last?.kind === 'shaders' && last.shaders.at(-1)!.refusals.length > 0)
    steps.push({ ...last, shaders: [witness()], kernels: [], writes: [] });
  const elsewhere = [...program.inputs, ...outputs];
  const { offsets, words } = planMemory(steps, instructions, elsewhere, rootOf);
  return { instructions, outputs, steps, windows, offsets, words };
}

/** Copies of single pieces, which run in one dispatch with their neighbours. */
function inPieces(step: Lowered): Lowered[] {
  if (step.kind !== 'kernel' || step.kernel.kind !== 'join') return [step];
  return copiesOf(step.kernel).map((kernel) => ({ ...step, kernel }));
}

function ofScores({ kernel, members, slots, writes }: ScoresStep, memory: number): Step {
  const shaders = [scoresShader(kernel, memory)];
  return { kind: 'shaders', shaders, slot: slots.at(-1)!, kernels: members, slots, writes };
}

function ofProduct(
  { kernel, loop, epilogue, slots }: ProductStep,
  scratch: (words: number) => BufferRef,
  startsVector: (buffer: number) => boolean,
): Step {
  const shaders =
    kernel.kind === 'conv'
      ? convShaders(kernel, scratch, epilogue)
      : productShaders(kernel, scratch, startsVector, epilogue);
  const writes = epilogue.outputs.map(({ buffer }) => buffer);
  return { kind: 'shaders', shaders, slot: slots.at(-1)!, kernels: [kernel, loop], slots, writes };
}

/** The steps for a loop; a loop of no steps only copies. */
function loopSteps(
  step: LoopStep,
  instructions: readonly Instruction[],
  ofKernel: (kernel: Kernel, slot: number) => Step,
): Step[] {
  const { kind, length, bodies } = loopOf(instructions[step.slot]?.attrs ?? {});
  if (kind !== 'scan' || length > 0) return [step];
  return Array.from(step.results).flatMap(([k, slot]): Step[] => {
    const { shape, dtype } = instructions[slot] as Instruction;
    if (k >= (bodies[0]?.carries ?? 0) || sizeOf(shape) === 0) return [];
    const from = { buffer: step.operands[k] as number, dtype, offset: 0 };
    return [ofKernel(copyOf(from, sizeOf(shape), { buffer: slot, dtype, offset: 0 }), slot)];
  });
}

function ofReference(
  step: Lowered & { kind: 'opaque' },
  instructions: readonly Instruction[],
  scratch: (words: number) => BufferRef,
  startsVector: (buffer: number) => boolean,
): Step {
  const { slot } = step;
  const shaders = specialShaders(instructions, step, scratch, startsVector);
  if (shaders !== null)
    return { kind: 'shaders', shaders, slot, kernels: [], slots: [slot], writes: [slot] };
  const { op, dtype, inputs } = instructions[slot] as Instruction;
  const name = op?.name ?? 'evaluate';
  const { shape } = instructions[inputs[0] ?? slot] as Instruction;
  const limit = isSpecial(name)
    ? `, but for matrices of up to ${LARGEST_MATRIX} × ${LARGEST_MATRIX}`
    : '';
  throw new DeviceError(
    `${name}: webgpu has no kernel for it on ${dtype} of shape ${show(shape)}${limit}; compute it on the CPU: await x.to('cpu')`,
  );
}

/** Gives each output a slot of its own: one that is an input, or another output as well, is copied. */
function ownOutputs(
  { inputs }: Program,
  { outputs }: Schedule,
  instructions: Instruction[],
): { outputs: number[]; copies: { kernel: Kernel; slot: number }[] } {
  const taken = new Set(inputs);
  const copies: { kernel: Kernel; slot: number }[] = [];
  const own = outputs.map((slot) => {
    if (!taken.has(slot)) {
      taken.add(slot);
      return slot;
    }
    const from = instructions[slot] as Instruction;
    const to = instructions.push({ ...from }) - 1;
    const place = (buffer: number): BufferRef => ({ buffer, dtype: from.dtype, offset: 0 });
    if (sizeOf(from.shape) > 0)
      copies.push({ kernel: copyOf(place(slot), sizeOf(from.shape), place(to)), slot: to });
    return to;
  });
  return { outputs: own, copies };
}

/** Places computed values by lifetime; slots in `elsewhere` have memory already. */
function planMemory(
  steps: readonly Step[],
  instructions: readonly Instruction[],
  elsewhere: readonly number[],
  rootOf: (buffer: number) => number,
): { offsets: Map<number, number>; words: number } {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const outside = new Set(elsewhere);
  steps.forEach((step, i) => {
    for (const buffer of buffersOf(step).map(rootOf)) {
      if (outside.has(buffer)) continue;
      if (!first.has(buffer)) first.set(buffer, i);
      last.set(buffer, i);
    }
  });
  const order = [...first.keys()];
  const arena = planArena(
    order.map((slot) => ({
      bytes: sizeOf((instructions[slot] as Instruction).shape) * 4,
      first: first.get(slot) as number,
      last: last.get(slot) as number,
    })),
  );
  return {
    offsets: new Map(order.map((slot, i) => [slot, (arena.offsets[i] as number) / 4])),
    words: Math.ceil(arena.bytes / 256) * 64,
  };
}

/** The device has no doubles; host numbers passed to it become float32. */
function checkDtypes({ instructions, inputs }: Program): void {
  const given = new Set(inputs);
  instructions.forEach(({ op, dtype, shape }, slot) => {
    if (dtype !== 'float64' || (given.has(slot) && shape.length === 0)) return;
    if (op?.lowering.kind === 'leaf') return;
    throw new DeviceError(
      `${op?.name ?? 'evaluate'}: webgpu has no float64; use float32, or the CPU: await x.to('cpu')`,
    );
  });
}

/** The work of a shader, for profiles; that of a kernel is counted for its last shader. */
export function workOfStep(
  { shaders, slot, slots, kernels }: ShaderStep,
  shader: Shader,
  instructions: readonly Instruction[],
  ofKernels: typeof workOf,
): Work {
  const operations = slots.map((x) => instructions[x]?.op?.name ?? 'copy');
  if (kernels.length > 0 && shader === shaders.at(-1)) return ofKernels(kernels, operations);
  const { op, shape, inputs } = instructions[slot] as Instruction;
  const name = `${op?.name ?? 'copy'} [${shape.join(', ')}]${kernels.length === 0 ? '' : ', before it'}`;
  const moved = inputs.reduce((n, x) => n + sizeOf((instructions[x] as Instruction).shape), 0);
  const size = sizeOf(shape);
  return { name, operations, flops: size, bytes: 4 * (size + moved) };
}

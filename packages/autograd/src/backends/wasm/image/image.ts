/**
 * @file A program as numbers and forms, to be run elsewhere: the data that `WasmExecutable` prepares in memory.
 *
 * It has the same passes, kernels and forms, on one thread, without a library and without wide vectors, so that it gives the
 * same bits elsewhere as here.
 */
import type { ChainruleError } from '../../../errors.js';
import { removeCopies } from '../../../engine/compile/removeCopies.js';
import type { Kernel } from '../../../engine/compile/kernel.js';
import { lower, type Lowered } from '../../../engine/compile/lower.js';
import { loopOf, type BodyInput, type Loop, type LoopBody } from '../../../engine/loop.js';
import type { Instruction, Program } from '../../../engine/program.js';
import { schedule } from '../../../engine/compile/schedule.js';
import type { LoopStep } from '../../../engine/compile/steps.js';
import { simplify } from '../../../engine/compile/simplify.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import type { Attrs } from '../../../graph/primitive.js';
import { sizeOf, type Shape } from '../../../graph/shape.js';
import { supports } from '../elements/elementOps.js';
import { hoistInvariant, ownOutputs } from '../repeat/bodyKernels.js';
import type { Pointer } from '../assembler/block.js';
import { BARRIER_BYTES, FAULT } from '../run/barrier.js';
import type { KernelList } from '../run/kernelList.js';
import { CallsOfKernels } from './callsOfKernels.js';
import type { FormCollection } from './formCollection.js';
import { spansOf } from './spans.js';

/** A value of an image. */
export interface ImageSlot {
  readonly slot: number;
  readonly bytes: number;
  /** The first and last step that needs it; for an input, all steps. */
  readonly first: number;
  readonly last: number;
}

/** A program, ready to be laid out in a memory. */
export interface Image {
  /** For each call its form, and the word where its block begins. */
  readonly calls: readonly { readonly form: number; readonly block: number }[];
  /** How many calls at the beginning do the same at each step of a loop: only its first step runs them. */
  readonly before: number;
  readonly list: Pick<KernelList, 'sharedBytes' | 'scratchBytes' | 'mayFault'> & {
    readonly words: readonly number[];
    readonly pointers: readonly Pointer[];
  };
  /** The values that are computed on the way or returned. */
  readonly computed: readonly ImageSlot[];
  /** The slots of the inputs and the outputs, in order, and what they hold. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly holds: readonly ImageValue[];
  /** The steps between the calls, in order. */
  readonly stops: readonly ImageStop[];
}

interface ImageValue {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A step that is not a call of a kernel; `after` calls come before it. */
export type ImageStop = { readonly after: number } & (ImageLoop | ImagePlain);

/** An operation that its plain kernel computes. */
export interface ImagePlain {
  readonly kind: 'plain';
  readonly name: string;
  readonly attrs: Attrs;
  /** For each operand the slot of its elements, with its shape and dtype; the slot may hold them in another shape. */
  readonly operands: readonly (ImageValue & { readonly slot: number })[];
  readonly result: number;
}

/** A loop or a choice, whose bodies are images. */
export interface ImageLoop {
  readonly kind: 'loop';
  readonly loop: Loop;
  /** The slots of its operands, and those of the results that are needed, by their numbers. */
  readonly operands: readonly number[];
  readonly results: readonly (readonly [result: number, slot: number])[];
  readonly bodies: readonly ImageBody[];
}

/** The body that a loop runs at each step. */
export interface ImageBody {
  readonly image: Image;
  /** The sources of the image's inputs. */
  readonly inputs: readonly BodyInput[];
  readonly carries: number;
  readonly draws: number;
}

/**
 * The bytes at the beginning of scratch memory that are zero before a run, and the word among them that an index out of range
 * sets.
 */
export const IMAGE = { zeroed: BARRIER_BYTES, fault: FAULT } as const;

/** The tools with which an image is made. */
export interface ImageTools {
  readonly forms: FormCollection;
  /** Whether there is a plain kernel for an operation. */
  readonly isPlain: (op: string) => boolean;
  /** The error for an operation without a kernel, made by the instruction `origin`. */
  readonly refuse: (op: string, origin: number) => ChainruleError;
}

/**
 * Makes the image of a program. For the body of a loop, `repeated` are the sources of its inputs: then each output has memory
 * of its own, and computations that are the same at each step come first.
 * @throws {ChainruleError} for an operation without a kernel.
 */
export function imageOf(
  program: Program,
  tools: ImageTools,
  repeated?: readonly BodyInput[],
): Image {
  const simple = simplify(program);
  const { inputs } = simple;
  const persistent = new Set(inputs.filter((_, k) => repeated?.[k]?.kind === 'constant'));
  const scheduled = schedule(simple, (op, dtype) => supports(op, dtype), { lasting: persistent });
  const instructions = [...scheduled.instructions];
  let [once, each]: [Kernel[], readonly Lowered[]] = [[], lower(scheduled)];
  let { outputs } = scheduled;
  if (repeated !== undefined) {
    const steps = [...each];
    outputs = ownOutputs(outputs, inputs, instructions, (kernel) => {
      steps.push({ kind: 'kernel', kernel, slots: [] });
    });
    [once, each] = splitInvariant(steps, persistent, [...inputs, ...outputs]);
  }
  const lists = new CallsOfKernels(tools.forms);
  const stops: ImageStop[] = [];
  for (const kernel of once) lists.add(kernel);
  const before = lists.flush();
  for (const step of each) {
    if (step.kind === 'kernel') {
      lists.add(step.kernel);
      continue;
    }
    const after = lists.flush();
    if (step.kind === 'opaque') {
      stops.push({ after, ...plainOf(step, instructions, tools) });
      continue;
    }
    const { attrs, origin } = instructions[step.slot]!;
    // Errors inside of a loop name the loop.
    const refuse = (op: string): ChainruleError => tools.refuse(op, origin ?? step.slot);
    stops.push({ after, ...imageOfLoop(loopOf(attrs ?? {}), step, { ...tools, refuse }) });
  }
  lists.flush();
  const { calls, words, pointers, ...list } = lists;
  const bytesOf = (slot: number): number =>
    sizeOf(instructions[slot]!.shape) * itemSize[instructions[slot]!.dtype];
  const spans = spansOf(once, each, new Set(inputs), outputs);
  return {
    calls,
    before,
    list: {
      words,
      pointers,
      sharedBytes: list.sharedBytes,
      scratchBytes: list.sharedBytes + list.ownBytes,
      mayFault:
        list.mayFault || stops.some((stop) => stop.kind === 'loop' && stop.bodies.some(mayFault)),
    },
    computed: [...spans].map(([slot, span]) => ({ slot, bytes: bytesOf(slot), ...span })),
    inputs,
    outputs,
    holds: instructions.map(imageValueOf),
    stops,
  };
}

/**
 * The kernels of a body that do the same at each step, because they read only values that never change, and the other steps.
 */
function splitInvariant(
  steps: readonly Lowered[],
  persistent: ReadonlySet<number>,
  elsewhere: readonly number[],
): [Kernel[], Lowered[]] {
  const all = steps.flatMap((step) => (step.kind === 'kernel' ? [step.kernel] : []));
  // A nested loop reads and writes, too.
  const within = all.length < steps.length;
  const needed = within ? all : removeCopies(all, new Set(elsewhere));
  const { prologue, kernels } = hoistInvariant(needed, persistent, new Set(elsewhere));
  if (!within)
    return [[...prologue], kernels.map((kernel) => ({ kind: 'kernel', kernel, slots: [] }))];
  const once = new Set(prologue);
  return [[...prologue], steps.filter((step) => step.kind !== 'kernel' || !once.has(step.kernel))];
}

function mayFault({ image }: ImageBody): boolean {
  return image.list.mayFault;
}

function imageValueOf({ shape, dtype }: Instruction): ImageValue {
  return { shape, dtype };
}

function plainOf(
  { slot, operands }: Extract<Lowered, { kind: 'opaque' }>,
  instructions: readonly Instruction[],
  { isPlain, refuse }: ImageTools,
): ImagePlain {
  const { op, attrs, inputs, origin } = instructions[slot]!;
  const name = op?.name ?? '';
  if (!isPlain(name)) throw refuse(name, origin ?? slot);
  return {
    kind: 'plain',
    name,
    attrs: attrs ?? {},
    operands: operands.map((x, i) => ({ slot: x, ...imageValueOf(instructions[inputs[i]!]!) })),
    result: slot,
  };
}

function imageOfLoop(loop: Loop, { operands, results }: LoopStep, tools: ImageTools): ImageLoop {
  tools.forms.withDriver();
  const bodyOf = ({ plan, inputs, carries, draws }: LoopBody): ImageBody => ({
    image: imageOf(plan.program(), tools, loop.kind === 'branch' ? undefined : inputs),
    inputs,
    carries,
    draws,
  });
  return {
    kind: 'loop',
    loop,
    operands,
    results: [...results],
    bodies: loop.bodies.map(bodyOf),
  };
}

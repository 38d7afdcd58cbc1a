/**
 * @file A program as numbers and forms, to be run elsewhere: what `WasmExecutable` makes ready in memory, as data.
 *
 * The same passes, kernels and forms, on one thread, without a library and without wide vectors, so that what runs
 * elsewhere gives the bits that the program gives here.
 */
import type { ChainruleError } from '../../../errors.js';
import { placesOf } from '../../../engine/compile/kernel.js';
import { lower } from '../../../engine/compile/lower.js';
import type { Program } from '../../../engine/program.js';
import { schedule } from '../../../engine/compile/schedule.js';
import { simplify } from '../../../engine/compile/simplify.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import { sizeOf, type Shape } from '../../../graph/shape.js';
import type { FormedKernel, Pointer } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { supports } from '../elements/elementOps.js';
import { scalarFunctionsTextOf } from '../elements/special.js';
import { BARRIER_BYTES, FAULT } from './barrier.js';
import { CALL } from './driver.js';
import { listKernels, type FormTable, type KernelList } from './kernelList.js';

/** A value of an image. */
export interface ImageSlot {
  readonly slot: number;
  readonly bytes: number;
  /** The steps between which it is needed; of an input all of them. */
  readonly first: number;
  readonly last: number;
}

/** A program, ready to be laid out in a memory. */
export interface Image {
  /** For each call the form and the word where its block begins. */
  readonly calls: readonly { readonly form: number; readonly block: number }[];
  readonly list: Pick<KernelList, 'sharedBytes' | 'scratchBytes' | 'mayFault'> & {
    readonly words: readonly number[];
    readonly pointers: readonly Pointer[];
  };
  /** What is computed on the way, or returned. */
  readonly computed: readonly ImageSlot[];
  /** The slots of the inputs and the outputs, in order, and what they hold. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly holds: readonly { readonly shape: Shape; readonly dtype: DType }[];
}

/** Bytes at the beginning of scratch memory that are zero before a run, and the word there that a wrong index sets. */
export const IMAGE = { zeroed: BARRIER_BYTES, fault: FAULT } as const;

/** Collects the forms of several images in one module. */
export class FormCollection implements FormTable {
  readonly memory = { shared: false };
  /** The same forms with fused multiply-add, under the same numbers: for engines that have it, whose bits these are. */
  readonly fused: FormCollection | null;
  private readonly module = new ModuleBuilder(false);
  private readonly known = new Map<string, number>();

  constructor(fused: FormCollection | null = null) {
    this.fused = fused;
  }

  find(kernel: FormedKernel, { width, fma }: KernelContext): number {
    const key = `${width}${fma ? '+' : ''} ${kernel.key}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.known.size;
      this.module.export(`f${index}`, kernel.write(this.module));
      this.known.set(key, index);
    }
    return index;
  }

  finish(): void {
    // All of them are finished together.
  }

  abandon(): void {
    throw new Error('a form could not be written');
  }

  /** A module that exports `f0`, `f1`, …; it imports `env.memory` and the functions of `math`. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.module.finish();
  }

  /** An expression that makes the functions of `math` that the module imports. */
  mathText(): string {
    return scalarFunctionsTextOf(this.module.imported);
  }
}

/**
 * The image of a program.
 * @throws {ChainruleError} for an operation that only the interpreter computes; `explain` says which it is.
 */
export function imageOf(
  program: Program,
  forms: FormCollection,
  refuse: (op: string, origin: number) => ChainruleError,
): Image {
  const scheduled = schedule(simplify(program), (op, dtype) => supports(op, dtype));
  const steps = lower(scheduled);
  const { instructions, outputs } = scheduled;
  const kernels = steps.map((step) => {
    if (step.kind === 'kernel') return step.kernel;
    const { op, origin } = instructions[step.slot]!;
    throw refuse(op?.name ?? '', origin ?? step.slot);
  });
  const options = { threads: 1, width: 'simd128', blas: false } as const;
  const { calls, words, pointers, ...list } = listKernels(kernels, forms, options);
  if (forms.fused !== null) {
    const other = listKernels(kernels, forms.fused, { ...options, fma: true });
    if (other.calls.join() !== calls.join()) throw new Error('fused kernels are other ones');
  }
  const inputs = simplify(program).inputs;
  const isInput = new Set(inputs);
  const spans = new Map<number, { first: number; last: number }>();
  const use = (slot: number, step: number): void => {
    if (isInput.has(slot)) return;
    const span = spans.get(slot);
    if (span === undefined) spans.set(slot, { first: step, last: step });
    else span.last = step;
  };
  kernels.forEach((kernel, i) => placesOf(kernel).forEach((place) => use(place.buffer, i)));
  for (const slot of outputs) use(slot, kernels.length);
  const bytesOf = (slot: number): number =>
    sizeOf(instructions[slot]!.shape) * itemSize[instructions[slot]!.dtype];
  return {
    calls: Array.from({ length: calls.length / CALL.words }, (_, i) => ({
      form: calls[i * CALL.words + CALL.form]!,
      block: calls[i * CALL.words + CALL.block]!,
    })),
    list: { ...list, words: [...words], pointers: pointersOf(pointers) },
    computed: [...spans].map(([slot, span]) => ({ slot, bytes: bytesOf(slot), ...span })),
    inputs,
    outputs,
    holds: instructions.map(({ shape, dtype }) => ({ shape, dtype })),
  };
}

function pointersOf(triples: Int32Array): Pointer[] {
  return Array.from({ length: triples.length / 3 }, (_, k) => ({
    word: triples[3 * k]!,
    buffer: triples[3 * k + 1]!,
    bytes: triples[3 * k + 2]!,
  }));
}

/** @file Turns kernels into a list of calls: the table entry of each, and the words that it reads. */
import { addAll } from '../../../graph/lists.js';
import { mayRefuse } from '../loops/refusals.js';
import type { Kernel, LoopKernel } from '../../../engine/compile/kernel.js';
import { BARRIER_BYTES } from './barrier.js';
import { Scratch, type FormedKernel } from '../assembler/block.js';
import { chunkReductions } from '../loops/chunkReductions.js';
import { columnSums } from '../loops/columnSums.js';
import { MEETING, PARALLEL } from './driver.js';
import { supports } from '../elements/elementOps.js';
import { FOLD_BYTES } from '../assembler/kernelFunction.js';
import type { KernelContext, VectorWidth } from '../assembler/kernelFunction.js';
import { matmulAsLoop, planMatmul } from '../products/matmul.js';
import { planLoop } from '../loops/planLoop.js';

export interface KernelOptions {
  /** The most threads that will run the list; determines the size of scratch memory. */
  readonly threads: number;
  /** Which vectors to use. Default `'simd128'`. */
  readonly width?: VectorWidth;
  /** Fused multiply-add in matrix products and polynomials. Default: unless `width` is `'simd128'`. */
  readonly fma?: boolean;
  /** Whether large products call a BLAS library. Default false. */
  readonly blas?: boolean;
}

/** A table of functions for the forms of kernels. */
export interface FormTable {
  readonly memory: { readonly shared: boolean };
  /** The entry of a kernel's form. A new form can run only after `finish`. */
  find(kernel: FormedKernel, context: KernelContext): number;
  finish(): void;
  /** Drops what was written since the last `finish`. */
  abandon(): void;
}

export interface KernelList {
  /** `CALL.words` words for each call; a block is given as the index in `words` where it begins. */
  readonly calls: Int32Array;
  readonly words: Int32Array;
  /** Three numbers for each word that holds an address: the word, the buffer, and the offset into it in bytes. */
  readonly pointers: Int32Array;
  /** The scratch memory that threads share, then what each has for itself. */
  readonly sharedBytes: number;
  readonly ownBytes: number;
  readonly scratchBytes: number;
  /** Whether any kernel is large enough to be split among threads. */
  readonly parallel: boolean;
  /** Whether any kernel calls a BLAS library. */
  readonly usesBlas: boolean;
  /** Whether an index may be out of range: then the word at `FAULT` of scratch memory is set. */
  readonly mayFault: boolean;
}

/** Whether a kernel can be compiled; others run by their reference. */
export function supportsKernel(kernel: Kernel): boolean {
  if (kernel.kind === 'matmul') return kernel.out.dtype !== 'bool';
  if (kernel.kind !== 'loop') return true;
  return kernel.body.every((scalar) => {
    if (scalar.kind === 'reduce')
      return scalar.dtype !== 'bool' || scalar.op === 'max' || scalar.op === 'min';
    return scalar.kind !== 'op' || supports(scalar.op, scalar.dtype);
  });
}

/**
 * The calls that run `kernels` in order; new forms are compiled.
 *
 * The same kernels give the same bits for any number of threads; another `width` may round matrix products differently.
 */
export function listKernels(
  kernels: readonly Kernel[],
  forms: FormTable,
  options: KernelOptions,
): KernelList {
  const { threads, width = 'simd128', fma = width !== 'simd128', blas = false } = options;
  const context: KernelContext = { width, fma, blas };
  // Scratch memory holds the barrier, then what threads share, then what each has for itself.
  let shared = BARRIER_BYTES;
  const formed: FormedKernel[] = [];
  for (const kernel of kernels) {
    const scratch = new Scratch(BARRIER_BYTES);
    addAll(formed, formKernel(kernel, context, scratch));
    shared = Math.max(shared, scratch.bytes);
  }
  const calls: number[] = [];
  const words: number[] = [];
  const pointers: number[] = [];
  let own = 0;
  let parallel = false;
  let previous = false;
  try {
    for (const kernel of formed) {
      const { block } = kernel;
      const first = words.length;
      const meets = calls.length > 0 && (previous || kernel.parallel);
      const flags = (kernel.parallel ? PARALLEL : 0) | (meets ? MEETING : 0);
      // In the order of `CALL`.
      calls.push(forms.find(kernel, context), first, flags);
      for (const word of block.words) words.push(word);
      for (const { word, buffer, bytes } of block.pointers)
        pointers.push(first + word, buffer, bytes);
      own = Math.max(own, kernel.threadScratch);
      parallel ||= kernel.parallel;
      previous = kernel.parallel;
    }
  } catch (error) {
    forms.abandon();
    throw error;
  }
  forms.finish();
  const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  const [sharedBytes, ownBytes] = [align(shared), align(FOLD_BYTES + own)];
  return {
    calls: Int32Array.from(calls),
    words: Int32Array.from(words),
    pointers: Int32Array.from(pointers),
    sharedBytes,
    ownBytes,
    scratchBytes: sharedBytes + ownBytes * threads,
    parallel: forms.memory.shared && parallel,
    usesBlas: formed.some((kernel) => kernel.usesBlas === true),
    mayFault: kernels.some(mayFault),
  };
}

/** Whether a kernel may meet a wrong value: an index, or an argument that an element function refuses. */
function mayFault(kernel: Kernel): boolean {
  if (kernel.kind !== 'loop') return kernel.kind === 'index';
  return kernel.body.some((scalar) => mayRefuse(scalar, kernel.body));
}

/** The calls that do the work of one kernel, in order. */
export function formKernel(
  kernel: Kernel,
  context: KernelContext,
  scratch: Scratch,
): FormedKernel[] {
  const loops = (loop: LoopKernel): FormedKernel[] =>
    chunkReductions(loop, scratch)
      .flatMap((piece) => columnSums(piece, scratch))
      .flatMap((piece) => planLoop(piece, context) ?? []);
  if (kernel.kind === 'loop') return loops(kernel);
  if (kernel.kind === 'matmul') {
    const loop = matmulAsLoop(kernel);
    return loop === undefined ? [planMatmul(kernel, context) ?? []].flat() : loops(loop);
  }
  return kernel.family
    .plan(kernel, context, scratch)
    .flatMap((piece) => ('kind' in piece ? loops(piece) : [piece]));
}

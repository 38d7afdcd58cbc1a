/** @file A program in the middle of a walk, as the writers of calls see it. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import { ownView, type View } from '../../../engine/compile/view.js';
import type { DynamicViewSpec } from '../../../graph/lowering.js';
import type { Instruction } from '../../../engine/program.js';
import { blasSource } from '../../node.js';
import { Scratch } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { BARRIER_BYTES } from '../run/barrier.js';
import type { Arrays } from '../run/arrays.js';
import { formKernel } from '../run/kernelList.js';
import type { CallWriter } from './callWriter.js';
import type { CachedCall, KernelCache } from './kernelCache.js';
import type { OperationLoop } from './operationLoop.js';
import type { ProductCall } from './productCall.js';

/** A program in the middle of a walk. */
export interface WalkContext {
  readonly instructions: readonly Instruction[];
  /** For each slot, the slot whose buffer holds its elements, and the view of them: null if they are in order. */
  readonly base: readonly number[];
  readonly views: readonly (View | null)[];
  readonly calls: CallWriter;
  readonly arrays: Arrays;
  readonly loop: OperationLoop;
  readonly product: ProductCall;
  readonly kernels: KernelCache;
  readonly context: KernelContext;
  add(instruction: Instruction): number;
  take(slot: number): void;
  release(slot: number): void;
  /** Makes `slot` a buffer within the one that a view reads; the slots `numbers` hold its position. */
  window(slot: number, spec: DynamicViewSpec, numbers: readonly number[], view: View): void;
  /** Runs a primitive by its reference, after the calls so far. */
  reference(slot: number, operands: readonly number[]): void;
  /** Runs all steps of a loop, after the calls so far. */
  repeat(slot: number, operands: readonly number[]): void;
}

/** The view of a slot's elements in its buffer. */
export function viewAt({ instructions, views, base }: WalkContext, x: number): View {
  return views[x] ?? ownView(base[x]!, (instructions[x] as Instruction).shape);
}

/** Writes the calls of any kernel and returns them, so that they can be remembered. */
export function writeKernel(site: WalkContext, made: Kernel): CachedCall[] {
  const { calls, arrays } = site;
  const written: CachedCall[] = [];
  const scratch = new Scratch(BARRIER_BYTES);
  const isProduct = made.kind === 'matmul' || made.kind === 'conv';
  const context: KernelContext = {
    ...site.context,
    blas: isProduct && blasSource(arrays.memory.memory) !== null,
  };
  for (const formed of formKernel(made, context, scratch)) {
    const form = arrays.forms.find(formed, context);
    calls.kernel(form, formed);
    calls.need(formed.threadScratch, scratch.bytes);
    written.push({ form, formed, shared: scratch.bytes });
  }
  return written;
}

/** Writes the calls of an operator kernel again if its last instruction was equal; false if not. */
export function rewriteKernel(
  site: WalkContext,
  slot: number,
  operands: readonly number[],
): boolean {
  const { calls, kernels, instructions } = site;
  const known = kernels.find({ instructions, slot, operands });
  if (known === null) return false;
  const buffers = [...operands, slot];
  for (const { form, formed, shared } of known.calls) {
    calls.kernel(form, formed, known.buffers, buffers);
    calls.need(formed.threadScratch, shared);
  }
  return true;
}

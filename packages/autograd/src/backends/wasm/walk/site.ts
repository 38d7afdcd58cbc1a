/** @file A program in the middle of a walk, as what writes its calls sees it. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import { ownView, type View } from '../../../engine/compile/view.js';
import type { PlacedSpec } from '../../../graph/lowering.js';
import type { Instruction } from '../../../engine/program.js';
import { blasSource } from '../../node.js';
import { Scratch } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { BARRIER_BYTES } from '../run/barrier.js';
import type { Arrays } from '../run/arrays.js';
import { formKernel } from '../run/kernelList.js';
import type { CallWriter } from './callWriter.js';
import type { KnownCall, KnownKernels } from './knownKernels.js';
import type { OperationLoop } from './operationLoop.js';
import type { ProductCall } from './productCall.js';

/** A program in the middle of a walk. */
export interface Site {
  readonly instructions: readonly Instruction[];
  /** For each slot the one whose buffer holds its elements, and how they lie there: null where in order. */
  readonly base: readonly number[];
  readonly views: readonly (View | null)[];
  readonly calls: CallWriter;
  readonly arrays: Arrays;
  readonly loop: OperationLoop;
  readonly product: ProductCall;
  readonly kernels: KnownKernels;
  readonly context: KernelContext;
  add(instruction: Instruction): number;
  take(slot: number): void;
  release(slot: number): void;
  /** `slot` is a buffer within what a view reads; the slots `numbers` say where. */
  window(slot: number, spec: PlacedSpec, numbers: readonly number[], view: View): void;
  /** A primitive that runs by its reference, after the calls so far. */
  reference(slot: number, operands: readonly number[]): void;
  /** All steps of a loop, after the calls so far. */
  repeat(slot: number, operands: readonly number[]): void;
}

/** How the elements of a slot lie in its buffer. */
export function viewAt({ instructions, views, base }: Site, x: number): View {
  return views[x] ?? ownView(base[x]!, (instructions[x] as Instruction).shape);
}

/** The calls of any kernel, which may be remembered. */
export function writeKernel(site: Site, made: Kernel): KnownCall[] {
  const { calls, arrays } = site;
  const written: KnownCall[] = [];
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

/** The calls of a kernel of its own kind, if it was called last for one just like it; false if not. */
export function writeAgain(site: Site, slot: number, operands: readonly number[]): boolean {
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

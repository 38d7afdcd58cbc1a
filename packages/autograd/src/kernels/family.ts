/** @file Kernels of their own kind: how one is made of what a primitive's record says, and what WebAssembly makes of it. */
import type { Kernel, LoopKernel } from '../engine/compile/kernel.js';
import type { OperatorKernel } from '../engine/compile/operators.js';
import type { Place } from '../engine/compile/place.js';
import type { Instruction } from '../engine/program.js';
import type { KernelSpec } from '../graph/lowering.js';
import type { FormedKernel, Scratch } from '../backends/wasm/assembler/block.js';
import type { KernelContext } from '../backends/wasm/assembler/kernelFunction.js';

export type Spec<K extends KernelSpec['kind']> = KernelSpec & { readonly kind: K };

/** An instruction as a kernel is made from it. */
export interface Site {
  readonly instruction: Instruction;
  /** What the operation is given; its elements may lie in the buffer of a value of another shape. */
  readonly operands: readonly Instruction[];
  readonly inputs: readonly Place[];
  readonly out: Place;
  /** The number that the first operand is throughout, where it has no buffer. */
  readonly start: number | null;
}

/** A kernel that does not know yet which family it is of. */
export type Bare<K> = K extends OperatorKernel ? Omit<K, 'family'> : K;

/**
 * What primitives refer to, so that whoever imports an operation has its kernel, and nobody else. Methods, so that a family
 * of one kind may stand for any.
 */
export interface KernelFamily<
  S extends KernelSpec = KernelSpec,
  K extends OperatorKernel = OperatorKernel,
> {
  /** The kernel over contiguous operands, or null where only the reference can run it. */
  make(spec: S, site: Site): Bare<Kernel> | null;
  /** What it becomes in WebAssembly, in order: functions of its own, and loops that start or finish the work. */
  plan(kernel: K, context: KernelContext, scratch: Scratch): readonly (FormedKernel | LoopKernel)[];
}

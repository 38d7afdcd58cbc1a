/**
 * @file Kernel families: how an operator kernel is made from a primitive's lowering, and how it is planned for WebAssembly.
 */
import type { Kernel, LoopKernel } from '../engine/compile/kernel.js';
import type { OperatorKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import type { KernelSpec } from '../graph/lowering.js';
import type { FormedKernel, Scratch } from '../backends/wasm/assembler/block.js';
import type { KernelContext } from '../backends/wasm/assembler/kernelFunction.js';

export type Spec<K extends KernelSpec['kind']> = KernelSpec & { readonly kind: K };

/** An instruction and its operands, as a kernel is made from them. */
export interface Site {
  readonly instruction: Instruction;
  /** The instructions of the operands; their elements may lie in the buffer of a value of another shape. */
  readonly operands: readonly Instruction[];
  readonly inputs: readonly BufferRef[];
  readonly out: BufferRef;
  /** If the first operand is one number throughout and has no buffer: that number. */
  readonly start: number | null;
}

/** A kernel without a reference to its family. */
export type Bare<K> = K extends OperatorKernel ? Omit<K, 'family'> : K;

/**
 * A family of operator kernels. Primitives refer to it, so that only a bundle that imports an operation contains its kernel.
 * It has methods, not function fields, so that a family of one kind is assignable to a family of any.
 */
export interface KernelFamily<
  S extends KernelSpec = KernelSpec,
  K extends OperatorKernel = OperatorKernel,
> {
  /** The kernel over contiguous operands, or null where only the reference can run it. */
  make(spec: S, site: Site): Bare<Kernel> | null;
  /** What it becomes in WebAssembly, in order: functions of its own, and loops that begin or finish the work. */
  plan(kernel: K, context: KernelContext, scratch: Scratch): readonly (FormedKernel | LoopKernel)[];
}

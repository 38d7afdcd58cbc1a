/** @file The basis of every kernel function: its parameters, its scratch memory, its thread's share of the work. */
import type { FunctionBuilder, ModuleBuilder, Quantity } from './moduleBuilder.js';
import { I32 } from './opcodes.js';

/** Parameters of a kernel function: the block it reads, which thread this is, of how many, and its scratch memory. */
export { BLOCK } from './functionBuilder.js';
export const THREAD = 1;
export const THREADS = 2;
export const SCRATCH = 3;
export const KERNEL_PARAMETERS = ['i32', 'i32', 'i32', 'i32'] as const;

/** The first bytes of each thread's scratch memory, for folding accumulators and for ragged tiles. */
export const FOLD_BYTES = 1024;

/**
 * What V8 makes good use of: plain SIMD; fused multiply-add as well; or also pairs of vectors in one register of twice the
 * width.
 */
export type VectorWidth = 'simd128' | 'relaxed' | 'wide';

export interface KernelContext {
  readonly width: VectorWidth;
  /** Whether matrix products may use fused multiply-add. */
  readonly fma: boolean;
  /** Whether large products call a BLAS library. */
  readonly blas: boolean;
  /** Whether one thread runs every loop, whatever its length: this keeps the number of forms small. */
  readonly alone?: boolean;
}

export function kernelFunction(module: ModuleBuilder): FunctionBuilder {
  return module.function(KERNEL_PARAMETERS, []);
}

/** This thread's share [start, end) of `count` units: equal shares, the first ones one larger. */
export function threadRange(f: FunctionBuilder, count: Quantity, start: number, end: number): void {
  const share = f.local('i32');
  const extra = f.local('i32');
  f.push(count).get(THREADS).op(I32.divU).set(share);
  f.push(count).get(THREADS).op(I32.remU).set(extra);
  const bound = (local: number, thread: () => void): void => {
    thread();
    f.get(share).op(I32.mul);
    thread();
    f.get(extra);
    thread();
    f.get(extra).op(I32.ltU).select().op(I32.add).set(local);
  };
  bound(start, () => f.get(THREAD));
  bound(end, () => f.get(THREAD).i32(1).op(I32.add));
}

/**
 * @file The kernels that a backend is asked to run: a few kinds, over buffers.
 *
 * The engine fuses a graph into kernels; a backend turns a list of kernels into an executable. Strides and offsets count
 * elements, never bytes; a stride of 0 repeats an element (broadcasting).
 */
import type { DType } from '../../graph/dtype.js';
import type { OperatorKernel } from './operators.js';
import type { Access, BufferRef } from './bufferRef.js';

export type ReduceOp = 'sum' | 'prod' | 'max' | 'min';

/** One scalar instruction of a loop body, in static single assignment: its index is its name. */
export type Scalar =
  /** The element of `inputs[input]` at the current point. */
  | { readonly kind: 'load'; readonly input: number; readonly dtype: DType }
  | { readonly kind: 'const'; readonly value: number; readonly dtype: DType }
  /** The current coordinate along a dimension of the iteration space (`int32`). */
  | { readonly kind: 'index'; readonly dim: number; readonly dtype: 'int32' }
  /** An element function by the name of its primitive: `add`, `exp`, `where`, `cast` … */
  | {
      readonly kind: 'op';
      readonly op: string;
      readonly args: readonly number[];
      readonly dtype: DType;
    }
  /** Folds a value over the whole inner space; the result has one value for each row. */
  | { readonly kind: 'reduce'; readonly op: ReduceOp; readonly arg: number; readonly dtype: DType };

/**
 * A fused loop nest: for each point of `outer` (a row), and each point of `inner` within it.
 *
 * An element-wise chain has an empty inner space. A row sum has one `reduce`; a softmax has two (the maximum, then
 * the sum of exponentials, which needs the maximum), and then a value for each point. A backend runs one pass over
 * the inner space for each level of reductions and a last one for the outputs of each point.
 */
export interface LoopKernel {
  readonly kind: 'loop';
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  /**
   * The order of its sums and products, if it has any that round: along the last inner dimension with several accumulators,
   * or down columns with one accumulator for each row, in order. Null leaves it to the backend.
   */
  readonly along?: 'row' | 'column' | null;
  /** Strides over `[...outer, ...inner]`. */
  readonly inputs: readonly Access[];
  readonly body: readonly Scalar[];
  /** A value for each row has strides over `outer` alone; one for each point over `[...outer, ...inner]`. */
  readonly outputs: readonly (Access & { readonly value: number })[];
}

/** `out[..., m, n] = Σ_k a[..., m, k] · b[..., k, n]`, any strides, so that transposes and broadcasting are free. */
export interface MatmulKernel {
  readonly kind: 'matmul';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Strides over `[...batch, m, k]`. */
  readonly a: Access;
  /** Strides over `[...batch, k, n]`. */
  readonly b: Access;
  /** Strides over `[...batch, m, n]`. */
  readonly out: Access;
  /**
   * How a small or thin product is summed: along k in rows where both operands are contiguous along k in their own views,
   * before any copy of them was made; so its bits do not depend on what else reads the operands.
   */
  readonly along: 'row' | 'column';
}

export type Kernel = LoopKernel | MatmulKernel | OperatorKernel;

/** Everything a kernel reads and writes. */
export function bufferRefsOf(kernel: Kernel): BufferRef[] {
  if (kernel.kind === 'loop') return [...kernel.inputs, ...kernel.outputs];
  if (kernel.kind === 'matmul') return [kernel.a, kernel.b, kernel.out];
  return [...kernel.inputs, kernel.out];
}

/** The buffers that a kernel writes. */
export function writtenBy(kernel: Kernel): number[] {
  return kernel.kind === 'loop' ? kernel.outputs.map(({ buffer }) => buffer) : [kernel.out.buffer];
}

/** The same kernel over other buffers. */
export function withBufferRefs(kernel: Kernel, to: <P extends BufferRef>(place: P) => P): Kernel {
  if (kernel.kind === 'loop')
    return { ...kernel, inputs: kernel.inputs.map(to), outputs: kernel.outputs.map(to) };
  if (kernel.kind === 'matmul')
    return { ...kernel, a: to(kernel.a), b: to(kernel.b), out: to(kernel.out) };
  return {
    ...kernel,
    inputs: kernel.inputs.map(to),
    out: to(kernel.out),
  } as unknown as OperatorKernel;
}

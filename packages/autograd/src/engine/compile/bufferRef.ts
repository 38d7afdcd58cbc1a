/** @file Places: where a kernel finds what it reads and writes. Strides and offsets count elements, never bytes. */
import type { DType } from '../../graph/dtype.js';

/** Where an operand begins; an operand that is only a `BufferRef` is contiguous and row-major. */
export interface BufferRef {
  /** Which buffer of the plan: an index into its pointer table. */
  readonly buffer: number;
  readonly dtype: DType;
  readonly offset: number;
}

/** How a kernel traverses one buffer: element `offset + Σ index[d] * strides[d]`. */
export interface Access extends BufferRef {
  /** One stride for each dimension of the kernel's iteration space. */
  readonly strides: readonly number[];
}

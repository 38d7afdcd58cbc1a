/** @file Rows along the middle of `[outer, length, inner]`, with their numbers in words. */
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize } from '../../../graph/dtype.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import type { Block } from '../assembler/block.js';
import { I32 } from '../assembler/opcodes.js';

/** The rows of one operand. */
export interface Rows {
  readonly start: Word;
  readonly inner: Word;
  /** Bytes of one element, of `length · inner` elements, and from one element of a row to the next. */
  readonly size: number;
  readonly plane: Word;
  readonly step: Word;
}

export function rowsOf(
  block: Block,
  place: BufferRef,
  { length, inner }: { readonly length: number; readonly inner: number },
): Rows {
  const size = itemSize[place.dtype];
  return {
    start: block.place(place),
    inner: block.number(inner),
    size,
    plane: block.number(length * inner * size),
    step: block.number(inner * size),
  };
}

/** Pushes the address of the first element of the row whose number a local holds. */
export function pushRow(f: FunctionBuilder, rows: Rows, row: number): FunctionBuilder {
  f.push(rows.start).get(row).push(rows.inner).op(I32.divU).push(rows.plane);
  f.op(I32.mul).op(I32.add);
  f.get(row).push(rows.inner).op(I32.remU).i32(rows.size);
  return f.op(I32.mul).op(I32.add);
}

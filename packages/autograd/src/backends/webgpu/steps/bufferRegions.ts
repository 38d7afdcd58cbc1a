/** @file Which elements of a buffer a kernel writes: the pieces of a concatenation are disjoint, row by row. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';

/**
 * The elements `offset + Σ index[d] * strides[d]` of a buffer; each size is more than 1, and there is at least one element.
 */
export interface BufferRegion {
  readonly buffer: number;
  readonly offset: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** The elements that a kernel writes and does not read; null if they are not known. */
export function writtenRegions(kernel: Kernel): readonly BufferRegion[] | null {
  if (kernel.kind === 'matmul') {
    const { a, b, out, batch, m, n } = kernel;
    return unless([a, b], [regionOf(out, [...batch, m, n])]);
  }
  if (kernel.kind !== 'loop') return null;
  const sizes = [...kernel.outer, ...kernel.inner];
  return unless(
    kernel.inputs,
    kernel.outputs.map((output) => regionOf(output, sizes)),
  );
}

function unless(
  read: readonly Access[],
  pieces: readonly BufferRegion[],
): readonly BufferRegion[] | null {
  return pieces.some(({ buffer }) => read.some((x) => x.buffer === buffer)) ? null : pieces;
}

function regionOf({ buffer, offset, strides }: Access, sizes: readonly number[]): BufferRegion {
  const kept = strides.map((_, d) => d).filter((d) => sizes[d]! > 1 && strides[d] !== 0);
  return {
    buffer,
    offset,
    sizes: kept.map((d) => sizes[d]!),
    strides: kept.map((d) => strides[d]!),
  };
}

/** Whether two pieces certainly have no element in common; false if that is hard to determine. */
export function isDisjoint(a: BufferRegion, b: BufferRegion): boolean {
  if (a.buffer !== b.buffer) return true;
  return [Infinity, ...new Set([...a.strides, ...b.strides])].some((row) => {
    const [first, second] = [within(a, row), within(b, row)];
    if (first === null || second === null) return false;
    return first.end <= second.start || second.end <= first.start;
  });
}

/** The columns that a piece occupies within rows of this many elements; null if it crosses the end of a row. */
function within(
  { offset, sizes, strides }: BufferRegion,
  row: number,
): { readonly start: number; readonly end: number } | null {
  const start = row === Infinity ? offset : offset % row;
  let end = start + 1;
  for (const [d, stride] of strides.entries()) {
    if (stride < 0) return null;
    if (row === Infinity || stride % row !== 0) end += (sizes[d]! - 1) * stride;
  }
  return end <= row ? { start, end } : null;
}

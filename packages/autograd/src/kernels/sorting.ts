/** @file Sorting of rows. */
import { planSort } from '../backends/wasm/operators/sortKernel.js';
import type { SortKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const sorting: KernelFamily<Spec<'sort'>, SortKernel> = {
  make: sort,
  plan: (kernel, _context, scratch) => [planSort(kernel, scratch)],
};

/** If at most this many leading elements are needed, a scan keeps the best so far. */
const MAX_SCANNED = 64;
/** There may be no memory to sort longer rows. */
const MAX_ROW = 2 ** 25;

function sort(
  { result, descending, dims, leading = Infinity }: Spec<'sort'>,
  { operands, inputs, out }: Site,
): Bare<SortKernel> | null {
  const { shape } = operands[0] as Instruction;
  const [first, last] = [Math.min(...dims), Math.max(...dims)];
  const length = sizeOf(shape.slice(first, last + 1));
  // The dimensions of a row must be adjacent.
  if (last - first + 1 !== dims.length || length === 0 || length > MAX_ROW) return null;
  return {
    kind: 'sort',
    result,
    descending,
    leading: leading > 0 && leading <= MAX_SCANNED && leading < length ? leading : undefined,
    outer: sizeOf(shape.slice(0, first)),
    length,
    inner: sizeOf(shape.slice(last + 1)),
    inputs: inputs as [BufferRef],
    out,
  };
}

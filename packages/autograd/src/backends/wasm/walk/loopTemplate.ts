/**
 * @file Finds out what the words of a loop's block mean: one loop of each kind is planned with distinctive sizes and strides,
 * so that the value of each word shows which number it holds.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import { SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';
import type { FoldOp } from '../../../graph/lowering.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { Forms } from '../run/forms.js';
import { planLoop } from '../loops/planLoop.js';
import { sumOfProducts } from '../products/matmul.js';
import type { FoldOrder } from '../../../engine/compile/foldOrder.js';

/** An element function, a fold, or a matrix product, with the dtype of its result. */
export interface Operation {
  /** Null for a copy. */
  readonly name: string | null;
  /** The number of its primitive; -1 for a copy, -2 for a cast that a fold needs; for products see `ProductCall`. */
  readonly id: number;
  readonly dtype: DType;
  /** The fold over the last level; null if nothing is folded. */
  readonly fold: FoldOp | null;
  /** The order of the elements of a sum, if it is prescribed. */
  readonly along?: FoldOrder['along'] | null;
  /** Whether it is a sum of products, with one term each if nothing is folded. */
  readonly product?: boolean;
}

/** The index of the operand that is written. */
export const OUT = 3;

/**
 * The codes for the contents of a word: from `STRIDE` on a stride, from `SIZE` on a size, lower ones the address of an operand
 * or of scratch memory.
 */
export const SIZE = 8;
export const STRIDE = 16;
export const SCRATCH_WORD = 4;

/** A form, and what each word of its block holds: an operand's address, a level's size, or an operand's stride. */
export interface Template {
  readonly form: number;
  readonly words: Int32Array;
  /** Scratch bytes in addition to those of every kernel. */
  readonly scratch: number;
}

/** How operands are traversed, by level; strides in elements, of the operands that are read and of `OUT`. */
export interface OperandTraversal {
  readonly reads: number;
  readonly levels: number;
  readonly sizes: Float64Array;
  readonly strides: readonly Float64Array[];
  /** The codes of dtypes. */
  readonly dtypes: Int32Array;
}

/** Plans a loop of the same kind with numbers that can be told apart; null if that is impossible. */
export function planTemplate(
  op: Operation,
  walked: OperandTraversal,
  forms: Forms,
  context: KernelContext,
): Template | null {
  const { reads, levels } = walked;
  const operands = [...Array(reads).keys(), OUT];
  const sizes: number[] = [];
  for (let d = 0; d < levels; d++)
    sizes.push(op.fold === null ? 1021 - 2 * d : sampleSize(sizeRange(walked.sizes[d]!), sizes));
  const strides = operands.map((j) =>
    sizes.map((_, d) => {
      const kind = strideClass(walked.strides[j]![d]!);
      return kind === 2 ? 100_003 + 4 * (8 * j + d) : kind;
    }),
  );
  const dtypes = operands.map((j) => DTYPES[walked.dtypes[j]!]!);
  // Sums down columns have the same bits whether accumulators are in memory or in registers.
  const formOf = (own: readonly number[]): FormedKernel | null =>
    planLoop(kernelOf(op, own, strides, dtypes), context);
  const formed = formOf(sizes);
  if (formed === null) return null;
  const { words, pointers } = formed.block;
  // Levels of equal size are told apart by planning again with one of them shorter.
  const shorter: { readonly level: number; readonly words: readonly number[] }[] = [];
  for (let level = 0; level < levels; level++) {
    if (sizes.indexOf(sizes[level]!) === level) continue;
    const others = sizes.map((size, d) => (d === level ? size - 1 : size));
    const probe = formOf(others)?.block.words;
    if (probe?.length !== words.length) return null;
    shorter.push({ level, words: probe });
  }
  const meaning = Int32Array.from(words, (value, w) => {
    const twin = shorter.find((probe) => probe.words[w] !== value);
    if (twin !== undefined) return value === sizes[twin.level] ? SIZE + twin.level : -1;
    const size = sizes.indexOf(value);
    if (size >= 0) return SIZE + size;
    for (let i = 0; i < operands.length; i++) {
      const level = strides[i]!.findIndex((s) => s > 0 && s * itemSize[dtypes[i]!] === value);
      if (level >= 0) return STRIDE + 4 * level + operands[i]!;
    }
    return -1;
  });
  for (const { word, buffer } of pointers)
    meaning[word] = buffer === SCRATCH_BUFFER ? SCRATCH_WORD : buffer;
  if (meaning.includes(-1)) return null;
  const form = forms.find(formed, context);
  return { form, words: meaning, scratch: formed.threadScratch };
}

function kernelOf(
  op: Operation,
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
  dtypes: readonly DType[],
): LoopKernel {
  if (op.product === true) return productKernel(op, sizes, strides);
  if (op.fold !== null) return foldKernel(op, op.fold, sizes, strides, dtypes);
  const { name, dtype } = op;
  const reads = dtypes.length - 1;
  const body: Scalar[] = dtypes
    .slice(0, reads)
    .map((from, input) => ({ kind: 'load', input, dtype: from }));
  const args = body.map((_, j) => j);
  if (name !== null) body.push({ kind: 'op', op: name, args, dtype });
  const access = (i: number, buffer: number): LoopKernel['inputs'][number] => ({
    ...{ buffer, dtype: dtypes[i]!, offset: 0, strides: strides[i]! },
  });
  return {
    ...{ kind: 'loop', outer: sizes, inner: [], body },
    inputs: args.map((i) => access(i, i)),
    outputs: [{ ...access(reads, OUT), value: body.length - 1 }],
  };
}

function productKernel(
  { dtype, fold }: Operation,
  sizes: readonly number[],
  [a = [], b = [], out = []]: readonly (readonly number[])[],
): LoopKernel {
  const of = (buffer: number, strides: readonly number[]): LoopKernel['inputs'][number] => ({
    ...{ buffer, dtype, offset: 0, strides },
  });
  const rank = sizes.length - Number(fold !== null);
  return sumOfProducts(
    { outer: sizes.slice(0, rank), inner: sizes.slice(rank) },
    [of(0, a), of(1, b)],
    of(OUT, out.slice(0, rank)),
  );
}

function foldKernel(
  { dtype, along = null }: Operation,
  op: FoldOp,
  sizes: readonly number[],
  [strides = [], out = []]: readonly (readonly number[])[],
  [from = dtype]: readonly DType[],
): LoopKernel {
  const rank = sizes.length - 1;
  const body: Scalar[] = [{ kind: 'load', input: 0, dtype: from }];
  if (from !== dtype) body.push({ kind: 'op', op: 'cast', args: [0], dtype });
  const value = body.push({ kind: 'reduce', op, arg: body.length - 1, dtype }) - 1;
  return {
    ...{ kind: 'loop', outer: sizes.slice(0, rank), inner: sizes.slice(rank), along, body },
    inputs: [{ buffer: 0, dtype: from, offset: 0, strides }],
    outputs: [{ buffer: OUT, dtype, offset: 0, strides: out.slice(0, rank), value }],
  };
}

/** The power of two at or below a size; 64 and 256 have ranges of their own, since some kernels change above them. */
export function sizeRange(size: number): number {
  return size === 64 ? 15 : size === 256 ? 14 : 31 - Math.clz32(size);
}

/** A size in a range: different from the others if possible, and never the bytes of an element. */
function sampleSize(range: number, others: readonly number[]): number {
  if (range === 15) return 64;
  if (range === 14) return 256;
  const largest = 2 ** (range + 1) - 1;
  for (let size = largest; size > 2 ** range; size--) if (!others.includes(size)) return size;
  return largest;
}

/** Whether an operand repeats along a level (0), is contiguous (1) or strided (2). */
export function strideClass(stride: number): 0 | 1 | 2 {
  return stride === 0 ? 0 : stride === 1 ? 1 : 2;
}

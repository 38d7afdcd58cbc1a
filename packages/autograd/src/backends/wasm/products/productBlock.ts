/** @file The numbers of a batch of matrix products as words of a block. */
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import { sizeOf } from '../../../graph/shape.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import type { Block } from '../assembler/block.js';
import type { Matrix, Product, ScratchLayout } from './blocking.js';
import { I32 } from '../assembler/opcodes.js';

/** The size and byte strides of each product of a kernel. */
export function productOf({ batch, m, n, k, a, b, out }: MatmulKernel, size: number): Product {
  const matrix = ({ strides }: Access): Matrix => ({
    rows: (strides[batch.length] as number) * size,
    columns: (strides[batch.length + 1] as number) * size,
  });
  return { m, n, k, a: matrix(a), b: matrix(b), c: matrix(out) };
}

/** A product with its numbers in words. */
export function wordsOf(block: Block, { m, n, k, a, b, c }: Product): Product<Word> {
  const matrix = ({ rows, columns }: Matrix): Matrix<Word> => ({
    rows: block.number(rows),
    columns: block.number(columns),
  });
  const [wm, wn, wk] = [block.number(m), block.number(n), block.number(k)];
  return { m: wm, n: wn, k: wk, a: matrix(a), b: matrix(b), c: matrix(c) };
}

/** Offsets in scratch memory, as words. */
export function scratchWords(block: Block, { copy, scaled }: ScratchLayout): ScratchLayout<Word> {
  return { copy: block.number(copy), scaled: block.number(scaled) };
}

/** The addresses of the matrices of a batch. */
export interface Batch {
  readonly count: Word;
  /** The starts of a, b and c. */
  readonly starts: readonly [Word, Word, Word];
  /** For each dimension: matrices within it, its size, and byte strides of a, b and c. */
  readonly dims: readonly { readonly within: Word; readonly size: Word; readonly steps: Word[] }[];
}

export function batchOf(block: Block, { batch, a, b, out }: MatmulKernel, size: number): Batch {
  const operands = [a, b, out] as const;
  const starts = operands.map((x) => block.place(x)) as [Word, Word, Word];
  let within = sizeOf(batch);
  const count = block.number(within);
  if (within === 1) return { count, starts, dims: [] };
  const dims = batch.map((extent, d) => {
    within /= extent;
    return {
      within: block.number(within),
      size: block.number(extent),
      steps: operands.map(({ strides }) => block.number((strides[d] as number) * size)),
    };
  });
  return { count, starts, dims };
}

/** Pushes the address of matrix `i` (a, b or c) of the batch's product `index`. */
export function pushMatrix(f: FunctionBuilder, batch: Batch, i: 0 | 1 | 2, index: number): void {
  f.push(batch.starts[i]);
  for (const { within, size, steps } of batch.dims) {
    f.get(index).push(within).op(I32.divU).push(size).op(I32.remU);
    f.push(steps[i] as Word)
      .op(I32.mul)
      .op(I32.add);
  }
}

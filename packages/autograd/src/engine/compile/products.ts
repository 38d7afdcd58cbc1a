/** @file Matrices that many products share: their transposes, written out once. */
import { TRANSPOSE } from './compilerPrimitives.js';
import type { Instruction, Program } from '../program.js';
import type { View } from './view.js';

/** From this many products by one matrix on, a copy in the order in which they read it pays. */
const MIN_SHARING_PRODUCTS = 4;

/** How many products have a slot as their second operand, as it is or transposed. */
export class SharedOperands {
  private readonly plain = new Map<number, number>();
  private readonly transposed = new Map<number, number>();

  constructor({ instructions }: Program) {
    for (const instruction of instructions) {
      const b = instruction.inputs[1];
      if (instruction.op?.lowering.kind !== 'product' || b === undefined) continue;
      const counts = transposition(instruction).b ? this.transposed : this.plain;
      counts.set(b, (counts.get(b) ?? 0) + 1);
    }
  }

  /** Whether enough products read it that a copy in their order pays. */
  isShared(slot: number, transposed: boolean): boolean {
    return ((transposed ? this.transposed : this.plain).get(slot) ?? 0) >= MIN_SHARING_PRODUCTS;
  }
}

/** The transpose of matrices as an instruction. */
export function transposeOf(slot: number, { shape, dtype }: Instruction): Instruction {
  const dims = swapLast(shape.map((_, d) => d));
  return { op: TRANSPOSE, attrs: { dims }, inputs: [slot], shape: swapLast(shape), dtype };
}

/** Which operands a product reads transposed. */
export function transposition({ op, attrs }: Instruction): { a: boolean; b: boolean } {
  return op?.lowering.kind === 'product'
    ? op.lowering.transposed(attrs ?? {})
    : { a: false, b: false };
}

function swapLast(sizes: readonly number[]): number[] {
  return [...sizes.slice(0, -2), ...sizes.slice(-2).reverse()];
}

/** Up to this many multiplications a product runs as a loop. */
const MAX_LOOP_WORK = 1024;
/** Tiles with this few rows or columns are mostly empty. */
const MAX_THIN = 3;

/** Whether a product of floats runs better as a sum in a loop: small ones, a vector or a few of them, outer products. */
export function isLoop(m: number, n: number, k: number, along: 'row' | 'column'): boolean {
  if (m === 1 || n === 1 || k === 1 || m * n * k <= MAX_LOOP_WORK) return true;
  return Math.min(m, n) <= MAX_THIN && along === 'row';
}

/** A view of matrices as one of their transposes. */
export function transpose({ base, offset, strides, dims }: View): View {
  return { base, offset, strides: swapLast(strides), dims: dims === null ? null : swapLast(dims) };
}

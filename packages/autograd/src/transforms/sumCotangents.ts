/** @file The sum of all cotangents of one node. */
import type { Tensor } from '../graph/tensor.js';
import { sumOf } from '../ops/build/primitive.js';

/** The sum of cotangents of one shape. If one of them is padded, its primitive says how they are summed. */
export function sumCotangents(cts: readonly Tensor[]): Tensor {
  if (cts.length === 1) return cts[0] as Tensor;
  for (const { op } of cts) {
    const sum = op !== null && 'sum' in op.lowering ? op.lowering.sum : undefined;
    if (sum !== undefined) return sum(cts);
  }
  return sumOf(cts) as Tensor;
}

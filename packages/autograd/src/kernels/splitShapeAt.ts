/** @file Splits a shape around one of its dimensions. */
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';

/** A shape as `[outer, length, inner]` around a dimension. */
export function splitShapeAt(
  { shape }: Instruction,
  dim: number,
): { readonly outer: number; readonly length: number; readonly inner: number } {
  return {
    outer: sizeOf(shape.slice(0, dim)),
    length: shape[dim] ?? 1,
    inner: sizeOf(shape.slice(dim + 1)),
  };
}

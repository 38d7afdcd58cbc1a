/** @file Operations that scheduling itself adds: they are part of no graph, and have no rules but their lowering. */
import type { Lowering } from '../../graph/lowering.js';
import type { DType } from '../../graph/dtype.js';
import { recordOf, type Attrs, type Primitive } from '../../graph/primitive.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Instruction } from '../program.js';

function compilerPrimitive<A extends Attrs>(name: string, lowering: Lowering<A>): Primitive<A> {
  const rules = {
    vjp: () => null,
    jvp: () => null,
    batch: ([x]: readonly Tensor[]) => x as Tensor,
    kernel: () => undefined,
  };
  return recordOf({ name, lowering, differentiable: false, ...rules }, -1);
}

/** The elements of a view, written in order. */
export const COPY: Primitive = compilerPrimitive('copy', { kind: 'element', scalar: (x) => x });

/** An instruction that reads `x` and writes its elements in order. */
export function copyOf(x: number, shape: Shape, dtype: DType): Instruction {
  return { op: COPY, attrs: null, inputs: [x], shape, dtype, onHost: false };
}

/** Matrices with rows and columns exchanged. */
export const TRANSPOSE: Primitive<{ dims: readonly number[] }> = compilerPrimitive('transpose', {
  kind: 'view',
  view: ({ dims }) => ({ kind: 'permute', dims }),
});

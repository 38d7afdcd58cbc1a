/** @file Operations that scheduling adds itself: they are part of no graph, and have no rules but how they are lowered. */
import type { Lowering } from '../../graph/lowering.js';
import type { Attrs, Primitive } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';

function added<A extends Attrs>(name: string, lowering: Lowering<A>): Primitive<A> {
  return {
    name,
    id: -1,
    lowering,
    differentiable: false,
    vjp: () => null,
    jvp: () => null,
    batch: ([x]) => x as Tensor,
    kernel: () => undefined,
  };
}

/** Reads a view and writes it in order. */
export const COPY: Primitive = added('copy', { kind: 'element', scalar: (x) => x });

/** Matrices with rows and columns exchanged. */
export const TRANSPOSE: Primitive<{ dims: readonly number[] }> = added('transpose', {
  kind: 'view',
  view: ({ dims }) => ({ kind: 'permute', dims }),
});

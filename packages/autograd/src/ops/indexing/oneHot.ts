/** @file The primitive behind `oneHot`: a row with a single 1 for each index. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { marks } from '../../kernels/indexing.js';
import { checkIndices } from './gather.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';

/** `int32 […] → int32 […, count]`; throws when evaluated if an index is out of range. */
export const oneHotOf: PrimitiveOp<{ count: number }> = primitive('oneHot', {
  lowering: { kind: 'kernel', family: marks, kernel: ({ count }) => ({ kind: 'mark', count }) },
  differentiable: false,
  shape: ([index], { count }) => [...(index as Tensor).sizes, count],
  batch: ([index], _batched, attrs) => oneHotOf([index as Tensor], attrs),
  reference: ([index], out, { count }) => {
    const { data } = index as Value;
    checkIndices('oneHot: index', data, count, (index as Value).shape.length);
    for (let i = 0; i < data.length; i++) out.data[i * count + data[i]!] = 1;
  },
});

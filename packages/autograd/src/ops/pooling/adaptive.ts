/** @file Windows that divide a dimension of any size into a given number of parts. */
import { allocate, type DType } from '../../graph/dtype.js';
import { range, sizeOf, type Shape } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { mul } from '../elements/arithmetic.js';
import { windowSum } from '../neural/convolution/slide.js';

/** The mean over adaptive windows of all dimensions after the channels. */
export function adaptiveMean(x: Tensor, target: Shape): Tensor {
  const size = x.sizes.slice(2);
  const spans = adaptiveSpans(size, target);
  const lengths = spans.starts.map((list, d) => list.map((s, o) => spans.ends[d]![o]! - s));
  return mul(windowSum([x], { size, ...spans }), reciprocals(lengths, x.dtype));
}

/** Window i of n over a size s: from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. */
export function adaptiveSpans(
  size: Shape,
  target: Shape,
): { starts: number[][]; ends: number[][] } {
  return {
    starts: size.map((n, d) => range(target[d]!).map((i) => Math.floor((i * n) / target[d]!))),
    ends: size.map((n, d) => range(target[d]!).map((i) => Math.ceil(((i + 1) * n) / target[d]!))),
  };
}

/** One over the number of elements of each window. */
export function reciprocals(lengths: readonly (readonly number[])[], dtype: DType): Tensor {
  const shape = lengths.map((list) => list.length);
  const counts = new Float64Array(sizeOf(shape)).fill(1);
  let inner = counts.length;
  for (const list of lengths) {
    inner /= list.length;
    for (let at = 0; at < counts.length;)
      for (const n of list) for (let i = 0; i < inner; i++) counts[at++]! *= n;
  }
  const data = allocate(dtype, counts.length);
  for (let i = 0; i < data.length; i++) data[i] = 1 / counts[i]!;
  return makeLeaf(data, shape, dtype);
}

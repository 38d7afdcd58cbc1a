/** @file Expands sparse tensors of a file to dense ones. */
import { FormatError } from '@chainrule/autograd';
import type { SparseTensorProto } from '../schema/protos.js';
import { countOf } from './limits.js';
import { readTensor, type TensorContext } from './tensors.js';
import { Known, Strings, type Numbers } from './values.js';

export function readSparseTensor(
  { values, indices, dims }: SparseTensorProto,
  what: string,
  context: TensorContext,
): Known {
  const refuse = (why: string): never => {
    throw new FormatError(`importOnnx: ${what}, which is sparse, ${why}`);
  };
  if (values === undefined || indices === undefined) return refuse('has no values or no indices');
  const count = countOf(dims, context.limits, what);
  const given = readTensor(values, what, context);
  const places = readTensor(indices, `${what}: indices`, context);
  if (given instanceof Strings || places instanceof Strings)
    return refuse('is of strings, which have no zero');
  const n = given.data.length;
  const rank = places.shape.length === 2 ? dims.length : 1;
  if (places.data.length !== n * rank || places.shape[0] !== n)
    return refuse(`has indices of shape [${places.shape.join(', ')}] for ${n} values`);
  const sizes = rank === 1 ? [count] : dims;
  const all = new (given.data.constructor as new (n: number) => Numbers)(count);
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (const [d, size] of sizes.entries()) {
      const place = places.data[i * rank + d] as number;
      if (!(place >= 0 && place < size)) refuse(`has the index ${place} in a size of ${size}`);
      at = at * size + place;
    }
    all[at] = given.data[i] as number;
  }
  return new Known(all, dims, given.dtype);
}

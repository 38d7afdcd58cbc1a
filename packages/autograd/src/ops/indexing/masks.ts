/** @file Masks as indices: a bool tensor of k dimensions stands for k index tensors of the positions where it is true. */
import { plural } from '../../arguments/plural.js';
import { IndexError } from '../../errors.js';
import { show, stridesOf, type Shape } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, Tensor } from '../../graph/tensor.js';
import { indexTensor, type Indices } from './indices.js';

/** The positions where a mask over dimensions `dim`, `dim` + 1, … of a tensor is true: an index for each of its dimensions. */
export function maskPositions(op: string, mask: Tensor, shape: Shape, dim: number): Tensor[] {
  mask.sizes.forEach((n, k) => {
    if (n !== shape[dim + k]) {
      throw new IndexError(
        `${op}: the mask of shape ${show(mask.sizes)} does not fit dimensions ${dim} to ${dim + mask.ndim - 1} of shape ${show(shape)}`,
      );
    }
  });
  const data = valueOf(mask, op);
  const indices: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) indices.push(i);
  const strides = stridesOf(mask.sizes);
  return mask.sizes.map((n, k) =>
    makeLeaf(
      Int32Array.from(indices, (p) => Math.floor(p / strides[k]!) % n),
      [indices.length],
      'int32',
    ),
  );
}

/** Index tensors for the first dimensions of a shape, with masks replaced by the positions where they are true. */
export function maskIndices(op: string, shape: Shape, indices: readonly Indices[]): Tensor[] {
  const out: Tensor[] = [];
  for (const index of indices) {
    if (index instanceof Tensor && index.dtype === 'bool')
      out.push(...maskPositions(op, index, shape, out.length));
    else if (out.length < shape.length) {
      out.push(indexTensor(op, index, shape[out.length]!, out.length, { negative: true }));
    } else {
      throw new IndexError(
        `${op}: ${plural(indices.length, 'index', 'indices')} for a tensor of shape ${show(shape)}, which has ${plural(shape.length, 'dimension')}`,
      );
    }
  }
  return out;
}

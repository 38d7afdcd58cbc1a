/** @file Indices as arguments: int32 tensors or arrays of numbers, checked at the call if their values are known. */
import { DTypeError, IndexError } from '../../errors.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { outOfRange } from '../../graph/outOfBounds.js';
import type { NestedArray } from '../../graph/values/reading.js';
import { makeLeaf, Tensor } from '../../graph/tensor.js';
import { add } from '../elements/arithmetic.js';
import { checkedIndex } from '../build/between.js';
import { where } from '../elements/comparison.js';
import { tensor } from '../creation/creation.js';
import { readNested } from '../creation/nested.js';
import { display } from '../../arguments/index.js';
import { lt } from '../build/relations.js';

/** Indices along a dimension: an int32 tensor, a number, or nested arrays of numbers. */
export type Indices = Tensor | NestedArray;

/**
 * The indices as an int32 node. If its value is known, indices out of range are refused here; otherwise the kernel does so when
 * it runs. With `negative`, negative ones count from the end. `what` names the index in errors.
 */
export function indexTensor(
  op: string,
  index: Indices,
  limit: number,
  dim: number,
  { negative = false, what = `${op}: index` }: { negative?: boolean; what?: string } = {},
): Tensor {
  const node = index instanceof Tensor ? index.current : indicesOf(op, index);
  if (node.dtype !== 'int32') {
    throw new DTypeError(
      `${op}: indices are int32, these are ${node.dtype}; make them tensor([…], { dtype: 'int32' }) or cast them`,
    );
  }
  const data = node.cell === null ? hostValue(node) : null;
  if (data === null) {
    if (!negative) return node;
    const checked = checkedIndex(node, what, limit, dim);
    return where(lt(checked, 0), add(checked, limit), checked);
  }
  if (boundOf(node, data as Int32Array) <= limit) return node;
  let wrapped: Int32Array | null = null;
  for (let i = 0; i < data.length; i++) {
    const k = data[i] as number;
    if (k >= limit || k < (negative ? -limit : 0)) {
      throw outOfRange(what, k, limit, i, dim, negative ? -limit : 0);
    }
    if (k < 0) (wrapped ??= Int32Array.from(data))[i] = k + limit;
  }
  return wrapped === null ? node : makeLeaf(wrapped, node.sizes, 'int32');
}

/** One more than the largest index of a node, or Infinity if one is negative. Valid forever, as a node never changes. */
const bounds = new WeakMap<Tensor, number>();

function boundOf(node: Tensor, data: Int32Array): number {
  let bound = bounds.get(node);
  if (bound === undefined) {
    let most = -1;
    let signs = 0;
    for (let i = 0; i < data.length; i++) {
      const k = data[i]!;
      signs |= k;
      if (k > most) most = k;
    }
    bound = signs < 0 ? Infinity : most + 1;
    bounds.set(node, bound);
  }
  return bound;
}

/** Nested arrays of whole numbers as an int32 tensor. Dimensions are never longer than an int32 can count. */
export function indicesOf(op: string, index: NestedArray): Tensor {
  const { flat, shape } = readNested(op, index);
  for (const x of flat) {
    if (!Number.isInteger(x))
      throw new IndexError(`${op}: an index must be a whole number, got ${display(x)}`);
    if (Math.abs(x) >= 2 ** 31)
      throw new IndexError(`${op}: index ${x} is out of range: no dimension can be that long`);
  }
  return tensor(Int32Array.from(flat), { shape });
}

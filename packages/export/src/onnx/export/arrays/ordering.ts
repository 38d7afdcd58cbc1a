/** @file Orders, medians, and places in sorted lists. */
import type { OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { TO_END } from '../encoded.js';
import { refuse } from '../refuse.js';
import { flag, int32, numeric, type Recorded } from './rule.js';
import { shapeFor } from '../shapes.js';
import { isFixed, type Size } from '../sizes.js';

export function argsort(
  e: Emitter,
  { node, inputs, attributes: { dim, descending } }: Recorded<'argsort'>,
): string {
  const size =
    e.size(e.shape(node)[dim] as Size) ?? refuse(node, 'its size depends on what is dynamic');
  const [, places] = e.outputs('TopK', [numeric(e, node, inputs), size], 2, {
    axis: dim,
    largest: flag(descending),
  });
  return int32(e, places as string);
}

/** Where the lower median is: the element in the middle of those in order. */
export function middle(
  e: Emitter,
  { node, inputs, attributes: { dim, keepdim } }: Recorded<'argmedian'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const [, places] = ordered(e, node, numeric(e, node, inputs), e.shape(from)[dim] as Size, dim);
  const last = int32(e, e.node('Slice', [places, e.ints([-1]), e.ints([TO_END]), e.ints([dim])]));
  return keepdim ? last : e.node('Squeeze', [last, e.ints([dim])]);
}

/** The smaller half of the elements along a dimension, in order, with their places. */
function ordered(
  e: Emitter,
  node: OperationNode,
  x: string,
  size: Size,
  axis: number,
): [string, string] {
  if (!isFixed(size)) refuse(node, 'how many elements it has depends on what is dynamic');
  const half = Math.ceil((size[0] as number) / 2);
  return e.outputs('TopK', [x, e.ints([half])], 2, { axis, largest: 0 }) as [string, string];
}

export function median(
  e: Emitter,
  { node, inputs, attributes: { dims } }: Recorded<'median'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const sizes = e.shape(from);
  const kept = sizes.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  const turned = e.node('Transpose', inputs, { perm: [...kept, ...dims] });
  const counts = dims.map((d) => sizes[d] as Size);
  const together = (sizes[0] ?? [1]).map((_, i) =>
    counts.reduce((n, s) => n * (s[i] as number), 1),
  );
  const flat = e.node('Reshape', [
    turned,
    shapeFor(e, node, [...kept.map((d) => sizes[d] as Size), together]),
  ]);
  const [values] = ordered(e, node, flat, together, kept.length);
  const last = e.node('Slice', [values, e.ints([-1]), e.ints([TO_END]), e.ints([kept.length])]);
  return e.node('Reshape', [last, shapeFor(e, node)]);
}

/** How many elements are smaller, or not larger. */
export function searchsorted(
  e: Emitter,
  { node, inputs, attributes: { right } }: Recorded<'searchsorted'>,
): string {
  const [sorted, x] = inputs as [string, string];
  const [list] = node.inputs as [OperationNode];
  const row = list.shape.length === 1 ? sorted : e.node('Unsqueeze', [sorted, e.ints([-2])]);
  const column = e.node('Unsqueeze', [x, e.ints([-1])]);
  const before = int32(e, e.node(right ? 'LessOrEqual' : 'Less', [row, column]));
  return e.node('ReduceSum', [before, e.ints([-1])], { keepdims: 0 });
}

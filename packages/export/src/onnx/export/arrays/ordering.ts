/** @file Sort orders, medians, and positions in sorted lists. */
import type { OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { TO_END } from '../encoded.js';
import { refuse } from '../refuse.js';
import { flag, int32, numeric, type Recorded } from './rule.js';
import { shapeFor } from '../shapes.js';
import { isFixed, type Size } from '../sizes.js';

/** Replaces NaN by infinity, which sorts last: ONNX does not define the order of NaN. */
function orderable(e: Emitter, node: OperationNode, inputs: readonly string[]): string {
  const x = numeric(e, node, inputs);
  const dtype = node.inputs[0]?.dtype;
  if (dtype !== 'float32' && dtype !== 'float64') return x;
  return e.node('Where', [e.node('IsNaN', [x]), e.number(Infinity, dtype), x]);
}

/** The size of a result along a dimension, as a vector. */
function sizeAlong(e: Emitter, node: OperationNode, of: OperationNode, dim: number): string {
  return (
    e.size(e.shape(of)[dim] as Size) ?? refuse(node, 'its size depends on a dynamic dimension')
  );
}

export function argsort(
  e: Emitter,
  { node, inputs, attributes: { dim, descending } }: Recorded<'argsort'>,
): string {
  const [, indices] = e.outputs(
    'TopK',
    [orderable(e, node, inputs), sizeAlong(e, node, node, dim)],
    2,
    { axis: dim, largest: flag(descending) },
  );
  return int32(e, indices as string);
}

/** The index of the lower median of the elements that are not NaN. */
export function nanMiddle(
  e: Emitter,
  { node, inputs, attributes: { dim, keepdim } }: Recorded<'argnanmedian'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const [, indices] = e.outputs(
    'TopK',
    [orderable(e, node, inputs), sizeAlong(e, node, from, dim)],
    2,
    { axis: dim, largest: 0 },
  );
  const isFloat = from.dtype === 'float32' || from.dtype === 'float64';
  const x = numeric(e, node, inputs);
  const counted = isFloat ? e.node('Not', [e.node('IsNaN', [x])]) : e.node('Equal', [x, x]);
  const axes = e.ints([dim]);
  const count = e.node('ReduceSum', [int32(e, counted), axes], { keepdims: 1 });
  const last = e.node('Max', [e.node('Sub', [count, e.number(1, 'int32')]), e.number(0, 'int32')]);
  const half = e.node('Div', [last, e.number(2, 'int32')]);
  const found = int32(e, e.node('GatherElements', [indices as string, half], { axis: dim }));
  return keepdim ? found : e.node('Squeeze', [found, axes]);
}

/** The last index of the most frequent element (of several, the smallest), found by comparing all elements with all. */
export function mode(
  e: Emitter,
  { node, inputs, attributes: { dim, keepdim } }: Recorded<'argmode'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const dtype = from.dtype === 'bool' ? 'int32' : from.dtype;
  const rank = from.shape.length;
  const x = numeric(e, node, inputs);
  const last = e.ints([-1]);
  const over = (op: string, value: string): string =>
    e.opset >= 18 || op === 'ReduceSum'
      ? e.node(op, [value, last], { keepdims: 1 })
      : e.node(op, [value], { axes: [-1], keepdims: 1 });
  const perm = Array.from({ length: rank }, (_, d) => d);
  [perm[rank - 1], perm[dim]] = [dim, rank - 1];
  const transposed = (v: string): string =>
    dim === rank - 1 ? v : e.node('Transpose', [v], { perm });
  const rows = transposed(x);
  const equal = e.node('Equal', [
    e.node('Unsqueeze', [rows, e.ints([-1])]),
    e.node('Unsqueeze', [rows, e.ints([-2])]),
  ]);
  const counts = e.node('ReduceSum', [int32(e, equal), last], { keepdims: 0 });
  const frequent = e.node('Equal', [counts, over('ReduceMax', counts)]);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  const none = e.number(isFloat ? Infinity : 2 ** 31 - 1, dtype);
  const chosen = isFloat ? e.node('And', [frequent, e.node('Equal', [rows, rows])]) : frequent;
  const value = over('ReduceMin', e.node('Where', [chosen, rows, none]));
  const there = int32(e, e.node('Equal', [rows, value]));
  const at = int32(e, e.node('ArgMax', [there], { axis: -1, keepdims: 1, select_last_index: 1 }));
  const found = transposed(e.node('Mul', [at, over('ReduceMax', there)]));
  return keepdim ? found : e.node('Squeeze', [found, e.ints([dim])]);
}

/** The index of the lower median: the middle element in sorted order. */
export function middle(
  e: Emitter,
  { node, inputs, attributes: { dim, keepdim } }: Recorded<'argmedian'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const [, indices] = ordered(e, node, numeric(e, node, inputs), e.shape(from)[dim] as Size, dim);
  const last = int32(e, e.node('Slice', [indices, e.ints([-1]), e.ints([TO_END]), e.ints([dim])]));
  return keepdim ? last : e.node('Squeeze', [last, e.ints([dim])]);
}

/** The smaller half of the elements along a dimension, sorted, with their indices. */
function ordered(
  e: Emitter,
  node: OperationNode,
  x: string,
  size: Size,
  axis: number,
): [string, string] {
  const count = e.size(size) ?? refuse(node, 'its size depends on a dynamic dimension');
  const half = isFixed(size)
    ? e.ints([Math.ceil((size[0] as number) / 2)])
    : e.node('Div', [e.node('Add', [count, e.ints([1])]), e.ints([2])]);
  return e.outputs('TopK', [x, half], 2, { axis, largest: 0 }) as [string, string];
}

export function median(
  e: Emitter,
  { node, inputs, attributes: { dims } }: Recorded<'median'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const sizes = e.shape(from);
  const kept = sizes.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  const transposed = e.node('Transpose', inputs, { perm: [...kept, ...dims] });
  const counts = dims.map((d) => sizes[d] as Size);
  const together = (sizes[0] ?? [1]).map((_, i) =>
    counts.reduce((n, s) => n * (s[i] as number), 1),
  );
  const flat = e.node('Reshape', [
    transposed,
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

/** @file Shapes as operators take them; sizes may depend on dynamic ones. */
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Emitter } from './emitter.js';
import { refuse } from './refuse.js';
import { isFixed, type Size } from './sizes.js';

/** The sizes of a result as a shape. At most one size that follows from no other may be left to ONNX as -1. */
export function shapeFor(e: Emitter, node: GraphNode, sizes = e.shape(node)): string {
  const moving = sizes.flatMap((size, d) => (isFixed(size) ? [] : [d]));
  const unknown = moving.filter((d) => e.size(sizes[d] as Size) === null);
  if (unknown.length > 1)
    refuse(node, 'two of its sizes depend on dynamic dimensions in ways that no input does');
  const open = unknown[0] ?? moving[0];
  if (moving.length <= 1)
    return e.ints(sizes.map((size, d) => (d === open ? -1 : (size[0] as number))));
  const parts = sizes.map((size, d) => (d === open ? e.ints([-1]) : (e.size(size) as string)));
  return e.node('Concat', parts, { axis: 0 });
}

/** The first `count` sizes of a value, then fixed sizes. */
export function leading(e: Emitter, of: GraphNode, count: number, rest: readonly number[]): string {
  const all = e.shape(of);
  const fixed = rest.map((n): Size => Array.from({ length: all[0]?.length ?? 1 }, () => n));
  return shapeFor(e, of, [...all.slice(0, count), ...fixed]);
}

/** @file The type of a rule: how one operation of a recorded graph is written. */
import type { OperationName, OperationNode } from '@chainrule/autograd/graph';
import type { DType, Shape } from '@chainrule/autograd';
import type { ElementType, Value, Writer } from './writer.js';

/** The node of one operation. */
export type Node<K extends OperationName> = Extract<OperationNode, { op: K }>;

/** Writes a node; its inputs have been written. */
export type Rule<K extends OperationName> = (
  w: Writer,
  xs: readonly Value[],
  node: Node<K>,
) => Value;

export type Rules = { readonly [K in OperationName]?: Rule<K> };

const types: Readonly<Record<DType, ElementType>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  bool: 'i1',
};

/** The element type of a dtype. */
export function elementType(dtype: DType): ElementType {
  return types[dtype];
}

/** The smallest and the largest number of a type, from which maxima and minima start. */
export function extremes(type: ElementType): { readonly least: number; readonly largest: number } {
  if (type === 'i1') return { least: 0, largest: 1 };
  return type === 'i32'
    ? { least: -2147483648, largest: 2147483647 }
    : { least: -Infinity, largest: Infinity };
}

/** Broadcasts operands to one shape. */
export function broadcast(w: Writer, xs: readonly Value[], shape: Shape): Value[] {
  return xs.map((x) => w.expand(x, shape));
}

/** The reason why an operation cannot be written although others of its kind can. */
export class Unwritable extends Error {}

/** @file The rule by which a region becomes an operator, and helpers that read its arguments. */
import type { GraphNode, Region } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import type { AttributeValue } from '../encoded.js';
import { isNode } from '../trees.js';

export interface RegionRule {
  /** The first version of the operators that has the operator. */
  readonly since?: number;
  /** Whether the operator supports the arguments of the call. The same at all sizes. */
  accepts(region: Region, opset: number): boolean;
  /** Writes the operator; returns the names of its results. */
  write(e: Emitter, region: Region): readonly string[];
}

/** The options of a call: an object, or positional arguments from `from` on. */
export function optionsOf(
  { args }: Region,
  from: number,
  names: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  args.slice(from).forEach((value, i) => {
    const isOptions =
      typeof value === 'object' && value !== null && !isNode(value) && !Array.isArray(value);
    if (isOptions) Object.assign(found, value);
    else if (value !== undefined && names[i] !== undefined) found[names[i]] = value;
  });
  return found;
}

export function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

/** An optional tensor as a node, or null. */
export function nodeOr(value: unknown): GraphNode | null {
  return isNode(value) ? value : null;
}

/** Whether an optional tensor is left out, or is a node of the graph. */
export function isMaybeNode(value: unknown): boolean {
  return value === undefined || value === null || isNode(value);
}

export function input(region: Region, i = 0): GraphNode {
  return region.args[i] as GraphNode;
}

/** A number for each dimension, given as one number or as a list. */
export function perDim(value: unknown, rank: number, fallback: number): number[] {
  if (Array.isArray(value)) return value as number[];
  return Array.from({ length: rank }, () => numberOf(value, fallback));
}

/** A dimension counted from the front. */
export function dimension(dim: unknown, rank: number): number {
  const d = numberOf(dim, -1);
  return d < 0 ? d + rank : d;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/** An operator whose only input is the first argument. */
export function unary(
  op: string,
  attributes: (region: Region) => Attributes = () => ({}),
  since = 0,
  accepts: (region: Region) => boolean = () => true,
): RegionRule {
  return {
    since,
    accepts: (region) => isFloat(input(region)) && accepts(region),
    write: (e, region) => [e.node(op, [e.value(input(region))], attributes(region))],
  };
}

export function isFloat({ dtype }: GraphNode): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

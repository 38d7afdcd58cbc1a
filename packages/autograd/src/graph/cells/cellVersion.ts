/** @file One version of a cell: its node, and what still needs its value when the cell moves on. */
import type { Tensor } from '../tensor.js';

/** What a cell remembers of one version, beside its node. */
export interface Version {
  readonly node: Tensor;
  /** Nodes made from it that no run has computed yet. */
  consumers: Tensor[];
  limit: number;
  /** Whether someone outside may hold it: then its value must outlive the cell's arrays. */
  escaped: boolean;
  /** Whether the array belongs to the cell, to be reused. */
  owned: boolean;
}

/** Versions that keep a value of their own after their cell has moved on: the cell still gets their gradient. */
export const separated = new WeakMap<Tensor, Tensor>();

/** With more unevaluated consumers than this, a version is copied when the cell moves on, without checking each consumer. */
const MAX_CONSUMERS = 10_000;

export function newVersion(node: Tensor): Version {
  return { node, consumers: [], limit: 64, escaped: false, owned: false };
}

/** Registers a node made from it. */
export function noteConsumer(v: Version, node: Tensor): void {
  v.consumers.push(node);
  if (v.consumers.length < v.limit) return;
  v.consumers = v.consumers.filter(unevaluated);
  v.limit = Math.max(64, 2 * v.consumers.length);
  if (v.consumers.length > MAX_CONSUMERS) {
    v.escaped = true;
    v.consumers = [];
  }
}

/** Whether its value must be kept when its array is overwritten. */
export function isNeeded(v: Version): boolean {
  return v.escaped || v.consumers.some(unevaluated);
}

function unevaluated(node: Tensor): boolean {
  return node.plan === null && node.value === null;
}

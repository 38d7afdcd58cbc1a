/**
 * @file Merges loops over the same space: those that share buffers become one pass over memory, if nothing has to happen
 * between them. So an optimizer's whole update of a parameter reads each of its arrays once.
 */
import {
  Cluster,
  MAX_INPUTS,
  MAX_MEMBERS,
  stridesIn,
  type Member,
  type Operand,
} from './cluster.js';
import type { Instruction } from '../../program.js';
import { RecentReaders } from './readers.js';
import { readBy, writtenBy, type Step } from '../steps.js';
import { StepOrder } from '../stepOrder.js';

interface Merged {
  /** The remaining steps, in an order in which they can run. */
  readonly steps: Step[];
  /** How many steps were looked at: a few for each loop, however many there are. */
  readonly visits: number;
}

/** Tries to merge each loop with the last few before it that read or write what it reads. */
export function mergeLoops(
  steps: readonly Step[],
  instructions: readonly Instruction[],
  rootOf: (buffer: number) => number = (buffer) => buffer,
): Merged {
  const current: (Step | null)[] = [...steps];
  const needs = steps.map((step) => Array.from(readBy(step), rootOf));
  const order = new StepOrder(needs, steps.map(writtenBy));
  const readers = new RecentReaders((step) => order.find(step));
  let tries = 0;
  for (let b = 0; b < current.length; b++) {
    const own = current[b] as Step;
    if (own.kind !== 'cluster') continue;
    let { cluster } = own;
    for (const a of readers.of(cluster.reads)) {
      tries++;
      const earlier = current[a];
      if (earlier?.kind !== 'cluster') continue;
      const both = join(earlier.cluster, cluster, instructions, rootOf);
      if (both === null || !order.merge(a, b)) continue;
      cluster = both;
      current[a] = null;
      current[b] = { kind: 'cluster', cluster };
    }
    for (const base of cluster.reads) note(base, b);
    for (const base of cluster.members.keys()) note(base, b);
  }
  return {
    steps: order.sorted().map((step) => current[step] as Step),
    visits: tries + order.visits,
  };

  function note(base: number, step: number): void {
    if ((instructions[base] as Instruction).shape.length > 0) readers.note(base, step);
  }
}

/** Both loops as one, or null if they do not fit. What `second` reads of `first` must be elements of the same point. */
function join(
  first: Cluster,
  second: Cluster,
  instructions: readonly Instruction[],
  rootOf: (buffer: number) => number,
): Cluster | null {
  if (first.members.size + second.members.size > MAX_MEMBERS) return null;
  if (!sameSpace(first, second) || !sameFold(first.reduced, second.reduced)) return null;
  const order = first.order ?? second.order;
  if (order !== null && !(first.accepts(order) && second.accepts(order))) return null;
  for (const base of first.reads) if (second.members.has(rootOf(base))) return null;
  const reads = new Set(first.reads);
  const values: number[] = [];
  for (const base of second.reads) {
    const root = rootOf(base);
    if (!first.members.has(root)) reads.add(base);
    else if (root === base) values.push(base);
    else return null; // a window of it does not hold the element of this point
  }
  if (reads.size > MAX_INPUTS) return null;
  const strides = new Map(
    values.map((slot) => {
      const member = first.members.get(slot) as Member;
      const { shape } = instructions[slot] as Instruction;
      return [slot, stridesIn(member.layout, shape, first.space.length)];
    }),
  );
  const members = new Map(first.members);
  for (const member of second.members.values()) {
    const inside = values.length === 0 ? member : withValues(member, strides);
    if (inside === null) return null;
    members.set(member.slot, inside);
  }
  return new Cluster(second.index, first.space, {
    members,
    reads,
    reduced: first.reduced ?? second.reduced,
    order,
  });
}

/**
 * A member that takes elements of some buffers from the loop itself; null if it reads other elements than those of its point.
 */
function withValues(
  member: Member,
  strides: ReadonlyMap<number, readonly number[]>,
): Member | null {
  const operands: Operand[] = [];
  for (const operand of member.operands) {
    const own = operand.kind === 'buffer' ? strides.get(operand.base) : undefined;
    if (operand.kind === 'value' || own === undefined) {
      operands.push(operand);
    } else {
      if (operand.offset !== 0 || operand.strides.some((s, d) => s !== own[d])) return null;
      operands.push({ kind: 'value', slot: operand.base });
    }
  }
  return { ...member, operands };
}

function sameSpace(x: Cluster, y: Cluster): boolean {
  return x.space.length === y.space.length && x.space.every((n, d) => n === y.space[d]);
}

/** Whether two loops fold the same dimensions; a loop without folds fits any. */
function sameFold(x: ReadonlySet<number> | null, y: ReadonlySet<number> | null): boolean {
  if (x === null || y === null) return true;
  if (x.size !== y.size) return false;
  for (const d of x) if (!y.has(d)) return false;
  return true;
}

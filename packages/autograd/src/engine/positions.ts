/**
 * @file Changing positions: where the slices of a graph begin is part of its structure, until a graph comes that is equal but
 * for these positions. From then on the positions of such slices are operands, passed in at each run, and one plan serves
 * all.
 *
 * So a slice that is always cut at the same positions, such as a gate of a recurrent cell, is planned with them, while a
 * table of which other rows are read each time needs no new plan for each row.
 */
import type { Tensor } from '../graph/tensor.js';
import type { Collected, SliceNode } from './collect.js';
import type { Structure } from './structure.js';

/** Graphs that are equal but for their positions. */
interface PositionFamily {
  /** For each node with a position, the hash of the last one. */
  readonly positions: Int32Array;
  /** The hash of the structure of the first graph. */
  readonly hash: number;
}

/**
 * The most families that are remembered; the least recently met are evicted first. Two families with equal hashes are taken
 * for one: that costs a plan at most, as a position may always be an operand.
 */
const MAX_FAMILIES = 1024;

export class DynamicPositions {
  private readonly families = new Map<number, PositionFamily>();
  /** Hashes of the sizes of slices whose positions have changed, and of the tensors they are cut from. */
  private readonly dynamic = new Set<number>();
  private readonly drop: (hash: number) => void;

  /** `drop` disposes of the plan of the structure with that hash: the graphs it was made for use the new plan too. */
  constructor(drop: (hash: number) => void) {
    this.drop = drop;
  }

  /**
   * Turns positions that have changed into operands, in the nodes themselves, which compute the same as before. Returns
   * whether there were any: the graph must then be collected again.
   */
  update({ slices, structure }: Collected): boolean {
    if (slices.length === 0) return false;
    const { families, dynamic } = this;
    const key = hashWithout(structure, slices);
    const before = families.get(key);
    const positions = new Int32Array(slices.length);
    for (let k = 0; k < positions.length; k++) {
      positions[k] = hashOfPosition(structure, slices[k]!);
      if (before?.positions.length === positions.length && positions[k] !== before.positions[k])
        dynamic.add(hashOfSizes(slices[k]!.node));
    }
    if (dynamic.size > MAX_FAMILIES) dynamic.clear();
    let moved = false;
    for (const { node } of slices)
      if (dynamic.has(hashOfSizes(node)) && makeDynamic(node)) moved = true;
    if (moved && before !== undefined) this.drop(before.hash);
    families.delete(key);
    families.set(key, { positions, hash: before?.hash ?? structure.hash() });
    if (families.size > MAX_FAMILIES) families.delete(families.keys().next().value as number);
    return moved;
  }

  /** Turns a node into one whose position is an operand if that is known to change; null while none is. */
  get resolver(): ((node: Tensor) => void) | null {
    return this.dynamic.size === 0 ? null : this.resolve;
  }

  private readonly resolve = (node: Tensor): void => {
    if (this.dynamic.has(hashOfSizes(node))) makeDynamic(node);
  };

  clear(): void {
    this.families.clear();
    this.dynamic.clear();
  }
}

/** Replaces a node in place by one whose position is an operand. */
function makeDynamic(node: Tensor): boolean {
  const dynamicForm = node.op?.dynamic(node.inputs, node.attrs ?? {}) ?? null;
  if (dynamicForm === null) return false;
  Object.assign(node, dynamicForm);
  return true;
}

/**
 * A hash of all that is equal in graphs that differ in positions alone. Sizes are equal if those of all inputs and results
 * are.
 */
function hashWithout({ ints, length }: Structure, slices: readonly SliceNode[]): number {
  let h = 0x811c9dc5;
  let low = 0;
  const add = (x: number): void => {
    h = mix(h, x);
    low = (Math.imul(low, 31) + x) | 0;
  };
  let at = 0;
  for (const { node, from, to } of slices) {
    for (; at < from; at++) add(ints[at]!);
    for (const n of node.sizes) add(n);
    at = to;
  }
  for (; at < length; at++) add(ints[at]!);
  // 53 bits from both hashes.
  return (h >>> 0) * 2 ** 21 + (low & 0x1fffff);
}

function hashOfPosition({ ints }: Structure, { from, to }: SliceNode): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) h = mix(h, ints[i]!);
  return h;
}

/** A hash that is equal for a slice and for its gradient. */
function hashOfSizes(node: Tensor): number {
  const x = node.inputs[0] as Tensor;
  const [whole, part] = node.size > x.size ? [node.sizes, x.sizes] : [x.sizes, node.sizes];
  let h = 0x811c9dc5;
  for (let d = 0; d < whole.length; d++) h = mix(mix(h, whole[d]!), part[d]!);
  return h;
}

function mix(h: number, x: number): number {
  const y = Math.imul(h ^ x, 0x01000193);
  return y ^ (y >>> 15);
}

/**
 * @file Places that change: where the slices of a graph lie is part of its structure, until a graph comes that is equal but
 * for that. From then on the places of such slices are numbers that programs are handed, and one plan serves them all.
 *
 * So what is always cut at the same places, as the gates of a cell are, is planned with them; and a table of which other
 * rows are read each time is not planned anew for each row.
 */
import type { Tensor } from '../graph/tensor.js';
import type { Collected, PlacedNode } from './collect.js';
import type { Structure } from './structure.js';

/** Graphs that are equal but for places. */
interface Family {
  /** For each node with a place the hash of the last one. */
  readonly places: Int32Array;
  /** The hash of the structure that all have had so far. */
  readonly first: number;
}

/**
 * So many are remembered; the least recently met go first. Those of equal hashes are taken for one: that costs a plan at most,
 * as a place may always be an operand.
 */
const MOST = 1024;

export class KnownPlaces {
  private readonly families = new Map<number, Family>();
  /** The sizes of slices whose places have changed, with those of what they are slices of. */
  private readonly moving = new Set<number>();
  private readonly drop: (hash: number) => void;

  /** `drop` gives up the plan of the structure with that hash: graphs of the places it was made for are no exception. */
  constructor(drop: (hash: number) => void) {
    this.drop = drop;
  }

  /**
   * Turns the places that have changed into operands, in the nodes themselves: they compute what they computed. Returns
   * whether there were any: the graph is then to be collected again.
   */
  move({ placed, structure }: Collected): boolean {
    if (placed.length === 0) return false;
    const { families, moving } = this;
    const key = hashWithout(structure, placed);
    const before = families.get(key);
    const places = new Int32Array(placed.length);
    for (let k = 0; k < places.length; k++) {
      places[k] = hashOfPlace(structure, placed[k]!);
      if (before?.places.length === places.length && places[k] !== before.places[k])
        moving.add(hashOfSizes(placed[k]!));
    }
    if (moving.size > MOST) moving.clear();
    let moved = false;
    for (const x of placed) if (moving.has(hashOfSizes(x)) && move(x.node)) moved = true;
    if (moved && before !== undefined) this.drop(before.first);
    families.delete(key);
    families.set(key, { places, first: before?.first ?? structure.hash() });
    if (families.size > MOST) families.delete(families.keys().next().value as number);
    return moved;
  }

  clear(): void {
    this.families.clear();
    this.moving.clear();
  }
}

/** A node with its place as an operand, in place of what it was. */
function move(node: Tensor): boolean {
  const placed = node.op?.placed(node.inputs, node.attrs ?? {}) ?? null;
  if (placed === null) return false;
  Object.assign(node, placed);
  return true;
}

/** What is equal in graphs that differ in places alone: sizes are equal where those of all inputs and results are. */
function hashWithout({ ints, length }: Structure, placed: readonly PlacedNode[]): number {
  let h = 0x811c9dc5;
  let low = 0;
  const add = (x: number): void => {
    h = mix(h, x);
    low = (Math.imul(low, 31) + x) | 0;
  };
  let at = 0;
  for (const { node, from, to } of placed) {
    for (; at < from; at++) add(ints[at]!);
    for (const n of node.sizes) add(n);
    at = to;
  }
  for (; at < length; at++) add(ints[at]!);
  // 53 bits of both.
  return (h >>> 0) * 2 ** 21 + (low & 0x1fffff);
}

function hashOfPlace({ ints }: Structure, { from, to }: PlacedNode): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) h = mix(h, ints[i]!);
  return h;
}

/** Of a slice and of its gradient alike. */
function hashOfSizes({ node }: PlacedNode): number {
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

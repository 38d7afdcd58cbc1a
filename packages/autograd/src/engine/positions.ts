/**
 * @file Places that change: where the slices of a graph lie is part of its structure, until a graph comes that is equal but
 * for that. From then on the places that were others are numbers that its program is handed, and one plan serves them all.
 *
 * So what is always cut at the same places, as the gates of a cell are, is planned with them; and a table of which other
 * rows are read each time is not planned anew for each row.
 */
import type { Tensor } from '../graph/tensor.js';
import type { Collected, PlacedNode } from './collect.js';
import type { Structure } from './structure.js';

/** Graphs that are equal but for places. */
interface Family {
  /** For each node with a place the hash of the last one, and whether it has been another. */
  readonly places: Int32Array;
  readonly moves: Uint8Array;
  /** The hash of the structure that all had until a place was another. */
  readonly first: number;
}

/** So many are remembered; the least recently met go first. Those of equal hashes are one: that costs a plan at most. */
const MOST = 1024;

export class KnownPlaces {
  private readonly families = new Map<number, Family>();
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
    const { families } = this;
    const key = hashWithout(structure, placed);
    const known = families.get(key);
    const family = known?.places.length === placed.length ? known : newFamily(placed, structure);
    families.delete(key);
    families.set(key, family);
    if (families.size > MOST) families.delete(families.keys().next().value as number);
    const isFirst = !family.moves.includes(1);
    note(family, placed, structure);
    if (isFirst && family.moves.includes(1)) this.drop(family.first);
    let moved = false;
    for (let k = 0; k < placed.length; k++)
      if (family.moves[k] === 1 && move((placed[k] as PlacedNode).node)) moved = true;
    return moved;
  }

  clear(): void {
    this.families.clear();
  }
}

function newFamily(placed: readonly PlacedNode[], structure: Structure): Family {
  const places = Int32Array.from(placed, (x) => hashOfPlace(structure, x));
  return { places, moves: new Uint8Array(placed.length), first: structure.hash() };
}

/** Notes which places are others than before; slices of one value move together. */
function note(
  { places, moves }: Family,
  placed: readonly PlacedNode[],
  structure: Structure,
): void {
  const moving = new Set<Tensor>();
  for (let k = 0; k < placed.length; k++) {
    const x = placed[k] as PlacedNode;
    const place = hashOfPlace(structure, x);
    if (place !== places[k]) moves[k] = 1;
    places[k] = place;
    if (moves[k] === 1) moving.add(wholeOf(x));
  }
  for (let k = 0; k < placed.length; k++)
    if (moving.has(wholeOf(placed[k] as PlacedNode))) moves[k] = 1;
}

function wholeOf({ node }: PlacedNode): Tensor {
  return node.inputs[0] as Tensor;
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
    h = Math.imul(h ^ x, 0x01000193);
    h ^= h >>> 15;
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
  let h = 0;
  for (let i = from; i < to; i++) h = (Math.imul(h, 0x01000193) ^ ints[i]!) | 0;
  return h;
}

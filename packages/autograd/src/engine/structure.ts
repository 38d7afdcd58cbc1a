/** @file A structure: a graph as a list of 32-bit numbers, which is quick to compare and to hash. */
import { DTYPES, type DType } from '../graph/dtype.js';
import type { Attrs, AttrValue } from '../graph/primitive.js';

const dtypeCode = Object.fromEntries(DTYPES.map((d, i) => [d, i])) as Record<DType, number>;

/** Marks a number that is no 32-bit integer, so that half of its bits are not taken for an integer. */
const FRACTION = 0x7fffff01;

const strings = new Map<string, number>();
const float = new Float64Array(1);
const bits = new Int32Array(float.buffer);

/** A growing list of 32-bit numbers. */
export class Structure {
  ints = new Int32Array(1024);
  length = 0;
  /** The length of the hashed prefix, -1 if there is none. */
  private hashed = -1;
  private lastHash = 0;

  /** Empties the list. */
  reset(): void {
    this.length = 0;
    this.hashed = -1;
  }

  push(x: number): void {
    if (this.length === this.ints.length) this.grow();
    this.ints[this.length++] = x;
  }

  /** A function of its own, as V8 inlines `push` into all its callers. */
  private grow(): void {
    const grown = new Int32Array(2 * this.length);
    grown.set(this.ints);
    this.ints = grown;
  }

  /** Pushes a dtype and an integer as one number, from which both can be recovered. */
  pushWith(dtype: DType, value: number): void {
    this.push(value * DTYPES.length + dtypeCode[dtype]);
  }

  pushAttrs(attrs: Attrs): void {
    for (const key in attrs) this.pushValue(attrs[key] as AttrValue);
  }

  private pushValue(x: AttrValue): void {
    if (typeof x === 'number') {
      this.pushNumber(x);
    } else if (typeof x === 'boolean') {
      this.push(x ? 1 : 0);
    } else if (typeof x === 'string') {
      let id = strings.get(x);
      if (id === undefined) strings.set(x, (id = strings.size));
      this.push(id);
    } else {
      this.push(x.length);
      for (const y of x) this.pushValue(y);
    }
  }

  private pushNumber(x: number): void {
    if ((x | 0) === x && !Object.is(x, -0)) {
      this.push(x);
    } else {
      float[0] = x;
      this.push(FRACTION);
      this.push(bits[0]!);
      this.push(bits[1]!);
    }
  }

  copy(): Int32Array {
    return this.ints.slice(0, this.length);
  }

  hash(): number {
    if (this.hashed !== this.length) {
      this.hashed = this.length;
      this.lastHash = hashOf(this.ints, this.length);
    }
    return this.lastHash;
  }

  equals(other: Int32Array, from = 0, length = other.length): boolean {
    if (length !== this.length) return false;
    for (let i = 0; i < length; i++) if (this.ints[i] !== other[from + i]) return false;
    return true;
  }
}

export function hashOf(ints: Int32Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ ints[i]!, 0x01000193);
    h ^= h >>> 15;
  }
  return h;
}

/** A map from structures to numbers. */
export class StructureMap {
  /** All structures, one after the other: where each ends, its hash, and its number. */
  private readonly all = new Structure();
  private readonly ends = new Structure();
  private readonly hashes = new Structure();
  private readonly values = new Structure();
  /** Open addressing by hash: the index of a structure plus 1, or 0 for a free entry. */
  private table = new Int32Array(1024);

  /** Returns the number of an equal structure entered before; otherwise enters this one. */
  getOrSet(structure: Structure, value: number): number {
    const { ints, length } = structure;
    const { all, ends, hashes, values } = this;
    if (2 * values.length >= this.table.length) this.grow();
    const hash = hashOf(ints, length);
    const mask = this.table.length - 1;
    let at = hash & mask;
    for (let entry = this.table[at]!; entry > 0; entry = this.table[at]!) {
      const from = entry > 1 ? ends.ints[entry - 2]! : 0;
      const same = hashes.ints[entry - 1] === hash;
      if (same && structure.equals(all.ints, from, ends.ints[entry - 1]! - from))
        return values.ints[entry - 1]!;
      at = (at + 1) & mask;
    }
    for (let i = 0; i < length; i++) all.push(ints[i]!);
    ends.push(all.length);
    hashes.push(hash);
    values.push(value);
    this.table[at] = values.length;
    return value;
  }

  private grow(): void {
    this.table = new Int32Array(2 * this.table.length);
    const mask = this.table.length - 1;
    for (let entry = 1; entry <= this.values.length; entry++) {
      let at = this.hashes.ints[entry - 1]! & mask;
      while (this.table[at] !== 0) at = (at + 1) & mask;
      this.table[at] = entry;
    }
  }
}

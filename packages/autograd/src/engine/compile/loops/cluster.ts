/** @file A cluster: instructions that become one loop over one iteration space. */
import { stridesOf, type Shape } from '../../../graph/shape.js';
import { foldOrder, sameOrder, type FoldOrder } from '../foldOrder.js';
import type { Instruction } from '../../program.js';
import type { View } from '../view.js';

/** Where an instruction of a cluster finds an operand. */
export type Operand =
  /** A value of the same cluster. */
  | { readonly kind: 'value'; readonly slot: number }
  /** A buffer, read with one stride for each dimension of the iteration space. */
  | {
      readonly kind: 'buffer';
      readonly base: number;
      readonly offset: number;
      readonly strides: readonly number[];
    };

/** An instruction in a cluster: `layout` maps each of its dimensions to one of the iteration space. */
export interface Member {
  readonly slot: number;
  readonly layout: readonly number[];
  readonly operands: readonly Operand[];
}

/** More input streams than this in one loop spill registers. */
export const MAX_INPUTS = 16;
export const MAX_MEMBERS = 160;

/** The contents of a cluster. */
interface ClusterContents {
  readonly members: Map<number, Member>;
  readonly reads: Set<number>;
  readonly reduced: ReadonlySet<number> | null;
  readonly order: FoldOrder | null;
}

export class Cluster {
  readonly index: number;
  /** Sizes of the iteration space; none of them is 1. */
  readonly space: readonly number[];
  /** Which dimensions of the space are folded by the cluster's reductions; null while it has none. */
  reduced: ReadonlySet<number> | null;
  /** The order of its sums and products; null while it has none. */
  order: FoldOrder | null;
  readonly members: Map<number, Member>;
  /** The buffers it reads. */
  readonly reads: Set<number>;

  constructor(
    index: number,
    shape: Shape,
    { members, reads, reduced, order }: ClusterContents = {
      ...{ members: new Map(), reads: new Set(), reduced: null, order: null },
    },
  ) {
    this.index = index;
    this.space = shape.filter((n) => n !== 1);
    this.members = members;
    this.reads = reads;
    this.reduced = reduced;
    this.order = order;
  }

  /** Adds an element-wise instruction if it fits, and says whether it did. */
  joinElement(
    slot: number,
    { shape }: Instruction,
    views: readonly View[],
    shapes: readonly Shape[],
    available: (base: number) => boolean,
  ): boolean {
    if (this.members.size >= MAX_MEMBERS) return false;
    const layout = this.layoutOf(shape, views, shapes, available);
    if (layout === null || !this.spans(layout)) return false;
    const member = {
      slot,
      layout,
      operands: views.map((view, i) => this.operand(view, shapes[i]!, layout)),
    };
    return this.add(member);
  }

  /** Adds a reduction of `view` over `dims` if it fits; `rounds` says whether its result depends on the order. */
  joinReduce(
    slot: number,
    shape: Shape,
    dims: readonly number[],
    view: View,
    inputShape: Shape,
    rounds: boolean,
    available: (base: number) => boolean,
  ): boolean {
    const layout = this.layoutOf(inputShape, [view], [inputShape], available);
    if (layout === null || layout.filter((d) => d >= 0).length !== this.space.length) return false;
    const reduced = new Set(dims.map((d) => layout[d]!).filter((d) => d >= 0));
    if (
      this.reduced !== null &&
      (reduced.size !== this.reduced.size || [...reduced].some((d) => !this.reduced!.has(d)))
    ) {
      return false;
    }
    const order = rounds ? foldOrder(inputShape, dims, view.strides, layout) : this.order;
    if (order !== null && !this.accepts(order)) return false;
    const left = layout.filter((_, d) => !dims.includes(d));
    const keepdim = shape.length === inputShape.length;
    const own = keepdim ? layout.map((d, k) => (dims.includes(k) ? -1 : d)) : left;
    const member = { slot, layout: own, operands: [this.operand(view, inputShape, layout)] };
    if ((order !== null && !this.aligns(member, order)) || !this.add(member)) return false;
    this.reduced = reduced;
    this.order = order;
    return true;
  }

  /** Whether its loop can run in an order. */
  accepts(order: FoldOrder): boolean {
    if (this.order !== null) return sameOrder(this.order, order);
    for (const member of this.members.values()) if (!this.aligns(member, order)) return false;
    return true;
  }

  /** Whether the dimensions of each level are one dimension in all that a member reads and writes. */
  private aligns({ layout, operands }: Member, order: FoldOrder): boolean {
    return order.levels.every((level) =>
      level.slice(1).every((d, k) => {
        const outer = level[k]!;
        const at = layout.filter((x) => x >= 0);
        const own = at.indexOf(outer);
        if (own < 0 ? at.includes(d) : at[own + 1] !== d) return false;
        return operands.every(
          (o) => o.kind === 'value' || o.strides[outer] === o.strides[d]! * this.space[d]!,
        );
      }),
    );
  }

  private add(member: Member): boolean {
    if (this.order !== null && !this.aligns(member, this.order)) return false;
    const bases: number[] = [];
    for (const o of member.operands) {
      if (o.kind === 'buffer' && !this.reads.has(o.base) && !bases.includes(o.base))
        bases.push(o.base);
    }
    if (this.reads.size + bases.length > MAX_INPUTS && this.members.size > 0) return false;
    for (const base of bases) this.reads.add(base);
    this.members.set(member.slot, member);
    return true;
  }

  /** Whether a value varies over the whole space, or is one for each row: over all dimensions that are not reduced. */
  private spans(layout: readonly number[]): boolean {
    const used = new Set(layout.filter((d) => d >= 0));
    if (used.size === this.space.length) return true;
    return (
      this.reduced !== null &&
      used.size === this.space.length - this.reduced.size &&
      [...used].every((d) => !this.reduced!.has(d))
    );
  }

  /** The dimension of the space that each dimension of a value runs along, or null where its operands do not agree. */
  private layoutOf(
    shape: Shape,
    views: readonly View[],
    shapes: readonly Shape[],
    available: (base: number) => boolean,
  ): number[] | null {
    const layout = new Array<number>(shape.length).fill(-1);
    for (let i = 0; i < views.length; i++) {
      const view = views[i]!;
      const inside = this.members.get(view.base);
      if (inside === undefined) {
        if (!available(view.base)) return null;
        continue;
      }
      if (view.dims === null) return null;
      const lead = shape.length - shapes[i]!.length;
      for (let d = 0; d < view.dims.length; d++) {
        const own = view.dims[d]!;
        if (own < 0 || shapes[i]![d] === 1) continue;
        const along = inside.layout[own]!;
        if (layout[d + lead] !== -1 && layout[d + lead] !== along) return null;
        layout[d + lead] = along;
      }
    }
    const taken = new Set<number>();
    for (const d of layout) {
      if (d < 0) continue;
      if (taken.has(d)) return null;
      taken.add(d);
    }
    return this.complete(layout, shape, taken) ? layout : null;
  }

  /** Assigns the dimensions that only buffers have to free dimensions of the space of the same size, in order. */
  private complete(layout: number[], shape: Shape, taken: Set<number>): boolean {
    let next = 0;
    // Row values skip the reduced dimensions; values for each point take every dimension.
    const open = layout.filter((d, k) => d < 0 && shape[k] !== 1).length;
    const free = this.space.flatMap((_, d) => (taken.has(d) ? [] : [d]));
    const places =
      open === free.length
        ? free
        : free.filter((d) => this.reduced === null || !this.reduced.has(d));
    if (open > places.length) return false;
    for (let k = 0; k < layout.length; k++) {
      if (layout[k]! >= 0 || shape[k] === 1) continue;
      const d = places[next++];
      if (d === undefined || this.space[d] !== shape[k]) return false;
      layout[k] = d;
    }
    return true;
  }

  private operand(view: View, shape: Shape, layout: readonly number[]): Operand {
    if (this.members.has(view.base)) return { kind: 'value', slot: view.base };
    const strides = new Array<number>(this.space.length).fill(0);
    const lead = layout.length - shape.length;
    for (let d = 0; d < shape.length; d++) {
      const along = layout[d + lead]!;
      if (along >= 0 && shape[d] !== 1) strides[along] = view.strides[d]!;
    }
    return { kind: 'buffer', base: view.base, offset: view.offset, strides };
  }
}

/** The strides with which a loop of this many dimensions walks the buffer of a value, from that value's layout. */
export function stridesIn(layout: readonly number[], shape: Shape, dimensions: number): number[] {
  const own = stridesOf(shape);
  const strides = new Array<number>(dimensions).fill(0);
  layout.forEach((d, k) => {
    if (d >= 0) strides[d] = own[k]!;
  });
  return strides;
}

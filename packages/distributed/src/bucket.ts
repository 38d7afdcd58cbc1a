/**
 * @file Gradients that are reduced in one message. A bucket is a vector of all their elements. Together with it the ranks
 * exchange whether all elements are finite, and now and then a hash of the parameters.
 */
import type { Tensor } from '@chainrule/autograd';
import type { Value } from '@chainrule/autograd/internal';
import { hashBits, type Intent } from './agreement.js';

/** One gradient in a bucket. */
export interface Part {
  readonly name: string;
  readonly size: number;
}

export class Bucket {
  readonly id: number;
  private readonly parts: readonly Part[];
  private readonly every: number;
  /** The parameters that the gradients belong to, as lines of the intent. */
  private readonly names: string;
  private turns = 0;

  /** Parameters are compared on every `every`-th call of `intent`, starting with the first; 0 for never. */
  constructor(parts: readonly Part[], every: number) {
    this.parts = parts;
    this.every = every;
    this.names = parts.map(({ name, size }) => `${name}, ${size} elements`).join('\n');
    this.id = buckets.push(this) - 1;
  }

  /**
   * The intent of a reduction. Its inputs are the gradients, a number that is NaN if one of them is not finite, and the
   * parameters.
   */
  intent(what: string, [gradients, health, ...parameters]: readonly Value[]): Intent {
    const turn = this.turns++;
    const healthy = health === undefined || Number.isFinite(health.data[0]);
    const compared = this.every > 0 && turn % this.every === 0 && parameters.length > 0;
    return {
      what: `${what} of gradients\n${this.names}`,
      notFinite: healthy ? null : () => this.place(gradients as Value),
      hash: compared
        ? {
            value: parameters.reduce((hash, { data }) => hashBits(data, hash), turn),
            of: `the parameters before step ${turn + 1}`,
          }
        : null,
    };
  }

  /** The position of the first number that is not finite. */
  private place({ data }: Value): string {
    const at = data.findIndex((x) => !Number.isFinite(x));
    if (at < 0) return 'a gradient is not finite';
    let from = 0;
    for (const { name, size } of this.parts) {
      if (at < from + size) return `the gradient of ${name} holds ${String(data[at])}`;
      from += size;
    }
    return `element ${at} is ${String(data[at])}`;
  }
}

/** All buckets. Nodes of the graph refer to a bucket by its index here. */
const buckets: Bucket[] = [];

export function bucketOf(id: number): Bucket {
  return buckets[id] as Bucket;
}

/** Groups gradients of one dtype in order, none larger than `bytes` unless it has a single member. */
export function groupsOf(gradients: readonly Tensor[], bytes: number): number[][] {
  const groups: { dtype: string; left: number; members: number[] }[] = [];
  gradients.forEach(({ dtype, size }, i) => {
    const need = size * (dtype === 'float64' ? 8 : 4);
    const last = groups.filter((g) => g.dtype === dtype).at(-1);
    if (last !== undefined && need <= last.left) {
      last.members.push(i);
      last.left -= need;
    } else groups.push({ dtype, left: bytes - need, members: [i] });
  });
  return groups.map(({ members }) => members);
}

/**
 * @file Gradients that are reduced together. A bucket is a vector of all their elements, and what the ranks tell each other
 * beside it: whether all of them are finite, and now and then whether the parameters are still equal.
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
  /** Which parameters they belong to, as lines of what is agreed upon. */
  private readonly names: string;
  private turns = 0;

  /** `every` so many turns the parameters are compared, the first among them; 0 for never. */
  constructor(parts: readonly Part[], every: number) {
    this.parts = parts;
    this.every = every;
    this.names = parts.map(({ name, size }) => `${name}, ${size} elements`).join('\n');
    this.id = buckets.push(this) - 1;
  }

  /** What is said of a turn: its inputs are the gradients, a number that is NaN where one is not finite, parameters. */
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

  /** Where the first number is that is not finite. */
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

/** All buckets, by their ids: what nodes of the graph know them by. */
const buckets: Bucket[] = [];

export function bucketOf(id: number): Bucket {
  return buckets[id] as Bucket;
}

/** Groups of gradients of one dtype, in order, none larger than `bytes` unless a single one is. */
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

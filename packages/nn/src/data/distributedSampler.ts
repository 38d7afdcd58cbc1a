/** @file One process's share of a dataset. */
import { checkArgument, ChainruleError, defineOptions, kinds } from '@chainrule/autograd';
import { permutation } from './random.js';
import { IterableSampler, lengthOf, readPass, type Pass, type Sized } from './sampler.js';

/** Options of `DistributedSampler`. */
export interface DistributedSamplerOptions {
  /** How many processes share the dataset. */
  readonly numReplicas: number;
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** Default true. */
  readonly shuffle?: boolean | undefined;
  /** The same in all processes. Default 0. */
  readonly seed?: number | undefined;
  /** Whether items that do not divide evenly are left out; else some come twice. Default false. */
  readonly dropLast?: boolean | undefined;
}

const readDistributed = defineOptions<DistributedSamplerOptions>({
  numReplicas: kinds.required(kinds.count),
  rank: kinds.required(kinds.size),
  shuffle: kinds.flag,
  seed: kinds.whole,
  dropLast: kinds.flag,
});

/**
 * One process's share of a dataset: every `numReplicas`-th item of an order that all processes agree on, as many in each. A
 * loader passes the number of the pass, so that `setEpoch` is needed in loops without one only. PyTorch:
 * `DistributedSampler`, with the number of processes and the rank given.
 *
 * @example new DataLoader(dataset, { sampler: new DistributedSampler(dataset, { numReplicas: 4, rank: 1 }) })
 */
export class DistributedSampler extends IterableSampler {
  readonly length: number;
  private readonly items: number;
  private readonly options: {
    readonly numReplicas: number;
    readonly rank: number;
    readonly shuffle: boolean;
    readonly seed: number;
  };

  constructor(dataset: Sized, options: DistributedSamplerOptions) {
    super();
    const name = 'DistributedSampler';
    const {
      numReplicas,
      rank,
      shuffle = true,
      seed = 0,
      dropLast = false,
    } = readDistributed(name, options);
    if (rank >= numReplicas) {
      throw new ChainruleError(
        `${name}: rank must be from 0 to ${numReplicas - 1}, as there are ${numReplicas} replicas, got ${rank}`,
      );
    }
    this.items = lengthOf(name, dataset);
    this.options = { numReplicas, rank, shuffle, seed };
    const share = this.items / numReplicas;
    this.length = dropLast ? Math.floor(share) : Math.ceil(share);
  }

  /** The pass of the next loop without a loader. */
  setEpoch(epoch: number): this {
    this.epoch = checkArgument('DistributedSampler.setEpoch', 'epoch', epoch, kinds.size);
    return this;
  }

  override order(pass: Pass): number[] {
    const { epoch } = readPass('DistributedSampler.order', pass);
    const { numReplicas, rank, shuffle, seed } = this.options;
    const all = shuffle
      ? permutation(this.items, (seed + Math.imul(epoch, 0x632be5ab)) | 0)
      : Int32Array.from({ length: this.items }, (_, i) => i);
    return Array.from(
      { length: this.length },
      (_, k) => all[(rank + k * numReplicas) % this.items] as number,
    );
  }
}

/** @file One process's share of a dataset. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  guardMethods,
  kinds,
} from '@chainrule/autograd';
import { permutation } from './random.js';
import { IterableSampler, lengthOf, readPass, type Pass, type Sized } from './sampler.js';

/** Options of `DistributedSampler`. */
export interface DistributedSamplerOptions {
  /** The number of processes that share the dataset. */
  readonly numReplicas: number;
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** Whether to shuffle. Default true. */
  readonly shuffle?: boolean | undefined;
  /** The seed, which must be the same in all processes. Default 0. */
  readonly seed?: number | undefined;
  /** Whether to leave out items that do not divide evenly, rather than to repeat some. Default false. */
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
 * One process's share of a dataset: every `numReplicas`-th item of an order that all processes agree on, equally
 * many in each. A loader passes the number of the pass, so `setEpoch` is needed only in loops without a loader.
 * PyTorch: `DistributedSampler`, with the number of processes and the rank given.
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
    guardMethods(
      this,
      DistributedSampler.prototype,
      'sampler',
      (x) => x instanceof DistributedSampler,
    );
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

/** @file Samplers: the items of a loader's pass, and their order. */
import { checkArgument, ChainruleError, defineOptions, kinds, Tensor } from '@chainrule/autograd';
import { generator, permutation } from './random.js';
import { IterableSampler, lengthOf, readPass, type Pass, type Sized } from './sampler.js';

/**
 * All items in order. PyTorch: `SequentialSampler`.
 * @example [...new SequentialSampler(['a', 'b', 'c'])] // [0, 1, 2]
 */
export class SequentialSampler extends IterableSampler {
  readonly length: number;

  constructor(dataset: Sized) {
    super();
    this.length = lengthOf('SequentialSampler', dataset);
  }

  override order(): Int32Array {
    return Int32Array.from({ length: this.length }, (_, i) => i);
  }
}

/** Options of `RandomSampler`. */
export interface RandomSamplerOptions {
  /** Whether an item may come more than once. Default false. */
  readonly replacement?: boolean | undefined;
  /**
   * The number of items. Default: the length of the dataset. Without replacement, a larger number goes through it
   * again.
   */
  readonly numSamples?: number | null | undefined;
}

const readRandom = defineOptions<RandomSamplerOptions>({
  replacement: kinds.flag,
  numSamples: kinds.orNull(kinds.count),
});

/**
 * Items in random order. PyTorch: `RandomSampler`.
 * @example [...new RandomSampler(['a', 'b', 'c'])].sort() // [0, 1, 2]
 */
export class RandomSampler extends IterableSampler {
  readonly length: number;
  private readonly items: number;
  private readonly replacement: boolean;

  constructor(dataset: Sized, options?: RandomSamplerOptions) {
    super();
    const { replacement = false, numSamples = null } = readRandom('RandomSampler', options);
    this.items = lengthOf('RandomSampler', dataset);
    this.replacement = replacement;
    this.length = numSamples ?? this.items;
    if (this.items === 0 && this.length > 0)
      throw new ChainruleError('RandomSampler: the dataset is empty');
  }

  override order(pass: Pass): ArrayLike<number> {
    const { seed } = readPass('RandomSampler.order', pass);
    const { items, length } = this;
    if (this.replacement) {
      const next = generator(seed);
      return Int32Array.from({ length }, () => Math.floor(next() * items));
    }
    const all: number[] = [];
    for (let round = 0; all.length < length; round++)
      for (const i of permutation(items, (seed + Math.imul(round, 0x51ed270b)) | 0)) all.push(i);
    return all.slice(0, length);
  }
}

function allPass(kind: kinds.Kind, list: ArrayLike<unknown>): boolean {
  for (let i = 0; i < list.length; i++) if (!kind.test(list[i])) return false;
  return true;
}

const LIST = kinds.kind<ArrayLike<number>>(
  'be an array of whole numbers ≥ 0',
  (x) => isArray(x) && allPass(kinds.size, x),
);
const isArray = (x: unknown): x is ArrayLike<unknown> =>
  Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));
const WEIGHTS = kinds.kind<ArrayLike<number> | Tensor>(
  'be a tensor or an array of numbers ≥ 0',
  (x) => kinds.tensor.test(x) || (isArray(x) && allPass(kinds.number, x)),
);

/**
 * The given items in random order. PyTorch: `SubsetRandomSampler`.
 * @example [...new SubsetRandomSampler([2, 5])].sort() // [2, 5]
 */
export class SubsetRandomSampler extends IterableSampler {
  readonly length: number;
  private readonly indices: readonly number[];

  constructor(indices: ArrayLike<number>) {
    super();
    const list = checkArgument('SubsetRandomSampler', 'indices', indices, LIST);
    // Read by index: a detached typed array has no iterator.
    this.indices = Array.from({ length: list.length }, (_, i) => list[i] as number);
    this.length = this.indices.length;
  }

  override order(pass: Pass): number[] {
    const { seed } = readPass('SubsetRandomSampler.order', pass);
    return Array.from(permutation(this.length, seed), (i) => this.indices[i] as number);
  }
}

/** Options of `WeightedRandomSampler`. */
export interface WeightedSamplerOptions {
  /** Whether an item may come more than once. Default true. */
  readonly replacement?: boolean | undefined;
}

const readWeighted = defineOptions<WeightedSamplerOptions>({ replacement: kinds.flag });

/**
 * `numSamples` items, drawn in proportion to their weights. If each weight is one over the size of the item's class,
 * all classes are equally frequent. PyTorch: `WeightedRandomSampler`.
 *
 * @throws {ChainruleError} for negative weights, or if too few are positive without replacement.
 * @example new DataLoader(dataset, { sampler: new WeightedRandomSampler(weights, dataset.length) })
 */
export class WeightedRandomSampler extends IterableSampler {
  readonly length: number;
  private readonly weights: readonly number[];
  private readonly replacement: boolean;

  constructor(
    weights: ArrayLike<number> | Tensor,
    numSamples: number,
    options?: WeightedSamplerOptions,
  ) {
    super();
    const name = 'WeightedRandomSampler';
    const { replacement = true } = readWeighted(name, options);
    const given = checkArgument(name, 'weights', weights, WEIGHTS);
    const from = given instanceof Tensor ? given.dataSync() : given;
    const list = Array.from({ length: from.length }, (_, i) => from[i] as number);
    this.weights = checkArgument(name, 'weights', list, kinds.listOf(kinds.nonNegative));
    this.length = checkArgument(name, 'numSamples', numSamples, kinds.count);
    this.replacement = replacement;
    const possible = list.filter((w) => w > 0).length;
    if (possible === 0 || (!replacement && possible < this.length)) {
      throw new ChainruleError(
        `${name}: ${this.length} samples ${replacement ? '' : 'without replacement '}from ${possible} items with a ` +
          `weight above 0`,
      );
    }
  }

  override order(pass: Pass): ArrayLike<number> {
    const { seed } = readPass('WeightedRandomSampler.order', pass);
    const { weights, length } = this;
    const next = generator(seed);
    if (!this.replacement) {
      // Each item gets an exponential time with its weight as the rate; the first items are a weighted sample (Efraimidis &
      // Spirakis 2006).
      const times = weights.map((w, i) => [-Math.log(1 - next()) / w, i] as const);
      const inRace = times.filter(([, i]) => (weights[i] as number) > 0);
      return inRace
        .sort(([a], [b]) => a - b)
        .slice(0, length)
        .map(([, i]) => i);
    }
    const sums = new Float64Array(weights.length);
    let total = 0;
    weights.forEach((w, i) => (sums[i] = total += w));
    return Int32Array.from({ length }, () => firstAbove(sums, next() * total));
  }
}

/** The first index whose cumulative sum is above x. */
function firstAbove(sums: Float64Array, x: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

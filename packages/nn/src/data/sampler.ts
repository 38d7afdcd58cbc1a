/** @file Samplers choose the items and batches of a pass through a dataset. */
import {
  checkArgument,
  ChainruleError,
  kinds,
  passes,
  reading,
  guardMethods,
} from '@chainrule/autograd';
import { drawnSeed } from './random.js';

/** One pass through a dataset. */
export interface Pass {
  /** Its number, from 0. */
  readonly epoch: number;
  /** The seed of random orders. */
  readonly seed: number;
}

const passKind = kinds.kind<Pass>('be a pass { epoch, seed } of whole numbers', (x) => {
  const { epoch, seed } = x as Partial<Pass>;
  return kinds.whole.test(epoch) && kinds.whole.test(seed);
});

/** Checks the argument of a sampler. */
export function readPass(op: string, pass: Pass): Pass {
  return checkArgument(op, 'pass', pass, passKind);
}

/** The requested batch: its pass, its number in the pass, and the seed of random orders. */
export interface BatchContext extends Pass {
  /** Its number in the pass, from 0. */
  readonly batch: number;
}

/**
 * Chooses the items of a pass. An object with `length` and `order` is a sampler; the same pass must give the same
 * order, so that a loader can resume in the middle. PyTorch: `torch.utils.data.Sampler`.
 */
export interface Sampler {
  /** The number of items in a pass. */
  readonly length: number;
  /** Their indices, in order. */
  order(pass: Pass): ArrayLike<number>;
}

/** Anything with a length. */
export interface Sized {
  readonly length: number;
}

/** A sampler that is also iterable: each loop is a pass with a seed that `manualSeed` governs. */
export abstract class IterableSampler implements Sampler, Iterable<number> {
  abstract readonly length: number;
  abstract order(pass: Pass): ArrayLike<number>;

  /** The number of the next loop's pass; a loader counts passes itself. */
  protected epoch = 0;

  constructor() {
    guardMethods(this, IterableSampler.prototype, 'sampler', (x) => x instanceof IterableSampler, [
      'order',
    ]);
  }

  *[Symbol.iterator](): Iterator<number> {
    yield* Array.from(this.order({ epoch: this.epoch, seed: drawnSeed() }));
  }
}

/** Chooses the batches of a pass: anything with `length` and `batches`. */
export interface BatchChooser {
  /** The number of batches in a pass. */
  readonly length: number;
  /** The indices of each batch of a pass. */
  batches(pass: Pass): Iterable<ArrayLike<number>>;
}

const has = (x: unknown, method: string): boolean =>
  typeof x === 'object' &&
  x !== null &&
  typeof (x as Sized).length === 'number' &&
  typeof (x as Record<string, unknown>)[method] === 'function';

export const samplerKind = kinds.kind<Sampler>('be a sampler, with length and order(pass)', (x) =>
  has(x, 'order'),
);

export const batchSamplerKind = kinds.kind<BatchChooser>(
  'be a batch sampler, with length and batches(pass)',
  (x) => has(x, 'batches'),
);

const sized = kinds.kind<Sized>('have a length', (x) => (x as Sized).length !== undefined);

/** The length of a dataset, or an error. */
export function lengthOf(name: string, dataset: Sized): number {
  const n = passes(sized, dataset)
    ? reading(name, 'the length of the dataset', () => dataset.length)
    : undefined;
  return checkArgument(name, 'the length of the dataset', n, kinds.size);
}

/** Refuses invalid samplers, and options that contradict a sampler. */
export function checkSamplers(options: {
  readonly sampler?: Sampler | undefined;
  readonly batchSampler?: BatchChooser | undefined;
  readonly batchSize?: number | undefined;
  readonly shuffle?: boolean | undefined;
  readonly dropLast?: boolean | undefined;
}): void {
  const { sampler, batchSampler, shuffle = false } = options;
  if (sampler !== undefined) {
    checkArgument('DataLoader', 'sampler', sampler, samplerKind);
    if (shuffle) throw new ChainruleError('DataLoader: give either shuffle or a sampler');
  }
  if (batchSampler === undefined) return;
  checkArgument('DataLoader', 'batchSampler', batchSampler, batchSamplerKind);
  const twice = (['batchSize', 'shuffle', 'sampler', 'dropLast'] as const).find(
    (name) => options[name] !== undefined && options[name] !== false,
  );
  if (twice !== undefined)
    throw new ChainruleError(`DataLoader: a batchSampler chooses the batches; leave out ${twice}`);
}

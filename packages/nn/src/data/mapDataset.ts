/** @file A dataset that applies a function to its items: decoding, transforms, augmentations. */
import { checkArgument, kinds, passes } from '@chainrule/autograd';
import type { Dataset } from './datasets.js';

const indexed = kinds.kind<Dataset>(
  'be an array, or have length and at(i)',
  (x) => typeof (x as Partial<Dataset> | null)?.at === 'function',
);

/**
 * Applies a function to each item of a dataset when the item is requested, again in every pass; it may return a
 * promise. PyTorch: the `transform` of a dataset.
 *
 * @example new MapDataset(photos, ([image, label]) => [augment(image), label])
 */
export class MapDataset<T, U> implements Dataset<Awaited<U>> {
  /** The underlying dataset. */
  readonly dataset: Dataset<T>;
  private readonly f: (item: T, index: number) => U;

  constructor(dataset: Dataset<T> | readonly T[], f: (item: T, index: number) => U) {
    checkArgument('MapDataset', 'dataset', dataset as Dataset, indexed);
    checkArgument('MapDataset', 'f', f, kinds.callable as never);
    this.dataset = dataset;
    this.f = f;
  }

  /** The number of items. */
  get length(): number {
    return this.dataset.length;
  }

  /** The item at an index, passed through the function. */
  at(index: number): Awaited<U> | Promise<Awaited<U>> {
    const item = this.dataset.at(index);
    const f = (value: T | undefined): U => this.f(value as T, index);
    return (passes(kinds.promise, item) ? item.then(f) : f(item)) as
      Awaited<U> | Promise<Awaited<U>>;
  }
}

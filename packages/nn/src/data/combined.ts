/** @file Combinations of datasets: one after the other, or side by side. */
import {
  checkArgument,
  guardMethods,
  ChainruleError,
  IndexError,
  kinds,
  plural,
  passes,
  ShapeError,
  Tensor,
  display,
} from '@chainrule/autograd';
import { sourceOf, type DataSource, type ItemOf } from './dataSource.js';
import type { Dataset } from './datasets.js';

/** Datasets with a length, but not streams. */
export type Indexed = Exclude<DataSource, AsyncIterable<unknown>>;

/** Datasets, which may also be arrays; their kind is checked later, one by one. */
const someObjects = kinds.listOf(
  kinds.kind<object>('be a dataset', (x) => typeof x === 'object' && x !== null),
);

/** A value whose entries can be read. */
const readable = kinds.kind<object>(
  'be an array or an object of datasets',
  (x) => typeof x === 'object' && x !== null && Object.entries(x).length >= 0,
);

function datasetOf(op: string, source: unknown): Dataset {
  const dataset = sourceOf(source, undefined);
  if (Symbol.asyncIterator in dataset) {
    throw new ChainruleError(`${op}: an async iterable has no length and cannot be combined`);
  }
  return dataset;
}

/**
 * The items of several datasets, one after the other. PyTorch: `ConcatDataset`.
 * @throws {ChainruleError} if there is no dataset, or one is a stream.
 * @example new ConcatDataset([train, extra]).length // train.length + extra.length
 */
export class ConcatDataset<const D extends Indexed> implements Dataset<ItemOf<D>> {
  /** The number of items. */
  readonly length: number;
  /** The datasets. */
  readonly datasets: readonly Dataset[];
  /** The number of items up to the end of each dataset. */
  readonly cumulativeSizes: readonly number[];

  constructor(datasets: readonly D[]) {
    guardMethods(this, ConcatDataset.prototype, 'dataset', (x) => x instanceof ConcatDataset);
    const given: unknown = datasets;
    if (!passes(someObjects, given) || given.length === 0)
      throw new ChainruleError(
        `ConcatDataset: expected an array of at least one dataset, got ${display(given)}`,
      );
    this.datasets = datasets.map((d) => datasetOf('ConcatDataset', d));
    let total = 0;
    this.cumulativeSizes = this.datasets.map((d) => (total += d.length));
    this.length = total;
  }

  /** The item at an index, counted through all datasets. */
  at(index: number): ItemOf<D> | Promise<ItemOf<D>> {
    const k = kinds.size.test(index) ? this.cumulativeSizes.findIndex((end) => index < end) : -1;
    if (k < 0)
      throw new IndexError(
        `ConcatDataset: there is no item ${display(index)}; it has ${plural(this.length, 'item')}`,
      );
    const start = k === 0 ? 0 : (this.cumulativeSizes[k - 1] as number);
    return (this.datasets[k] as Dataset).at(index - start) as ItemOf<D>;
  }
}

/** The items of datasets side by side, by position or name. */
export type StackedItem<D> = { [K in keyof D]: ItemOf<D[K]> };

/**
 * The items of several datasets side by side: an array, or an object if the datasets are named.
 * PyTorch: `StackDataset`.
 * @throws {ShapeError} if their lengths differ. @throws {ChainruleError} if there is no dataset, or one is a stream.
 * @example new StackDataset({ image: images, text: captions }).at(0) // { image, text }
 */
export class StackDataset<
  const D extends readonly Indexed[] | Readonly<Record<string, Indexed>>,
> implements Dataset<StackedItem<D>> {
  /** The number of items. */
  readonly length: number;
  private readonly parts: readonly (readonly [name: string, dataset: Dataset])[];
  private readonly named: boolean;

  constructor(datasets: D) {
    guardMethods(this, StackDataset.prototype, 'dataset', (x) => x instanceof StackDataset);
    const given: unknown = datasets;
    if (typeof given !== 'object' || given === null || given instanceof Tensor)
      throw new ChainruleError('StackDataset: expected an array or an object of datasets');
    this.named = !kinds.array.test(given);
    this.parts = Object.entries(checkArgument('StackDataset', 'datasets', datasets, readable)).map(
      ([name, d]) => [name, datasetOf('StackDataset', d)],
    );
    const lengths = this.parts.map(([, d]) => d.length);
    if (lengths.length === 0)
      throw new ChainruleError('StackDataset: expected at least one dataset');
    this.length = lengths[0] as number;
    if (lengths.some((n) => n !== this.length))
      throw new ShapeError(`StackDataset: the datasets differ in length: ${display(lengths)}`);
  }

  /** The items of all datasets at an index. */
  at(index: number): StackedItem<D> | Promise<StackedItem<D>> {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length))
      throw new IndexError(
        `StackDataset: there is no item ${display(index)}; it has ${plural(this.length, 'item')}`,
      );
    const items = this.parts.map(([, d]) => d.at(index));
    const together = (values: readonly unknown[]): StackedItem<D> =>
      (this.named
        ? Object.fromEntries(this.parts.map(([name], k) => [name, values[k]]))
        : values) as StackedItem<D>;
    return items.some((x) => passes(kinds.promise, x))
      ? Promise.all(items).then(together)
      : together(items);
  }
}

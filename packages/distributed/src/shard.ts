/** @file One rank's share of a dataset. */
import {
  ChainruleError,
  defineOptions,
  display,
  kinds,
  passes,
  plural,
  Tensor,
} from '@chainrule/autograd';
import { Subset, type Dataset } from '@chainrule/nn/data';
import type { Communicator } from './communicator.js';

/** Options of `World.shard`. */
export interface ShardOptions {
  /**
   * The treatment of items that do not divide evenly: `'repeat'` gives some of the first items to two ranks, so that all
   * ranks have equally many; `'drop'` leaves out the last items; `'error'` throws. Default `'repeat'`, as in PyTorch's
   * `DistributedSampler`.
   */
  readonly uneven?: 'repeat' | 'drop' | 'error';
}

const shardOptions = defineOptions<ShardOptions>({
  uneven: kinds.oneOf('repeat', 'drop', 'error'),
});

/** Data that can be divided: the rows of a tensor, an array, or an object with `length` and `at(i)`. */
export type Shardable<T> = Tensor | readonly T[] | Dataset<T>;

/** Every `size`-th item, starting with the item at the rank's number; equally many on each rank. */
export function shardOf<T>(
  world: Communicator,
  dataset: Shardable<T>,
  options?: ShardOptions,
): Tensor | T[] | Subset<T> {
  const { uneven = 'repeat' } = shardOptions('shard', options);
  const length = lengthOf(dataset);
  const { rank, size } = world;
  world.agreement.meet({ what: `shard of ${length} items (uneven: '${uneven}')` });
  if (uneven === 'error' && length % size !== 0) {
    throw new ChainruleError(
      `shard: ${length} items cannot be shared evenly by ${size} ranks; { uneven: 'repeat' } or 'drop' makes them even`,
    );
  }
  if (length < size) {
    throw new ChainruleError(`shard: ${plural(length, 'item')} cannot be shared by ${size} ranks`);
  }
  const each = uneven === 'drop' ? Math.floor(length / size) : Math.ceil(length / size);
  const indices = Int32Array.from({ length: each }, (_, k) => (rank + k * size) % length);
  if (isTensor(dataset)) return dataset.indexSelect(0, [...indices] as never);
  if (Array.isArray(dataset)) return Array.from(indices, (i) => (dataset as readonly T[])[i] as T);
  return new Subset(dataset, indices);
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;
const items = kinds.kind<{ readonly length: number }>('be a dataset', (x) => {
  const { length, at } = x as Partial<Dataset>;
  return typeof x === 'object' && kinds.size.test(length) && typeof at === 'function';
});

function lengthOf(dataset: unknown): number {
  if (isTensor(dataset) && dataset.ndim > 0) return dataset.shape[0] as number;
  if (!isTensor(dataset) && passes(items, dataset)) return dataset.length;
  throw new ChainruleError(
    `shard: expected a tensor with rows, an array, or an object with length and at(i), got ${display(dataset)}`,
  );
}

/** @file The items of each batch of a pass. */
import { permutation } from './random.js';
import type { DataLoaderOptions, LoaderState } from './loaderOptions.js';

/** The indices of the items of each batch that remains in a pass over `items` items. */
export function* batchOrder(
  items: number,
  { epoch, batch, order: seed }: LoaderState,
  batchSize: number,
  options: Pick<
    DataLoaderOptions<never, unknown>,
    'shuffle' | 'dropLast' | 'sampler' | 'batchSampler'
  >,
): Generator<Int32Array, undefined> {
  const { shuffle = false, dropLast = false, sampler, batchSampler } = options;
  if (batchSampler !== undefined) {
    let k = 0;
    for (const indices of batchSampler.batches({ epoch, seed }))
      if (k++ >= batch) yield Int32Array.from(indices);
    return undefined;
  }
  const order =
    sampler !== undefined
      ? Int32Array.from(sampler.order({ epoch, seed }))
      : shuffle
        ? permutation(items, seed)
        : Int32Array.from({ length: items }, (_, i) => i);
  for (let from = batch * batchSize; from < order.length; from += batchSize) {
    const indices = order.subarray(from, from + batchSize);
    if (indices.length === batchSize || !dropLast) yield indices;
  }
  return undefined;
}

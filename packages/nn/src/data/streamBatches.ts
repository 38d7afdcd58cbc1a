/** @file Batches of an async iterable, one after another. */
import { failed } from './batchItems.js';
import type { LoaderState } from './loaderOptions.js';

/** Starts loading the next batch. */
export interface NextBatch<B> {
  (): Promise<IteratorResult<B, undefined>>;
  close?: () => Promise<void>;
}

/** Reads the next batch at each call; calls wait for each other. */
export function streamBatches<B>(
  source: AsyncIterable<unknown>,
  pass: LoaderState,
  { batchSize, dropLast }: { readonly batchSize: number; readonly dropLast: boolean },
  join: (samples: unknown[], batch: number) => B,
): NextBatch<B> {
  const items = source[Symbol.asyncIterator]();
  let index = 0;
  let before: Promise<unknown> = Promise.resolve();
  let ended = false;
  let nextBatch = pass.batch;
  // A stream has to be read from its beginning: earlier items are dropped.
  const skip = async (): Promise<void> => {
    while (index < pass.batch * batchSize && !ended) {
      ended = (await items.next()).done === true;
      index++;
    }
  };
  const read = async (): Promise<IteratorResult<B, undefined>> => {
    const samples: unknown[] = [];
    const batch = nextBatch++;
    while (samples.length < batchSize && !ended) {
      let item: IteratorResult<unknown>;
      try {
        await skip();
        item = await items.next();
      } catch (error) {
        ended = true;
        throw failed(index, batch, error);
      }
      if (item.done === true) ended = true;
      else samples.push(item.value);
      if (!ended) index++;
    }
    const short = samples.length < batchSize && dropLast;
    return samples.length === 0 || short
      ? { done: true, value: undefined }
      : { value: join(samples, batch) };
  };
  const next: NextBatch<B> = () => {
    const batch = before.then(read, read);
    before = batch.catch(() => undefined);
    return batch;
  };
  next.close = async () => void (ended || (await items.return?.()));
  return next;
}

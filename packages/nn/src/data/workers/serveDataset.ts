/** @file The worker's side of a dataset in workers: loads, decodes and collates, one batch after the other. */
import { ChainruleError, display, manualSeed } from '@chainrule/autograd';
import { ownPort, type Port } from '../../workerPort.js';
import { collate as defaultCollate } from '../collate.js';
import { isRows, type Dataset } from '../datasets.js';
import { packed, type Answer, type Request } from './messages.js';

/** Options of `serveDataset`. */
export interface ServeDatasetOptions<T, B> {
  /** Makes a batch of a list of items, in the worker. Default: `collate`. */
  readonly collate?: (samples: T[]) => B;
}

/**
 * In a worker's file: serves the items of a dataset to the {@link WorkerDataset} that started the worker. Random
 * augmentations use the library's generator, which is seeded for every batch, so they do not depend on the number of
 * workers.
 *
 * @throws {ChainruleError} outside a worker.
 * @example
 * // images.worker.ts
 * serveDataset(new MapDataset(files, async (file) => augment(await decode(file))));
 */
export function serveDataset<T, B>(
  dataset: Dataset<T> | readonly T[],
  options: ServeDatasetOptions<T, B> = {},
): void {
  const port = ownPort();
  if (port === null)
    throw new ChainruleError(
      'serveDataset: this is not a worker; call it in the file that a worker runs',
    );
  const source = dataset as Dataset<T>;
  let waiting: Extract<Request, { chainrule: 'batch' }>[] = [];
  let busy = false;
  /** Batches are made one at a time: a seed applies to a whole batch. */
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await answer(port, next, source, options);
    busy = false;
  };
  port.listen((message) => {
    const request = message as Request;
    if (request.chainrule === 'length')
      port.post({ chainrule: 'answer', id: request.id, value: source.length } satisfies Answer);
    if (request.chainrule === 'forget')
      waiting = waiting.filter(({ id }) => !request.ids.includes(id));
    if (request.chainrule === 'batch') {
      waiting.push(request);
      void work();
    }
  });
}

async function answer<T, B>(
  port: Port,
  { id, indices, seed }: Extract<Request, { chainrule: 'batch' }>,
  dataset: Dataset<T>,
  { collate }: ServeDatasetOptions<T, B>,
): Promise<void> {
  let index: number | null = null;
  try {
    manualSeed(seed);
    let batch: unknown;
    if (isRows(dataset) && collate === undefined) {
      batch = dataset.batch(indices);
    } else {
      const items: unknown[] = [];
      for (index of indices) items.push(await dataset.at(index));
      index = null;
      batch = collate === undefined ? defaultCollate(items) : collate(items as T[]);
    }
    const arrays: ArrayBuffer[] = [];
    const value = await packed(batch, arrays);
    port.post({ chainrule: 'answer', id, value } satisfies Answer, arrays);
  } catch (error) {
    const reason = error instanceof Error ? error.message : display(error);
    port.post({ chainrule: 'answer', id, failed: { index, reason } } satisfies Answer);
  }
}

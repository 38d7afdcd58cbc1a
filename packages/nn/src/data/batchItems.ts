/** @file The items of a batch, which are read, awaited or made by a worker; errors name the item and the batch. */
import { ChainruleError, display, kinds, passes } from '@chainrule/autograd';
import type { LoaderState } from './loaderOptions.js';
import type { Dataset } from './datasets.js';
import type { WorkerDataset } from './workers/workerDataset.js';

export function failed(index: number, batch: number, cause: unknown): ChainruleError {
  const message = `DataLoader: item ${index} failed: ${textOf(cause)} (in batch ${batch})`;
  return new ChainruleError(message, { cause });
}

export function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : display(cause);
}

const promise = kinds.kind<Promise<unknown>>(
  'be a promise',
  (x) => typeof (x as { then?: unknown } | null | undefined)?.then === 'function',
);

export function isPromise(x: unknown): x is Promise<unknown> {
  return passes(promise, x);
}

/** A batch that a worker makes. */
export async function worked<B>(
  dataset: WorkerDataset,
  indices: Int32Array,
  pass: LoaderState,
  batch: number,
): Promise<IteratorResult<B, undefined>> {
  const context = { epoch: pass.epoch, seed: pass.order, batch };
  try {
    return { value: (await dataset.batch(indices, context, pass)) as B };
  } catch (error) {
    throw new ChainruleError(`DataLoader: ${textOf(error)} (in batch ${batch})`, { cause: error });
  }
}

/** The items of a batch, which may be promises. */
export function gathered(dataset: Dataset, indices: Int32Array, batch: number): Promise<unknown[]> {
  return Promise.all(
    Array.from(indices, async (i) => {
      try {
        return await dataset.at(i);
      } catch (error) {
        throw failed(i, batch, error);
      }
    }),
  );
}

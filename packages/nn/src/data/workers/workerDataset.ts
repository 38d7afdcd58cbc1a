/** @file A dataset in workers: they load, decode and collate, and return whole batches. */
import { checkArgument, ChainruleError, display, kinds } from '@chainrule/autograd';
import { portOf, type Port, type WorkerLike } from '../../workerPort.js';
import type { Dataset } from '../datasets.js';
import { drawnSeed } from '../random.js';
import type { BatchContext } from '../sampler.js';
import { unpacked, type Answer, type Request } from './messages.js';

/** Passed by `start` to the constructor, so that only `start` can make a dataset. */
const STARTED = Symbol('started');

interface PendingRequest {
  readonly owner: object | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker, and its open requests. */
interface WorkerHandle {
  readonly port: Port;
  readonly worker: WorkerLike & { ref?(): void; unref?(): void };
  readonly pending: Map<number, PendingRequest>;
  dead: string | null;
}

/**
 * A dataset whose items are loaded by workers in parallel: pass it to a `DataLoader`, whose `prefetch` is the number
 * of batches in progress (default: two for each worker). Order, shuffling, seeds, samplers and resuming are the
 * loader's, and the same for any number of workers. Each worker runs a file that calls {@link serveDataset}. In Node
 * they are threads, which do not keep the process alive. PyTorch: `DataLoader(num_workers=…)`.
 *
 * @example
 * const dataset = await WorkerDataset.start(
 *   () => new Worker(new URL('./images.worker.js', import.meta.url), { type: 'module' }),
 *   { workers: 4 },
 * );
 * for await (const [images, labels] of new DataLoader(dataset, { batchSize: 64, shuffle: true })) { … }
 * dataset.close();
 */
export class WorkerDataset<B = unknown> implements Dataset<B> {
  /** The number of items. */
  readonly length: number;
  /** The number of workers. */
  readonly workers: number;
  private readonly handles: readonly WorkerHandle[];
  private readonly seed: number = drawnSeed();
  private next = 0;
  private calls: number;

  private constructor(by: symbol, hired: readonly WorkerHandle[], length: number) {
    if (by !== STARTED)
      throw new ChainruleError('WorkerDataset: use await WorkerDataset.start(make) instead of new');
    this.handles = hired;
    this.length = length;
    this.workers = hired.length;
    this.calls = 1;
  }

  /**
   * Starts the workers, and waits until their datasets are ready.
   * @throws {ChainruleError} if one fails, or they do not all have the same number of items.
   */
  static async start<B = unknown>(
    make: () => WorkerLike,
    { workers = 2 }: { readonly workers?: number } = {},
  ): Promise<WorkerDataset<B>> {
    checkArgument('WorkerDataset.start', 'make', make, kinds.callable as never);
    checkArgument('WorkerDataset.start', 'workers', workers, kinds.count);
    const hired = Array.from({ length: workers }, (_, w) => startWorker(make(), w));
    try {
      const lengths = await Promise.all(
        hired.map((one, w) => sendRequest(one, w, { chainrule: 'length', id: 0 })),
      );
      const [length] = lengths;
      if (!kinds.size.test(length) || lengths.some((other) => other !== length)) {
        throw new ChainruleError(
          `WorkerDataset.start: all workers must have the same number of items, got ${lengths.map(display).join(', ')}`,
        );
      }
      return new WorkerDataset<B>(STARTED, hired, length);
    } catch (error) {
      for (const { worker } of hired) worker.terminate();
      throw error;
    }
  }

  /** A batch of one item. */
  at(index: number): Promise<B> {
    return this.batch([index]);
  }

  /** The items at these indices, collated by the next worker. */
  async batch(
    indices: ArrayLike<number>,
    context?: BatchContext,
    owner: object | null = null,
  ): Promise<B> {
    const w = this.next;
    this.next = (w + 1) % this.workers;
    const { epoch = 0, batch = this.calls, seed = 0 } = context ?? {};
    const request: Request = {
      chainrule: 'batch',
      id: this.calls++,
      indices: Int32Array.from(indices),
      seed: mixed(this.seed, seed, epoch, batch),
    };
    return unpacked(await sendRequest(this.handles[w] as WorkerHandle, w, request, owner)) as B;
  }

  /** Drops the requests of a loop that was left; those that have not begun are cancelled. */
  release(owner: object): void {
    for (const one of this.handles) {
      const ids = [...one.pending].filter(([, asked]) => asked.owner === owner).map(([id]) => id);
      if (ids.length === 0) continue;
      one.port.post({ chainrule: 'forget', ids } satisfies Request);
      for (const id of ids) one.pending.delete(id);
      rest(one);
    }
  }

  /** Ends the workers. */
  close(): void {
    this.handles.forEach((one) => {
      one.dead ??= 'it was closed';
      fail(one, new ChainruleError('WorkerDataset: it was closed'));
      one.worker.terminate();
    });
  }
}

function startWorker(worker: WorkerLike, w: number): WorkerHandle {
  checkArgument('WorkerDataset.start', 'the result of make', worker, aWorker);
  const one: WorkerHandle = { port: portOf(worker), worker, pending: new Map(), dead: null };
  one.port.listen(
    (message) => {
      const { chainrule, id, value, failed } = message as Answer;
      const waiting = chainrule === 'answer' ? one.pending.get(id) : undefined;
      if (waiting === undefined) return;
      one.pending.delete(id);
      rest(one);
      if (failed === undefined) return waiting.resolve(value);
      const item = failed.index === null ? 'a batch' : `item ${failed.index}`;
      waiting.reject(new ChainruleError(`worker ${w}: ${item} failed: ${failed.reason}`));
    },
    (reason) => {
      one.dead ??= reason;
      fail(one, new ChainruleError(`worker ${w} failed: ${reason}`));
    },
  );
  rest(one);
  return one;
}

const aWorker = kinds.kind<WorkerLike>(
  'be a Worker',
  (x) => typeof (x as Partial<WorkerLike> | null)?.postMessage === 'function',
);

function sendRequest(
  one: WorkerHandle,
  w: number,
  request: Exclude<Request, { chainrule: 'forget' }>,
  owner: object | null = null,
): Promise<unknown> {
  if (one.dead !== null)
    return Promise.reject(new ChainruleError(`worker ${w} has ended: ${one.dead}`));
  return new Promise((resolve, reject) => {
    one.pending.set(request.id, { owner, resolve, reject });
    one.worker.ref?.();
    one.port.post(request);
  });
}

/** Lets the process end while a worker without open requests still runs. */
function rest({ worker, pending }: WorkerHandle): void {
  if (pending.size === 0) worker.unref?.();
}

function fail(one: WorkerHandle, error: ChainruleError): void {
  for (const { reject } of one.pending.values()) reject(error);
  one.pending.clear();
}

/** Mixes several numbers into a seed, with the finalizer of MurmurHash3. */
function mixed(...parts: readonly number[]): number {
  let h = 0;
  for (const part of parts) {
    h = Math.imul(h ^ part, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 1;
}

/**
 * @file Training in a worker: one function for the worker's file and one for the page, which exchange progress and
 * stop.
 */
import type { PlatformSignal } from './interrupts.js';
import { checkArgument, ChainruleError, display, kinds } from '@chainrule/autograd';
import type { FitEvent } from './events.js';
import { Listener } from './listener.js';
import { ownPort, portOf, type WorkerLike } from '../workerPort.js';

export type { WorkerLike } from '../workerPort.js';

/** What a training function in a worker receives besides its input. */
export interface WorkerContext<E = FitEvent> {
  /** Aborts when the page says stop: give it to `fit`. */
  readonly signal: PlatformSignal;
  /** Sends an event to the page: a callback for `fit`. */
  readonly tell: (event: E) => void;
}

/** A training run in a worker: a promise of its result, and an async iterable of its events. */
export type WorkerTraining<R, E = FitEvent> = Promise<R> &
  AsyncIterable<E> & {
    /** Asks the worker to stop; what it then returns is still the result. */
    stop(): void;
  };

/** The messages between page and worker. The key distinguishes them from other messages. */
interface Message {
  readonly chainrule: 'start' | 'stop' | 'event' | 'result' | 'error';
  readonly id: number;
  readonly value?: unknown;
}

const isMessage = (x: unknown): x is Message =>
  typeof (x as Partial<Message> | null)?.chainrule === 'string';

/**
 * In the worker's file: defines what runs when the page calls {@link trainInWorker}. `train` receives its input, a
 * signal and a function that reports progress; its result goes to the page. Everything exchanged is cloned: numbers,
 * arrays, typed arrays, plain objects. Send weights as `encodeSafetensors(model.stateDict())`. Works in web workers
 * and in Node's worker threads.
 *
 * @throws {ChainruleError} outside of a worker.
 * @example
 * // train.worker.ts
 * serveTraining(async ({ epochs }: { epochs: number }, { signal, tell }) => {
 *   await fit(model, { data, loss, optimizer, epochs, signal, callbacks: [tell] });
 *   return encodeSafetensors(model.stateDict());
 * });
 */
export function serveTraining<I, R, E = FitEvent>(
  train: (input: I, context: WorkerContext<E>) => R | Promise<R>,
): void {
  checkArgument('serveTraining', 'train', train, kinds.callable);
  const port = ownPort();
  if (port === null)
    throw new ChainruleError(
      'serveTraining: this is not a worker; call it in the file that a worker runs',
    );
  const running = new Map<number, AbortController>();
  port.listen((message) => {
    if (!isMessage(message)) return;
    const { id, value } = message;
    if (message.chainrule === 'stop') running.get(id)?.abort();
    if (message.chainrule !== 'start') return;
    const post = (kind: Message['chainrule'], content: unknown): void =>
      port.post({ chainrule: kind, id, value: content } satisfies Message);
    const abort = new AbortController();
    running.set(id, abort);
    const context = { signal: abort.signal, tell: (event: E) => post('event', event) };
    void Promise.resolve()
      .then(() => train(value as I, context))
      .then((result) => post('result', result))
      .catch((error: unknown) => post('error', textOf(error)))
      .finally(() => running.delete(id));
  });
}

let calls = 0;

/**
 * In the page: runs the function that the worker's file passed to {@link serveTraining}. `await` the result, or
 * iterate over its events with `for await`; leaving the loop stops training. The worker stays alive: use it again,
 * or `terminate()` it.
 *
 * @throws {ChainruleError} with the message of whatever failed in the worker.
 * @example
 * // page.ts; bundlers find the worker by the next line, which also works without a bundler
 * const worker = new Worker(new URL('./train.worker.js', import.meta.url), { type: 'module' });
 * const training = trainInWorker<Uint8Array>(worker, { epochs: 3 });
 * button.onclick = () => training.stop();
 * for await (const event of training) if (event.type === 'batch') bar.value = event.step;
 * model.loadStateDict(decodeSafetensors(await training));
 */
export function trainInWorker<R, E = FitEvent>(
  worker: WorkerLike,
  input?: unknown,
): WorkerTraining<R, E> {
  checkArgument('trainInWorker', 'worker', worker, aWorker);
  const port = portOf(worker);
  const id = calls++;
  const post = (kind: Message['chainrule'], value?: unknown): void =>
    port.post({ chainrule: kind, id, value } satisfies Message);
  // Events are kept only if someone iterates over them.
  let events: Listener<E> | null = null;
  let told: Promise<unknown> = Promise.resolve();
  let forget = (): void => undefined;
  const promise = new Promise<R>((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(new ChainruleError(`trainInWorker: the worker failed: ${reason}`));
    forget = port.listen((message) => {
      if (!isMessage(message) || message.id !== id) return;
      const { chainrule, value } = message;
      if (chainrule === 'event' && events !== null) {
        const listener = events;
        told = told.then(() => listener.offer(value as E)).catch(() => undefined);
      }
      if (chainrule === 'result') void told.then(() => resolve(value as R));
      if (chainrule === 'error') void told.then(() => fail(String(value)));
    }, fail);
    post('start', input);
  }).finally(() => forget());
  promise.catch(() => undefined);
  return Object.assign(promise, {
    stop: () => post('stop'),
    [Symbol.asyncIterator](): AsyncIterator<E> {
      if (events !== null)
        throw new ChainruleError('trainInWorker: its events can be iterated over only once');
      const listener = (events = new Listener<E>());
      const ended = promise.then(() => null);
      ended.catch(() => undefined);
      return {
        next: async () => {
          // Wrapped in an object, because an event may be anything.
          const event = await Promise.race([listener.ask().then((value) => ({ value })), ended]);
          return event ?? { done: true, value: undefined };
        },
        return: async () => {
          listener.leave();
          post('stop');
          await promise;
          return { done: true, value: undefined };
        },
      };
    },
  });
}

const aWorker = kinds.kind<WorkerLike>(
  'be a Worker',
  (x) => typeof (x as Partial<WorkerLike> | null)?.postMessage === 'function',
);

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : display(error);
}

/** @file `fit`: a training loop with everything that is easy to forget. */
import { checkArgument, ChainruleError } from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import type { FitEvent, History } from './events.js';
import { Listener } from './listener.js';
import { aModule, fitOptions, type FitOptions } from './options.js';
import { Training } from './training.js';

/** A running training: a promise of its history, and an async iterable of its events. */
export type Fit = Promise<History> & AsyncIterable<FitEvent>;

/**
 * Trains a model: in each epoch goes through the data, steps the optimizer and the schedule, and evaluates the model.
 *
 * Training starts immediately. `await` the result for its history, or iterate over its events with `for await`:
 * training then waits for the loop at every event, and leaving the loop ends it. A plain loop is just as good; this
 * is one, with metrics, accumulation, clipping, averaging, checkpoints, resuming, early stopping and interrupts.
 *
 * - The step is compiled unless something prevents it; the event `compiled` says whether, and why not.
 * - A resumed training run, even in the middle of an epoch, equals an uninterrupted one bit for bit if its loader can save
 *   its position (`DataLoader` can) and its callbacks save their state.
 * - With a checkpoint folder, Ctrl-C and SIGTERM finish the step, save, and exit with code 130; a second one exits at once.
 * - A loss that is not finite ends training with an error that names the epoch, batch and operation, and leaves the
 *   parameters as they were before that batch; `onNonFinite: { dump: dir }` also saves the batch and the weights for
 *   inspection.
 *
 * @throws {ChainruleError} for options that contradict each other, and whatever the model, the loss or the data throw.
 * @example
 * const history = await fit(model, {
 *   data: new DataLoader(train, { batchSize: 64, shuffle: true }),
 *   validate: new DataLoader(test, { batchSize: 500 }),
 *   loss: nn.functional.crossEntropy,
 *   optimizer: new Adam(model.parameters()),
 *   epochs: 3,
 *   metrics: { accuracy: new Accuracy() },
 *   checkpoint: { dir: 'checkpoints' },
 *   resume: true,
 * });
 */
export function fit<B>(model: Module, options: FitOptions<B>): Fit {
  checkArgument('fit', 'model', model, aModule);
  // Checked here, so that a mistake shows at the call.
  const training = new Training<B>(
    model,
    fitOptions('fit', options as FitOptions) as FitOptions<B>,
  );
  // Starts in the next turn, so that a loop over the events receives the first one.
  const promise = Promise.resolve().then(() => training.run());
  return Object.assign(promise, {
    [Symbol.asyncIterator](): AsyncIterator<FitEvent> {
      if (training.audience.listener !== null)
        throw new ChainruleError('fit: its events can be iterated over only once');
      const listener = new Listener<FitEvent>();
      training.audience.listener = listener;
      const ended = promise.then(() => null);
      // The loop reports errors; nobody may be waiting for the promise.
      ended.catch(() => undefined);
      return {
        next: async () => {
          const event = await Promise.race([listener.ask(), ended]);
          return event === null ? { done: true, value: undefined } : { value: event };
        },
        return: async () => {
          listener.leave();
          await promise;
          return { done: true, value: undefined };
        },
      };
    },
  });
}

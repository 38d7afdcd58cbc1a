/** @file `fit`: the training loop that people write again and again, with everything that is easily forgotten. */
import { checkArgument, ChainruleError, kinds } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import type { FitEvent, History } from './events.js';
import { Listener } from './listener.js';
import { fitOptions, type FitOptions } from './options.js';
import { Training } from './training.js';

/** A training under way: a promise of its history, and its events for who goes over them. */
export type Fit = Promise<History> & AsyncIterable<FitEvent>;

/**
 * Trains a model: for each epoch goes through the data, steps the optimizer and the schedule, and judges the model.
 *
 * Training starts at once. `await` it for its history, or go over its events with `for await`: then it waits for the loop
 * at every event, and leaving the loop ends it. Plain loops stay as good; this is one, with metrics, accumulation, clipping,
 * averages, checkpoints, resuming, stopping and interrupts in their places.
 *
 * - A step is compiled where nothing prevents it; the event `compiled` says so, or why not.
 * - A training that is resumed, in the middle of an epoch too, goes on bit for bit as one that was never interrupted, if its
 *   loader has a place to go back to (`DataLoader` has) and its callbacks keep no state of their own.
 * - With a checkpoint folder, Ctrl-C and SIGTERM let the step end, save, and exit with code 130; a second one exits at once.
 * - A loss that is not finite ends it with an error that names epoch, batch and operation, the parameters as they were
 *   before that batch; `onNonFinite: { dump: dir }` also saves batch and weights, to be looked at.
 *
 * @throws {ChainruleError} for options that do not fit each other, and what the model, the loss or the data throw.
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
  checkArgument('fit', 'model', model, isModule);
  // Checked here, so that a mistake shows at the call.
  const training = new Training<B>(
    model,
    fitOptions('fit', options as FitOptions) as FitOptions<B>,
  );
  // In the next turn, so that who goes over the events hears the first.
  const promise = Promise.resolve().then(() => training.run());
  return Object.assign(promise, {
    [Symbol.asyncIterator](): AsyncIterator<FitEvent> {
      if (training.listener !== null)
        throw new ChainruleError('fit: its events can be gone over once');
      const listener = new Listener<FitEvent>();
      training.listener = listener;
      const ended = promise.then(() => null);
      // The loop is told of errors; the promise may be nobody's.
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

const isModule = kinds.kind<Module>('be a Module', (x) => x instanceof Module);

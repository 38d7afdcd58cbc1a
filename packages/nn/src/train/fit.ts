/** @file `fit`: the training loop that people write again and again, with everything that is easily forgotten. */
import { checkArgument, ChainruleError, kinds } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import type { FitEvent, History } from './events.js';
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
 * - A loss that is not finite ends it with an error that names epoch and batch. For the parameters to stay as they were
 *   before, make the optimizer with `onNonFinite: 'skip'` or `'throw'`.
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
  const events = training.run();
  let resolve: (history: History) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<History>((res, rej) => ([resolve, reject] = [res, rej]));
  let taken = false;

  /** Goes on to the next event, and settles the promise at the end. */
  const next = async (): Promise<IteratorResult<FitEvent, History>> => {
    try {
      const result = await events.next();
      if (result.done === true) resolve(result.value);
      return result;
    } catch (error) {
      reject(error);
      throw error;
    }
  };
  const drive = async (): Promise<void> => {
    // Errors reach whoever awaits the promise.
    while ((await next().catch(() => ({ done: true }))).done !== true);
  };
  queueMicrotask(() => {
    if (!taken) void drive();
  });
  return Object.assign(promise, {
    [Symbol.asyncIterator](): AsyncIterator<FitEvent> {
      if (taken) throw new ChainruleError('fit: its events can be gone over once');
      taken = true;
      // The loop is told of errors; the promise may be nobody's.
      promise.catch(() => undefined);
      return {
        next: async () => {
          const result = await next();
          return result.done === true ? { done: true, value: undefined } : result;
        },
        return: async () => {
          await training.leave();
          const { value } = await events.return(training.history('stopped', 'the loop was left'));
          resolve(value as History);
          return { done: true, value: undefined };
        },
      };
    },
  });
}

const isModule = kinds.kind<Module>('be a Module', (x) => x instanceof Module);

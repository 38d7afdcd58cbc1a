/**
 * @file The learning-rate finder: a short training whose rate grows from tiny to too large, to find the rate at which the
 * loss falls fastest.
 */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  getRngState,
  kinds,
  noGrad,
  setRngState,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { breathe } from '../breathe.js';
import { nothingIn } from './batches.js';
import { aModule, fitOptions, type FitOptions, type OptimizerLike } from './options.js';
import { Trainer } from './trainer.js';

/** The options of `findLearningRate`: those options of `fit` that concern a step, and the range. */
export interface FindLearningRateOptions<B = unknown> extends Pick<
  FitOptions<B>,
  'data' | 'loss' | 'step' | 'optimizer' | 'clip' | 'compile'
> {
  /** The first rate. Default 1e-7. */
  readonly minLr?: number;
  /** The last rate. Default 10. */
  readonly maxLr?: number;
  /** How many steps the range has. Default 100. */
  readonly steps?: number;
  /** How rates grow: by a constant factor (default), or by a constant difference. */
  readonly mode?: 'exponential' | 'linear';
  /** Stops when the smoothed loss is this many times the smallest one; null never stops early. Default 4. */
  readonly divergence?: number | null;
  /** How much of the smoothed loss is kept at a step. Default 0.98. */
  readonly smoothing?: number;
}

/** One step of a search. */
export interface LearningRatePoint {
  /** The learning rate of the step. */
  readonly lr: number;
  /** The loss of its batch, before the update. */
  readonly loss: number;
  /** The exponential moving average of the losses, corrected for its start. */
  readonly smoothed: number;
}

/** What a search found. */
export interface LearningRateSearch {
  /** The suggested rate, where the loss falls fastest; null if the loss never fell. */
  readonly suggestion: number | null;
  /** A tenth of the rate at which the smoothed loss was smallest, an older rule of thumb. */
  readonly minimum: number | null;
  /** All steps, to be plotted with a logarithmic x-axis. */
  readonly curve: readonly LearningRatePoint[];
  /** Whether it stopped because the loss went up. */
  readonly diverged: boolean;
}

const range = {
  minLr: kinds.positive,
  maxLr: kinds.positive,
  steps: kinds.wholeBetween(3, 1e6),
  mode: kinds.oneOf('exponential', 'linear'),
  divergence: kinds.orNull(kinds.positive),
  smoothing: kinds.decay,
};
const { data, loss, step, optimizer, clip, compile } = fitOptions.table;
const searchOptions = defineOptions<FindLearningRateOptions>({
  ...{ data, loss, step, optimizer, clip, compile },
  ...range,
});

/** Steps at both ends where no rate is suggested: the average has not settled yet, or no longer holds. */
const SKIPPED_FIRST = 10;
const SKIPPED_LAST = 1;

/**
 * Trains for a number of steps with a learning rate that grows from `minLr` to `maxLr`, and suggests the rate at which
 * the smoothed loss falls fastest over the logarithm of the rate. Repeats the data if it is too short. Restores the
 * model, optimizer, loader and random state afterwards. Parameter groups keep the ratio of their rates.
 *
 * Smith 2017, arXiv:1506.01186, section 3.3. Lightning: `Tuner.lr_find`; fastai: `lr_find`, whose `'steep'` is this.
 *
 * @throws {ChainruleError} for options that do not fit, and for an optimizer without `stateDict`. Errors of the model, the
 * loss and the data are passed on.
 * @example
 * const { suggestion, curve } = await findLearningRate(model, { data, loss: nn.functional.crossEntropy, optimizer });
 * if (suggestion !== null) optimizer.paramGroups[0].lr = suggestion;
 */
export async function findLearningRate<B>(
  model: Module,
  options: FindLearningRateOptions<B>,
): Promise<LearningRateSearch> {
  const op = 'findLearningRate';
  checkArgument(op, 'model', model, aModule);
  searchOptions(op, options as FindLearningRateOptions);
  const { minLr = 1e-7, maxLr = 10, steps = 100, mode = 'exponential' } = options;
  const { divergence = 4, smoothing = 0.98 } = options;
  if (!(minLr < maxLr))
    throw new ChainruleError(`${op}: minLr must be below maxLr, got ${minLr} and ${maxLr}`);
  const rateAt = (i: number): number => {
    const share = i / (steps - 1);
    return mode === 'linear' ? minLr + (maxLr - minLr) * share : minLr * (maxLr / minLr) ** share;
  };
  const putBack = keep(op, model, options);
  const wasTraining = model.training;
  const setRate = rates(op, options.optimizer);
  const curve: LearningRatePoint[] = [];
  let diverged = false;
  try {
    model.train();
    const { data: _data, ...stepOptions } = options;
    const trainer = new Trainer<B>(model, { ...picked(stepOptions), data: [] }, false);
    const batches = endless(op, options.data);
    let [average, best] = [0, Infinity];
    for (let i = 0; i < steps && !diverged; i++) {
      const batch = await batches.next();
      setRate(rateAt(i));
      const value = await trainer.run(batch.value as B, { first: true, last: true, share: 1 }).loss;
      average = smoothing * average + (1 - smoothing) * value;
      const smoothed = average / (1 - smoothing ** (i + 1));
      if (!Number.isFinite(smoothed)) {
        diverged = true;
      } else {
        curve.push({ lr: rateAt(i), loss: value, smoothed });
        best = Math.min(best, smoothed);
        diverged = i > 0 && divergence !== null && smoothed > divergence * best;
      }
      await breathe();
    }
    await batches.return(undefined);
  } finally {
    putBack();
    if (!wasTraining) model.eval();
  }
  return { suggestion: steepest(curve), minimum: tenthOfMinimum(curve), curve, diverged };
}

function picked<B>(options: Omit<FindLearningRateOptions<B>, 'data'>): Omit<FitOptions<B>, 'data'> {
  const { loss, step, optimizer, clip, compile } = options;
  return {
    optimizer,
    // An exploding loss is expected here.
    onNonFinite: 'ignore',
    ...(loss === undefined ? {} : { loss }),
    ...(step === undefined ? {} : { step }),
    ...(clip === undefined ? {} : { clip }),
    ...(compile === undefined ? {} : { compile }),
  };
}

/** Repeats the batches endlessly. */
async function* endless<B>(
  op: string,
  data: Iterable<B> | AsyncIterable<B>,
): AsyncGenerator<B, undefined> {
  for (;;) {
    let any = false;
    for await (const batch of data) {
      any = true;
      yield batch;
    }
    if (!any) throw nothingIn(op, data, 'batches');
  }
}

/** Saves everything that steps change; returns a function that restores it. */
function keep<B>(
  op: string,
  model: Module,
  { optimizer, data }: Pick<FindLearningRateOptions<B>, 'optimizer' | 'data'>,
): () => void {
  if (optimizer.stateDict === undefined || optimizer.loadStateDict === undefined) {
    throw new ChainruleError(
      `${op}: the optimizer must have stateDict() and loadStateDict(), so that it can be restored`,
    );
  }
  const weights = model.stateDict();
  const before = optimizer.stateDict();
  const random = getRngState();
  const loader = data as Partial<{ stateDict(): unknown; loadStateDict(state: unknown): void }>;
  const place = loader.stateDict?.();
  return () => {
    noGrad(() => model.loadStateDict(weights));
    optimizer.loadStateDict?.(before as never);
    optimizer.zeroGrad();
    loader.loadStateDict?.(place);
    setRngState(random);
  };
}

/** Sets the rate of the first group, and of the others in proportion. */
function rates(op: string, { paramGroups }: OptimizerLike): (lr: number) => void {
  const groups = paramGroups as readonly { lr?: unknown }[];
  const before = groups.map(({ lr }) => {
    if (typeof lr === 'number') return lr;
    throw new ChainruleError(`${op}: the learning rate of every group must be a number`);
  });
  const first = before[0] ?? 0;
  return (lr) => {
    groups.forEach((group, g) => {
      group.lr = first > 0 ? lr * ((before[g] as number) / first) : lr;
    });
  };
}

/** The rate at which the smoothed loss falls fastest from step to step, by central differences. */
function steepest(curve: readonly LearningRatePoint[]): number | null {
  // With few steps, none can be skipped.
  const from = curve.length > 2 * SKIPPED_FIRST ? SKIPPED_FIRST : 0;
  const part = curve.slice(from, curve.length - SKIPPED_LAST);
  let [slope, lr]: [number, number | null] = [0, null];
  for (let i = 1; i + 1 < part.length; i++) {
    const [before, at, after] = part.slice(i - 1, i + 2) as [
      LearningRatePoint,
      LearningRatePoint,
      LearningRatePoint,
    ];
    const here = (after.smoothed - before.smoothed) / 2;
    if (here < slope) [slope, lr] = [here, at.lr];
  }
  return lr;
}

function tenthOfMinimum(curve: readonly LearningRatePoint[]): number | null {
  const least = curve.reduce<LearningRatePoint | null>(
    (best, point) => (best === null || point.smoothed < best.smoothed ? point : best),
    null,
  );
  return least === null ? null : least.lr / 10;
}

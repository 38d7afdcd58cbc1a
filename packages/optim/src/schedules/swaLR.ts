/** @file SWALR: anneals the rate to a constant, at which weights are averaged. */
import { kinds } from '@chainrule/autograd';
import { oneOf } from '../checks.js';
import { LRScheduler } from './schedule.js';
import {
  checkOptimizer,
  perGroup,
  rates,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

/** Options of {@link SWALR}. */
export type SWAOptions = ScheduleOptions & {
  /** The rate at the end; a list gives one a group. */
  readonly swaLr: number | readonly number[];
  /** How many steps the way there takes. */
  readonly annealEpochs?: number;
  readonly annealStrategy?: 'cos' | 'linear';
};

const swaOptions = scheduleOptions<SWAOptions>({
  swaLr: kinds.required(rates),
  annealEpochs: kinds.size,
  annealStrategy: oneOf('cos', 'linear'),
});

/**
 * Moves the current rate of the groups to `swaLr` within `annealEpochs` steps, along a cosine or a line, and keeps it
 * there: for stochastic weight averaging (Izmailov et al. 2018, arXiv:1803.05407), together with {@link
 * ExponentialMovingAverage}.
 *
 * Defaults: annealEpochs 10, annealStrategy 'cos'. PyTorch: `torch.optim.swa_utils.SWALR`.
 * @example new SWALR(optimizer, { swaLr: 0.05, annealEpochs: 5 })
 */
export class SWALR extends LRScheduler {
  /** The learning rates it ends with, one for each group. */
  readonly swaLrs: readonly number[];
  /** How many steps the change takes. */
  readonly annealEpochs: number;
  /** The curve of the change. */
  readonly annealStrategy: 'cos' | 'linear';

  constructor(optimizer: Scheduled, options: SWAOptions) {
    super('SWALR', checkOptimizer('SWALR', optimizer), swaOptions('SWALR', options));
    const { swaLr, annealEpochs = 10, annealStrategy = 'cos' } = options;
    this.swaLrs = perGroup(this.name, 'swaLr', swaLr, optimizer.paramGroups.length);
    this.annealEpochs = annealEpochs;
    this.annealStrategy = annealStrategy;
    this.begin();
  }

  protected override rates(): number[] {
    const step = Math.max(this.stepCount - 1, this.annealEpochs === 0 ? 1 : 0);
    const [before, now] = [this.share(step - 1), this.share(step)];
    return this.rate.map((lr, i) => {
      const end = this.swaLrs[i] as number;
      // The start of the curve that leads through the current rate at this point.
      const start = before === 1 ? end : (lr - before * end) / (1 - before);
      return end * now + start * (1 - now);
    });
  }

  /** The fraction of the curve that is done after `step` steps. */
  private share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.annealStrategy === 'linear' ? t : (1 - Math.cos(Math.PI * t)) / 2;
  }
}

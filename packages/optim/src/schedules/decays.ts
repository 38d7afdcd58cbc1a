/** @file Schedules that lower the rate by factors: StepLR, MultiStepLR, ExponentialLR. */
import { kinds } from '@chainrule/autograd';
import { LRScheduler } from './schedule.js';
import {
  checkOptimizer,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

const stepOptions = scheduleOptions<
  ScheduleOptions & { readonly stepSize: number; readonly gamma?: number }
>({ stepSize: kinds.required(kinds.count), gamma: kinds.finite });
const multiStepOptions = scheduleOptions<
  ScheduleOptions & { readonly milestones: readonly number[]; readonly gamma?: number }
>({
  milestones: kinds.required({
    ...kinds.listOf(kinds.whole),
    must: 'be a list of whole numbers',
  }),
  gamma: kinds.finite,
});
const exponentialOptions = scheduleOptions<ScheduleOptions & { readonly gamma: number }>({
  gamma: kinds.required(kinds.finite),
});

/**
 * Multiplies the rate by `gamma` every `stepSize` steps. Default gamma 0.1. PyTorch: `StepLR`.
 * @example new StepLR(optimizer, { stepSize: 30, gamma: 0.1 })
 */
export class StepLR extends LRScheduler {
  /** After how many steps the learning rate is multiplied. */
  readonly stepSize: number;
  /** The factor after every `stepSize` steps. */
  readonly gamma: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & { readonly stepSize: number; readonly gamma?: number },
  ) {
    super('StepLR', checkOptimizer('StepLR', optimizer), stepOptions('StepLR', options));
    const { stepSize, gamma = 0.1 } = options;
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.begin();
  }

  protected override rates(): number[] {
    const due = this.lastEpoch !== 0 && this.lastEpoch % this.stepSize === 0;
    return due ? this.rate.map((lr) => lr * this.gamma) : this.rate;
  }

  protected override closedForm(): number[] {
    const factor = this.gamma ** Math.floor(this.lastEpoch / this.stepSize);
    return this.baseLrs.map((lr) => lr * factor);
  }
}

/**
 * Multiplies the rate by `gamma` at each of the `milestones`, twice for a milestone listed twice. Default gamma 0.1.
 * PyTorch: `MultiStepLR`.
 * @example new MultiStepLR(optimizer, { milestones: [30, 80] })
 */
export class MultiStepLR extends LRScheduler {
  /** The steps at which it changes. */
  readonly milestones: readonly number[];
  /** The factor at each milestone. */
  readonly gamma: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & { readonly milestones: readonly number[]; readonly gamma?: number },
  ) {
    super(
      'MultiStepLR',
      checkOptimizer('MultiStepLR', optimizer),
      multiStepOptions('MultiStepLR', options),
    );
    const { milestones, gamma = 0.1 } = options;
    this.milestones = [...milestones];
    this.gamma = gamma;
    this.begin();
  }

  protected override rates(): number[] {
    const factor = this.gamma ** this.milestones.filter((m) => m === this.lastEpoch).length;
    return this.rate.map((lr) => lr * factor);
  }

  protected override closedForm(): number[] {
    const factor = this.gamma ** this.milestones.filter((m) => m <= this.lastEpoch).length;
    return this.baseLrs.map((lr) => lr * factor);
  }
}

/**
 * Multiplies the rate by `gamma` at every step. PyTorch: `ExponentialLR`.
 * @example new ExponentialLR(optimizer, { gamma: 0.95 })
 */
export class ExponentialLR extends LRScheduler {
  /** The factor of each step. */
  readonly gamma: number;

  constructor(optimizer: Scheduled, options: ScheduleOptions & { readonly gamma: number }) {
    super(
      'ExponentialLR',
      checkOptimizer('ExponentialLR', optimizer),
      exponentialOptions('ExponentialLR', options),
    );
    const { gamma } = options;
    this.gamma = gamma;
    this.begin();
  }

  protected override rates(): number[] {
    return this.initial ? this.rate : this.rate.map((lr) => lr * this.gamma);
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** this.lastEpoch);
  }
}

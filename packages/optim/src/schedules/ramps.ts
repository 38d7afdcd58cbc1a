/** @file Schedules that lead the rate to a value over a number of steps: ConstantLR, LinearLR, PolynomialLR. */
import { kinds } from '@chainrule/autograd';
import { LRScheduler } from './schedule.js';
import {
  checkOptimizer,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

const constantOptions = scheduleOptions<
  ScheduleOptions & { readonly factor?: number; readonly totalIters?: number }
>({ factor: kinds.fraction, totalIters: kinds.size });
const linearOptions = scheduleOptions<
  ScheduleOptions & {
    readonly startFactor?: number;
    readonly endFactor?: number;
    readonly totalIters?: number;
  }
>({
  startFactor: kinds.kind<number>('be in (0, 1]', (x) => kinds.fraction.test(x) && x > 0),
  endFactor: kinds.fraction,
  totalIters: kinds.count,
});
const polynomialOptions = scheduleOptions<
  ScheduleOptions & { readonly totalIters?: number; readonly power?: number }
>({ totalIters: kinds.count, power: kinds.finite });

/**
 * The rate times `factor` for the first `totalIters` steps, then the rate itself; with `totalIters` 0 the factor stays
 * for good. Defaults: factor 1/3, totalIters 5. PyTorch: `ConstantLR` (which divides by zero for factor 0; here the
 * rate returns to its base).
 * @example new ConstantLR(optimizer, { factor: 0.1, totalIters: 5 })
 */
export class ConstantLR extends LRScheduler {
  /** The factor until then. */
  readonly factor: number;
  /** After how many steps the factor is 1 again. */
  readonly totalIters: number;

  constructor(
    optimizer: Scheduled,
    options?: ScheduleOptions & { readonly factor?: number; readonly totalIters?: number },
  ) {
    checkOptimizer('ConstantLR', optimizer);
    const read = constantOptions('ConstantLR', options);
    super('ConstantLR', optimizer, read);
    const { factor = 1 / 3, totalIters = 5 } = read;
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override rates(): number[] {
    if (this.lastEpoch === 0) return this.rate.map((lr) => lr * this.factor);
    if (this.lastEpoch !== this.totalIters) return this.rate;
    const back = 1 / this.factor;
    return Number.isFinite(back) ? this.rate.map((lr) => lr * back) : [...this.baseLrs];
  }

  protected override closedForm(): number[] {
    const factor = this.lastEpoch >= this.totalIters ? 1 : this.factor;
    return this.baseLrs.map((lr) => lr * factor);
  }
}

/**
 * The rate times a factor that goes from `startFactor` to `endFactor` in a straight line over `totalIters` steps.
 * Defaults: 1/3, 1, 5. PyTorch: `LinearLR`.
 * @example new LinearLR(optimizer, { startFactor: 0.1, totalIters: 10 })
 */
export class LinearLR extends LRScheduler {
  /** The factor at the start. */
  readonly startFactor: number;
  /** The factor at the end. */
  readonly endFactor: number;
  /** After how many steps the factor is `endFactor`. */
  readonly totalIters: number;

  constructor(
    optimizer: Scheduled,
    options?: ScheduleOptions & {
      readonly startFactor?: number;
      readonly endFactor?: number;
      readonly totalIters?: number;
    },
  ) {
    checkOptimizer('LinearLR', optimizer);
    const read = linearOptions('LinearLR', options);
    super('LinearLR', optimizer, read);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = read;
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override rates(): number[] {
    const { lastEpoch, startFactor, endFactor, totalIters } = this;
    if (lastEpoch === 0) return this.rate.map((lr) => lr * startFactor);
    if (this.initial || lastEpoch > totalIters) return this.rate;
    const rise = endFactor - startFactor;
    return this.rate.map(
      (lr) => lr * (1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise)),
    );
  }

  protected override closedForm(): number[] {
    const share = Math.min(this.totalIters, this.lastEpoch) / this.totalIters;
    return this.baseLrs.map(
      (lr) => lr * (this.startFactor + (this.endFactor - this.startFactor) * share),
    );
  }
}

/**
 * The rate times `(1 − t / totalIters) ^ power`, and 0 from then on. Defaults: 5, 1. PyTorch: `PolynomialLR`.
 * @example new PolynomialLR(optimizer, { totalIters: 100, power: 2 })
 */
export class PolynomialLR extends LRScheduler {
  /** After how many steps the learning rate is 0. */
  readonly totalIters: number;
  /** The power of the part of the steps that is left. */
  readonly power: number;

  constructor(
    optimizer: Scheduled,
    options?: ScheduleOptions & { readonly totalIters?: number; readonly power?: number },
  ) {
    checkOptimizer('PolynomialLR', optimizer);
    const read = polynomialOptions('PolynomialLR', options);
    super('PolynomialLR', optimizer, read);
    const { totalIters = 5, power = 1 } = read;
    this.totalIters = totalIters;
    this.power = power;
    this.begin();
  }

  protected override rates(): number[] {
    const { lastEpoch, totalIters, power } = this;
    if (this.initial || lastEpoch > totalIters) return this.rate;
    const factor = ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** power;
    return this.rate.map((lr) => lr * factor);
  }

  protected override closedForm(): number[] {
    const share = Math.min(this.totalIters, this.lastEpoch) / this.totalIters;
    return this.baseLrs.map((lr) => lr * (1 - share) ** this.power);
  }
}

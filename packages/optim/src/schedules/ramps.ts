/** @file Schedules that lead the rate to a value over a number of steps: ConstantLR, LinearLR, PolynomialLR. */
import { count, finite, fraction, type Check } from '../checks.js';
import { checkOptions, LRScheduler, type Scheduled, type ScheduleOptions } from './schedule.js';

const positiveFraction: Check = {
  must: 'be in (0, 1]',
  test: (x) => typeof x === 'number' && x > 0 && x <= 1,
};

/**
 * The rate times `factor` for the first `totalIters` steps, then the rate itself. Defaults: factor 1/3, totalIters 5.
 * PyTorch: `ConstantLR` (which divides by zero for factor 0; here the rate returns to its base).
 */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & { readonly factor?: number; readonly totalIters?: number } = {},
  ) {
    super('ConstantLR', optimizer, options);
    const { factor = 1 / 3, totalIters = 5 } = options;
    checkOptions(this.name, { factor: [factor, fraction], totalIters: [totalIters, count] });
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
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & {
      readonly startFactor?: number;
      readonly endFactor?: number;
      readonly totalIters?: number;
    } = {},
  ) {
    super('LinearLR', optimizer, options);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    checkOptions(this.name, {
      startFactor: [startFactor, positiveFraction],
      endFactor: [endFactor, fraction],
      totalIters: [totalIters, count],
    });
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

/** The rate times `(1 − t / totalIters) ^ power`, and 0 from then on. Defaults: 5, 1. PyTorch: `PolynomialLR`. */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & { readonly totalIters?: number; readonly power?: number } = {},
  ) {
    super('PolynomialLR', optimizer, options);
    const { totalIters = 5, power = 1 } = options;
    checkOptions(this.name, { totalIters: [totalIters, count], power: [power, finite] });
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

/** @file Schedules along a cosine: CosineAnnealingLR, CosineAnnealingWarmRestarts. */
import { checkArgument, kinds } from '@chainrule/autograd';
import { LRScheduler, type ScheduleState } from './schedule.js';
import {
  checkOptimizer,
  refuseRecorded,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

const cosineOptions = scheduleOptions<
  ScheduleOptions & { readonly tMax: number; readonly etaMin?: number }
>({ tMax: kinds.required(kinds.count), etaMin: kinds.finite });
const restartOptions = scheduleOptions<
  ScheduleOptions & { readonly t0: number; readonly tMult?: number; readonly etaMin?: number }
>({ t0: kinds.required(kinds.count), tMult: kinds.count, etaMin: kinds.finite });

/**
 * From the base rate to `etaMin` along half a cosine in `tMax` steps, and then up again along the cosine. Default
 * etaMin 0. PyTorch: `CosineAnnealingLR` (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).
 * @example new CosineAnnealingLR(optimizer, { tMax: epochs })
 */
export class CosineAnnealingLR extends LRScheduler {
  /** How many steps the fall takes. */
  readonly tMax: number;
  /** The lowest learning rate. */
  readonly etaMin: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & { readonly tMax: number; readonly etaMin?: number },
  ) {
    super(
      'CosineAnnealingLR',
      checkOptimizer('CosineAnnealingLR', optimizer),
      cosineOptions('CosineAnnealingLR', options),
    );
    const { tMax, etaMin = 0 } = options;
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.begin();
  }

  // Computed as a ratio to the previous rate, so that it combines with other schedules.
  protected override rates(): number[] {
    const { lastEpoch: t, tMax, etaMin } = this;
    if (this.initial && t <= 0) return this.rate;
    if (this.stepCount === 1 && t > 0) return this.closedForm();
    const at = (s: number): number => 1 + Math.cos((Math.PI * s) / tMax);
    if ((t - 1 - tMax) % (2 * tMax) === 0) {
      const rise = (1 - Math.cos(Math.PI / tMax)) / 2;
      return this.rate.map((lr, i) => lr + ((this.baseLrs[i] as number) - etaMin) * rise);
    }
    return this.rate.map((lr) => (at(t) / at(t - 1)) * (lr - etaMin) + etaMin);
  }

  protected override closedForm(): number[] {
    const share = (1 + Math.cos((Math.PI * this.lastEpoch) / this.tMax)) / 2;
    return this.baseLrs.map((lr) => this.etaMin + (lr - this.etaMin) * share);
  }
}

/**
 * As {@link CosineAnnealingLR}, but back at the base rate after `t0` steps, then after `t0 · tMult`, and so on: warm
 * restarts (Loshchilov & Hutter 2017). Defaults: tMult 1, etaMin 0. PyTorch: `CosineAnnealingWarmRestarts`.
 *
 * `step(epoch)` takes fractions of an epoch: `schedule.step(epoch + batch / batches)`.
 * @example new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 })
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  /** How many steps the first fall takes. */
  readonly t0: number;
  /** The factor of the length of each following fall. */
  readonly tMult: number;
  /** The lowest learning rate. */
  readonly etaMin: number;
  /** The length of the current cycle, and the steps made in it. */
  private length: number;
  private position: number;

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & {
      readonly t0: number;
      readonly tMult?: number;
      readonly etaMin?: number;
    },
  ) {
    super(
      'CosineAnnealingWarmRestarts',
      checkOptimizer('CosineAnnealingWarmRestarts', optimizer),
      restartOptions('CosineAnnealingWarmRestarts', options),
    );
    const { t0, tMult = 1, etaMin = 0 } = options;
    this.t0 = this.length = t0;
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.position = this.lastEpoch;
    this.begin();
  }

  protected override rates(): number[] {
    const share = (1 + Math.cos((Math.PI * this.position) / this.length)) / 2;
    return this.baseLrs.map((lr) => this.etaMin + (lr - this.etaMin) * share);
  }

  override step(epoch: number | null = this.lastEpoch < 0 ? 0 : null): void {
    refuseRecorded(this.name);
    checkArgument(this.name, 'epoch', epoch, kinds.orNull(kinds.nonNegative));
    this.stepCount++;
    if (epoch === null) {
      this.lastEpoch++;
      this.position++;
      if (this.position >= this.length) {
        this.position %= this.length;
        this.length *= this.tMult;
      }
    } else {
      this.jump(epoch);
    }
    this.apply(this.rates());
  }

  private jump(epoch: number): void {
    const { t0, tMult } = this;
    this.lastEpoch = Math.floor(epoch);
    if (epoch < t0 || tMult === 1) {
      this.length = t0;
      this.position = epoch < t0 ? epoch : epoch % t0;
      return;
    }
    const cycles = Math.floor(Math.log((epoch / t0) * (tMult - 1) + 1) / Math.log(tMult));
    this.position = epoch - (t0 * (tMult ** cycles - 1)) / (tMult - 1);
    this.length = t0 * tMult ** cycles;
  }

  protected override more(): Record<string, unknown> {
    return { length: this.length, position: this.position };
  }

  protected override setMore({ length, position }: ScheduleState): void {
    this.length = length as number;
    this.position = position as number;
  }
}

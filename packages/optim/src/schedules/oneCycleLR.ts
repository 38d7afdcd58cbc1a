/** @file OneCycleLR: one rise and one long fall of the rate, and the reverse of the momentum. */
import { ChainruleError, kinds } from '@chainrule/autograd';
import { checkMomentum, setMomentum } from './momentum.js';
import { LRScheduler } from './schedule.js';
import { checkOptimizer, perGroup, rates, scheduleOptions } from './scheduled.js';
import type { Scheduled, ScheduleOptions } from './scheduled.js';

/** Options of {@link OneCycleLR}. */
export interface OneCycleOptions extends ScheduleOptions {
  /** The highest rate, for all groups or for each. */
  readonly maxLr: number | readonly number[];
  /** The number of steps; give this, or `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number;
  /** With `stepsPerEpoch`, in place of `totalSteps`. */
  readonly epochs?: number;
  /** With `epochs`, in place of `totalSteps`. */
  readonly stepsPerEpoch?: number;
  /** The share of the steps in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** The curve of the way down. Default `'cos'`. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** Whether momentum (or β₁) moves between the two values below, opposite to the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** The lowest momentum, at the highest learning rate. Default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** The highest momentum, at the lowest learning rate. Default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** The first rate is `maxLr / divFactor`. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first one divided by this. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Whether the rate first falls back to the initial rate, in as many steps as it rose, and then to the last one. */
  readonly threePhase?: boolean;
}

const oneCycleOptions = scheduleOptions<OneCycleOptions>({
  maxLr: kinds.required(rates),
  totalSteps: kinds.count,
  epochs: kinds.count,
  stepsPerEpoch: kinds.count,
  pctStart: kinds.fraction,
  annealStrategy: kinds.oneOf('cos', 'linear'),
  cycleMomentum: kinds.flag,
  baseMomentum: rates,
  maxMomentum: rates,
  divFactor: kinds.positive,
  finalDivFactor: kinds.positive,
  threePhase: kinds.flag,
});

type Level = 'first' | 'max' | 'last';

/** A phase of the cycle, up to the step `end`: the rates at its start and end, and the momentum at its start and end. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [Level, Level];
  readonly momentum: readonly ['max' | 'base', 'max' | 'base'];
}

/**
 * The one-cycle policy (Smith & Topin 2018, arXiv:1708.07120): from `maxLr / divFactor` up to `maxLr`, then down to almost
 * nothing; call `step()` after every batch. PyTorch: `OneCycleLR`, with its defaults.
 * @example new OneCycleLR(optimizer, { maxLr: 0.1, epochs: 10, stepsPerEpoch: loader.length })
 * @throws {ChainruleError} on more than `totalSteps` steps.
 */
export class OneCycleLR extends LRScheduler {
  /** How many steps the cycle has. */
  readonly totalSteps: number;
  private readonly phases: readonly Phase[];
  private readonly levels: Readonly<Record<Level, readonly number[]>>;
  private readonly momenta: Readonly<Record<'max' | 'base', readonly number[]>> | null;
  private readonly anneal: (from: number, to: number, share: number) => number;

  constructor(optimizer: Scheduled, options: OneCycleOptions) {
    const name = 'OneCycleLR';
    checkOptimizer(name, optimizer);
    const {
      pctStart = 0.3,
      annealStrategy = 'cos',
      cycleMomentum = true,
      threePhase = false,
    } = oneCycleOptions(name, options);
    const {
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
    } = options;
    const total = totalOf(options);
    const n = optimizer.paramGroups.length;
    const max = perGroup(name, 'maxLr', options.maxLr, n);
    const first = max.map((lr) => lr / divFactor);
    if (cycleMomentum) checkMomentum(name, optimizer);
    if ((options.lastEpoch ?? -1) === -1) {
      optimizer.paramGroups.forEach((group, i) => (group.initialLr = first[i] as number));
    }
    super('OneCycleLR', optimizer, options);
    this.totalSteps = total;
    this.levels = { first, max, last: first.map((lr) => lr / finalDivFactor) };
    this.momenta = cycleMomentum
      ? {
          max: perGroup(name, 'maxMomentum', maxMomentum, n),
          base: perGroup(name, 'baseMomentum', baseMomentum, n),
        }
      : null;
    this.phases = phasesOf(total, pctStart, threePhase);
    this.anneal = annealStrategy === 'cos' ? alongCosine : alongLine;
    this.begin();
  }

  protected override rates(): number[] {
    const t = this.lastEpoch;
    if (t > this.totalSteps) {
      throw new ChainruleError(`OneCycleLR: step ${t} of ${this.totalSteps}: the cycle is over`);
    }
    let i = 0;
    while (i < this.phases.length - 1 && t > (this.phases[i] as Phase).end) i++;
    const phase = this.phases[i] as Phase;
    const start = i === 0 ? 0 : (this.phases[i - 1] as Phase).end;
    const share = phase.end === start ? 1 : (t - start) / (phase.end - start);
    const between = <K extends string>(
      table: Readonly<Record<K, readonly number[]>>,
      [from, to]: readonly [K, K],
      g: number,
    ): number => this.anneal(table[from][g] as number, table[to][g] as number, share);
    return this.optimizer.paramGroups.map((group, g) => {
      if (this.momenta !== null) setMomentum(group, between(this.momenta, phase.momentum, g));
      return between(this.levels, phase.lr, g);
    });
  }
}

function totalOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) {
    return totalSteps;
  }
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw new ChainruleError('OneCycleLR: give totalSteps, or epochs and stepsPerEpoch');
  }
  return epochs * stepsPerEpoch;
}

function phasesOf(total: number, pctStart: number, threePhase: boolean): Phase[] {
  const rise: Phase = {
    end: pctStart * total - 1,
    lr: ['first', 'max'],
    momentum: ['max', 'base'],
  };
  if (!threePhase)
    return [rise, { end: total - 1, lr: ['max', 'last'], momentum: ['base', 'max'] }];
  return [
    rise,
    { end: 2 * pctStart * total - 2, lr: ['max', 'first'], momentum: ['base', 'max'] },
    { end: total - 1, lr: ['first', 'last'], momentum: ['max', 'max'] },
  ];
}

/**
 * The usual loop takes one step more than the schedule has. It stays at the end of the line: beyond it the rate is negative.
 */
function alongLine(from: number, to: number, share: number): number {
  return (to - from) * Math.min(share, 1) + from;
}

function alongCosine(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
}

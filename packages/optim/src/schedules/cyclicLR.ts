/** @file CyclicLR: the rate goes up and down between two values. */
import { kinds, type Kind } from '@chainrule/autograd';
import { checkMomentum, setMomentum } from './momentum.js';
import { LRScheduler } from './schedule.js';
import { checkOptimizer, perGroup, rates, scheduleOptions } from './scheduled.js';
import type { Scheduled, ScheduleOptions } from './scheduled.js';

/** Options of {@link CyclicLR}. */
export interface CyclicOptions extends ScheduleOptions {
  /** The lowest learning rate of a cycle, for all groups or for each. */
  readonly baseLr: number | readonly number[];
  /** The highest learning rate of a cycle, for all groups or for each. */
  readonly maxLr: number | readonly number[];
  /** The number of steps in which the rate rises. Default 2000. */
  readonly stepSizeUp?: number;
  /** The number of steps in which it falls. Default: as many as it rises. */
  readonly stepSizeDown?: number | null;
  /** The height of cycles: equal; each half as high as the one before; or `gamma ^ step`. Default `'triangular'`. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** For `'exp_range'`. Default 1. */
  readonly gamma?: number;
  /** In place of `mode`: the height of a cycle from its number (1 for the first), or from the step. */
  readonly scaleFn?: ((x: number) => number) | null;
  /** The argument of `scaleFn`: the cycle or the step. Default `'cycle'`. */
  readonly scaleMode?: 'cycle' | 'iterations';
  /** Whether momentum (or β₁) moves between the two values below, opposite to the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** The lowest momentum, at the highest learning rate. Default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** The highest momentum, at the lowest learning rate. Default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

const cyclicOptions = scheduleOptions<CyclicOptions>({
  baseLr: kinds.required(rates),
  maxLr: kinds.required(rates),
  stepSizeUp: kinds.count,
  stepSizeDown: kinds.orNull(kinds.count),
  mode: kinds.oneOf('triangular', 'triangular2', 'exp_range'),
  gamma: kinds.positive,
  scaleFn: kinds.orNull(kinds.callable) as Kind<((x: number) => number) | null>,
  scaleMode: kinds.oneOf('cycle', 'iterations'),
  cycleMomentum: kinds.flag,
  baseMomentum: rates,
  maxMomentum: rates,
});

/**
 * Cyclical learning rates (Smith 2017, arXiv:1506.01186): straight up from `baseLr` to `maxLr` and down again; call
 * `step()` after every batch. PyTorch: `CyclicLR`, with its defaults.
 * @example new CyclicLR(optimizer, { baseLr: 1e-3, maxLr: 1e-2, stepSizeUp: 500 })
 */
export class CyclicLR extends LRScheduler {
  private readonly maxLrs: readonly number[];
  private readonly momenta: {
    readonly base: readonly number[];
    readonly max: readonly number[];
  } | null;
  private readonly total: number;
  /** The share of the cycle that leads up. */
  private readonly turn: number;
  private readonly scale: (cycle: number, step: number) => number;

  constructor(optimizer: Scheduled, options: CyclicOptions) {
    const name = 'CyclicLR';
    checkOptimizer(name, optimizer);
    const {
      stepSizeUp = 2000,
      stepSizeDown = null,
      mode = 'triangular',
      gamma = 1,
      scaleFn = null,
    } = cyclicOptions(name, options);
    const {
      scaleMode = 'cycle',
      cycleMomentum = true,
      baseMomentum = 0.8,
      maxMomentum = 0.9,
    } = options;
    const n = optimizer.paramGroups.length;
    const baseLrs = perGroup(name, 'baseLr', options.baseLr, n);
    const maxLrs = perGroup(name, 'maxLr', options.maxLr, n);
    if (cycleMomentum) checkMomentum(name, optimizer);
    if ((options.lastEpoch ?? -1) === -1) {
      optimizer.paramGroups.forEach((group, i) => (group.lr = baseLrs[i] as number));
    }
    super('CyclicLR', optimizer, options);
    this.baseLrs = baseLrs;
    this.maxLrs = maxLrs;
    this.momenta = cycleMomentum
      ? {
          base: perGroup(name, 'baseMomentum', baseMomentum, n),
          max: perGroup(name, 'maxMomentum', maxMomentum, n),
        }
      : null;
    this.total = stepSizeUp + (stepSizeDown ?? stepSizeUp);
    this.turn = stepSizeUp / this.total;
    this.scale = scaleOf(mode, gamma, scaleFn, scaleMode);
    this.begin();
  }

  protected override rates(): number[] {
    const t = this.lastEpoch;
    const cycle = Math.floor(1 + t / this.total);
    const x = 1 + t / this.total - cycle;
    const height = x <= this.turn ? x / this.turn : (x - 1) / (this.turn - 1);
    const scale = this.scale(cycle, t);
    return this.optimizer.paramGroups.map((group, i) => {
      if (this.momenta !== null) {
        const [base, max] = [this.momenta.base[i] as number, this.momenta.max[i] as number];
        setMomentum(group, max - (max - base) * height * scale);
      }
      const base = this.baseLrs[i] as number;
      return base + ((this.maxLrs[i] as number) - base) * height * scale;
    });
  }
}

function scaleOf(
  mode: 'triangular' | 'triangular2' | 'exp_range',
  gamma: number,
  scaleFn: ((x: number) => number) | null,
  scaleMode: 'cycle' | 'iterations',
): (cycle: number, step: number) => number {
  if (scaleFn !== null) return (cycle, step) => scaleFn(scaleMode === 'cycle' ? cycle : step);
  if (mode === 'triangular') return () => 1;
  return mode === 'triangular2' ? (cycle) => 1 / 2 ** (cycle - 1) : (_cycle, step) => gamma ** step;
}

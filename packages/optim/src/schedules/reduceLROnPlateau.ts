/** @file ReduceLROnPlateau: lower the rate when a measure no longer improves. */
import {
  ChainruleError,
  guardMethods,
  defineOptions,
  display,
  FormatError,
  kinds,
  Tensor,
} from '@chainrule/autograd';
import { checkOptimizer, perGroup, rates, refuseRecorded, type Scheduled } from './scheduled.js';

/** Options of {@link ReduceLROnPlateau}. */
export interface PlateauOptions {
  /** Whether the measure is better when it is lower (default) or higher. */
  readonly mode?: 'min' | 'max';
  /** The factor for the rate. Default 0.1. */
  readonly factor?: number;
  /** How many steps without improvement to wait for. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  readonly threshold?: number;
  /** Relative to the best measure (default), or absolute. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** How many steps after a reduction are not counted. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate, for all groups or one per group. Default 0. */
  readonly minLr?: number | readonly number[];
  /** The smallest reduction; smaller ones are not made. Default 1e-8. */
  readonly eps?: number;
}

/** The result of {@link ReduceLROnPlateau}'s `stateDict()`. */
export interface PlateauState {
  /** The name of the schedule. */
  readonly schedule: string;
  /** How many times it has stepped. */
  readonly lastEpoch: number;
  /** The best measure so far. */
  readonly best: number;
  /** How many epochs there have been without an improvement. */
  readonly badEpochs: number;
  /** How many epochs of the cooldown are left. */
  readonly cooldownCounter: number;
}

const plateauOptions = defineOptions<PlateauOptions>({
  mode: kinds.oneOf('min', 'max'),
  factor: kinds.decay,
  patience: kinds.size,
  threshold: kinds.nonNegative,
  thresholdMode: kinds.oneOf('rel', 'abs'),
  cooldown: kinds.size,
  minLr: rates,
  eps: kinds.nonNegative,
});

/**
 * Multiplies the rates by `factor` once `step(metric)` has seen more than `patience` measures without an improvement.
 * PyTorch: `ReduceLROnPlateau`, with its defaults. A NaN is not an improvement.
 * @example schedule.step(validationLoss)
 */
export class ReduceLROnPlateau {
  /** The optimizer whose learning rates it sets. */
  readonly optimizer: Scheduled;
  /** How many times it has stepped. */
  lastEpoch = 0;
  private best: number;
  private badEpochs = 0;
  private cooldownCounter = 0;
  private readonly options: Required<Omit<PlateauOptions, 'minLr'>>;
  private readonly minLr: number | readonly number[];

  constructor(optimizer: Scheduled, given?: PlateauOptions) {
    guardMethods(
      this,
      ReduceLROnPlateau.prototype,
      'scheduler',
      (x) => x instanceof ReduceLROnPlateau,
      undefined,
      ['step', 'getLastLr', 'stateDict', 'loadStateDict'],
    );
    const name = 'ReduceLROnPlateau';
    this.optimizer = checkOptimizer(name, optimizer);
    const options = plateauOptions(name, given);
    const {
      mode = 'min',
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = 'rel',
    } = options;
    const { cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    perGroup(name, 'minLr', minLr, optimizer.paramGroups.length);
    this.options = { mode, factor, patience, threshold, thresholdMode, cooldown, eps };
    this.minLr = minLr;
    this.best = mode === 'min' ? Infinity : -Infinity;
  }

  /** Records a measure, and lowers the rates if it is time. */
  step(metric: number | Tensor): void {
    refuseRecorded('ReduceLROnPlateau');
    const value = metric instanceof Tensor ? metric.item() : metric;
    if (typeof value !== 'number') {
      throw new ChainruleError(
        `ReduceLROnPlateau: step needs the measured value, a number; got ${display(value)}`,
      );
    }
    this.lastEpoch++;
    if (this.improves(value)) {
      this.best = value;
      this.badEpochs = 0;
    } else {
      this.badEpochs++;
    }
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.badEpochs = 0;
    }
    if (this.badEpochs > this.options.patience) {
      this.reduce();
      this.cooldownCounter = this.options.cooldown;
      this.badEpochs = 0;
    }
  }

  /** The learning rates of the groups. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** The state, for saving and for `loadStateDict`. */
  stateDict(): PlateauState {
    const { lastEpoch, best, badEpochs, cooldownCounter } = this;
    return { schedule: 'ReduceLROnPlateau', lastEpoch, best, badEpochs, cooldownCounter };
  }

  /** @throws {FormatError} if the state does not fit. Nothing has changed then. */
  loadStateDict(state: PlateauState): void {
    if (state?.schedule !== 'ReduceLROnPlateau') {
      throw new FormatError(
        `ReduceLROnPlateau.loadStateDict: the state belongs to ${display(state?.schedule)}`,
      );
    }
    for (const name of ['lastEpoch', 'best', 'badEpochs', 'cooldownCounter'] as const) {
      if (typeof state[name] !== 'number') {
        throw new FormatError(
          `ReduceLROnPlateau.loadStateDict: ${name} must be a number, got ${display(state[name])}`,
        );
      }
    }
    const { lastEpoch, best, badEpochs, cooldownCounter } = state;
    Object.assign(this, { lastEpoch, best, badEpochs, cooldownCounter });
  }

  private improves(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    if (mode === 'min') {
      return (
        value < (thresholdMode === 'rel' ? this.best * (1 - threshold) : this.best - threshold)
      );
    }
    return value > (thresholdMode === 'rel' ? this.best * (1 + threshold) : this.best + threshold);
  }

  private reduce(): void {
    const { paramGroups } = this.optimizer;
    const minLrs = perGroup('ReduceLROnPlateau', 'minLr', this.minLr, paramGroups.length);
    paramGroups.forEach((group, i) => {
      const lr = Math.max(group.lr * this.options.factor, minLrs[i] as number);
      if (group.lr - lr > this.options.eps) group.lr = lr;
    });
  }
}

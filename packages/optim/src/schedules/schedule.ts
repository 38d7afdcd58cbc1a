/** @file The base of all learning-rate schedules: counts steps and sets the rates of an optimizer's groups. */
import { ChainruleError, FormatError, guardMethods, kinds, passes } from '@chainrule/autograd';
import { display } from '../checks.js';
import {
  checkOptimizer,
  refuseRecorded,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

/** The result of a schedule's `stateDict()`: plain values. Constructor arguments are not part of it. */
export interface ScheduleState {
  /** The name of the schedule. */
  readonly schedule: string;
  /** How many times it has stepped. */
  readonly lastEpoch: number;
  /** How many times `step` was called. */
  readonly stepCount: number;
  /** The learning rates it began with. */
  readonly baseLrs: readonly number[];
  /** The learning rates it last set. */
  readonly lastLr: readonly number[];
  readonly [more: string]: unknown;
}

/** Checks that a state has all entries, with readable values. */
const readable = kinds.kind<ScheduleState>(
  'be a state',
  (x) => kinds.object.test(x) && Object.values(x).length >= 0,
);

/** Methods whose further arguments would be ignored. What calls `step` for any schedule gives it a metric. */
const EXACT = ['getLastLr', 'begin', 'stateDict', 'loadStateDict'];

/**
 * The base of all schedules. PyTorch: `torch.optim.lr_scheduler.LRScheduler`.
 *
 * Your own schedule defines `rates()` at `lastEpoch` and ends its constructor with `begin()`. It then steps and
 * saves, and works in SequentialLR and ChainedScheduler, like any other. Save any other state through `more()` and
 * `setMore()`.
 *
 * The constructor sets the rates of step 0; call `step()` once per epoch, or once per batch, after `optimizer.step()`.
 * Most schedules multiply the current rates of the groups, so several can work on one optimizer.
 *
 * Differences from PyTorch: `stateDict()` holds what changes, not the constructor's arguments; `step()` takes no
 * epoch (except for CosineAnnealingWarmRestarts).
 * @example
 * class InverseRoot extends LRScheduler {
 *   constructor(optimizer) {
 *     super('InverseRoot', optimizer);
 *     this.begin();
 *   }
 *   rates() {
 *     return this.baseLrs.map((lr) => lr / Math.sqrt(this.lastEpoch + 1));
 *   }
 * }
 */
export abstract class LRScheduler {
  /** The class name in messages and states, which a minifier does not change. */
  readonly name: string;
  /** The optimizer whose learning rates it sets. */
  readonly optimizer: Scheduled;
  /** The rates of the groups that the schedule starts from. */
  baseLrs: number[];
  /** The number of steps made. */
  lastEpoch: number;
  /** True while the rates of step 0 are set: schedules that multiply the current rate leave it unchanged then. */
  protected initial = false;
  /** The number of calls of `rates()`, including that of the first step. */
  protected stepCount = 0;
  private last: number[] = [];

  protected constructor(
    name: string,
    optimizer: Scheduled,
    { lastEpoch = -1 }: ScheduleOptions = {},
  ) {
    guardMethods(this, LRScheduler.prototype, 'scheduler', isMade, undefined, EXACT);
    this.name = name;
    this.optimizer = checkOptimizer(name, optimizer);
    this.lastEpoch = lastEpoch;
    for (const [i, group] of optimizer.paramGroups.entries()) {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new ChainruleError(
          `${this.name}: group ${i} has no initialLr to continue from at lastEpoch ${lastEpoch}; load the optimizer's state first`,
        );
      }
    }
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr as number);
  }

  /** The rates of the groups at `lastEpoch`. */
  protected abstract rates(): number[];

  /** The rates at `lastEpoch`, independent of the current rates if there is a formula. */
  protected closedForm(): number[] {
    return this.rates();
  }

  /** The current rates of the groups. */
  protected get rate(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Advances by one step and sets the learning rates. */
  step(): void {
    refuseRecorded(this.name);
    this.stepCount++;
    this.lastEpoch++;
    this.apply(this.rates());
  }

  /** The learning rates that were set last. PyTorch: `get_last_lr`. */
  getLastLr(): number[] {
    return [...this.last];
  }

  /** Sets the rates of the first step; every constructor ends with it. */
  begin(): void {
    this.stepCount = 0;
    this.initial = true;
    try {
      this.step();
    } finally {
      this.initial = false;
    }
  }

  /** @internal Starts again at step 0; SequentialLR calls it at a milestone. */
  restart(): void {
    this.lastEpoch = 0;
    this.apply(this.closedForm());
  }

  /** @internal Undoes the first step. */
  undo(): void {
    this.lastEpoch--;
  }

  /**
   * What changes from step to step, as plain values. The learning rates themselves are part of the optimizer's
   * state.
   */
  stateDict(): ScheduleState {
    const { lastEpoch, stepCount } = this;
    return {
      schedule: this.name,
      lastEpoch,
      stepCount,
      baseLrs: [...this.baseLrs],
      lastLr: [...this.last],
      ...this.more(),
    };
  }

  /**
   * @throws {FormatError} if the state belongs to a different schedule or to different groups. Nothing has changed
   * then.
   */
  loadStateDict(state: ScheduleState): void {
    this.checkState(state);
    this.takeOver(state);
  }

  /** @internal */
  checkState(state: ScheduleState): void {
    const refuse = (why: string): never => {
      throw new FormatError(`${this.name}.loadStateDict: ${why}`);
    };
    if (!passes(readable, state)) refuse(`expected an object, got ${display(state)}`);
    if (state.schedule !== this.name) refuse(`the state belongs to ${display(state.schedule)}`);
    for (const name of ['lastEpoch', 'stepCount', ...Object.keys(this.more())]) {
      const was = this.more()[name];
      const counts = name === 'lastEpoch' || name === 'stepCount';
      const kind = counts ? 'whole number' : typeof was;
      const right = counts ? kinds.whole.test(state[name]) : typeof state[name] === kind;
      if (!right) refuse(`${name} must be a ${kind}, got ${display(state[name])}`);
    }
    for (const name of ['baseLrs', 'lastLr'] as const) {
      const rates: unknown = state[name];
      const n = this.optimizer.paramGroups.length;
      if (
        !Array.isArray(rates) ||
        rates.length !== n ||
        !rates.every((x) => kinds.finite.test(x))
      ) {
        refuse(`${name} must be ${n} numbers, one for each group; got ${display(rates)}`);
      }
    }
  }

  /** @internal */
  takeOver(state: ScheduleState): void {
    this.lastEpoch = state.lastEpoch;
    this.stepCount = state.stepCount;
    this.baseLrs = [...state.baseLrs];
    this.last = [...state.lastLr];
    this.setMore(state);
  }

  /** Values that change from step to step, besides the count. */
  protected more(): Record<string, unknown> {
    return {};
  }

  /** Restores the values that `more()` returned. */
  protected setMore(_state: ScheduleState): void {}

  /** Sets the rates of the groups. */
  protected apply(rates: readonly number[]): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      const rate = rates[i] as number;
      // Rates computed from the previous ones can fall below 0 by accumulated rounding.
      const rounded = rate < 0 && rate > -1e-9 * (this.baseLrs[i] as number);
      group.lr = rounded ? 0 : rate;
    });
    this.noteRates();
  }

  /** Records the current rates of the groups as the last ones that were set. */
  protected noteRates(): void {
    this.last = this.rate;
  }
}

/** Whether `x` is a constructed scheduler, and not only an object with its prototype. */
function isMade(x: unknown): boolean {
  return x instanceof LRScheduler && (x.optimizer as Scheduled | undefined) !== undefined;
}

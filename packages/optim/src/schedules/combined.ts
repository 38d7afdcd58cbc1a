/** @file Combinations of schedules: one after another (SequentialLR), or all at once (ChainedScheduler). */
import {
  byPosition,
  ChainruleError,
  defineOptions,
  display,
  FormatError,
  kinds,
  passes,
  plural,
  reading,
} from '@chainrule/autograd';
import { LRScheduler, type ScheduleState } from './schedule.js';
import {
  checkOptimizer,
  refuseRecorded,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

function isList(x: readonly number[] | undefined): x is readonly number[] {
  return Array.isArray(x);
}

function checkSchedules(
  name: string,
  schedulers: unknown,
  optimizer: Scheduled | null,
): readonly LRScheduler[] {
  if (!passes(kinds.listOf(kinds.object), schedulers) || schedulers.length === 0) {
    throw new ChainruleError(
      `${name}: schedulers must be a list of at least one schedule; got ${display(schedulers)}`,
    );
  }
  const list = schedulers as readonly LRScheduler[];
  const owner =
    optimizer ?? reading(name, 'entry 0 of schedulers', () => list[0]?.optimizer ?? null);
  list.forEach((schedule, i) => {
    if (!reading(name, `entry ${i} of schedulers`, () => schedule instanceof LRScheduler)) {
      throw new ChainruleError(
        `${name}: entry ${i} of schedulers must be a schedule that steps without a measured value`,
      );
    }
    if (schedule.optimizer !== owner) {
      throw new ChainruleError(`${name}: entry ${i} of schedulers belongs to another optimizer`);
    }
  });
  return list;
}

/** The common part of both: their schedules, and operations on all of them. */
abstract class Combined extends LRScheduler {
  /** The schedules it consists of. */
  readonly schedulers: readonly LRScheduler[];

  protected constructor(name: string, optimizer: Scheduled, schedulers: readonly LRScheduler[]) {
    super(name, optimizer);
    this.schedulers = schedulers;
  }

  /** Undoes the last step. */
  override undo(): void {
    super.undo();
    for (const schedule of this.schedulers) schedule.undo();
  }

  protected override rates(): number[] {
    return this.rate;
  }

  /** Refuses a state of another schedule. */
  override checkState(state: ScheduleState): void {
    super.checkState(state);
    const parts = state['schedulers'] as readonly ScheduleState[];
    if (!kinds.array.test(parts) || parts.length !== this.schedulers.length) {
      throw new FormatError(
        `${this.name}.loadStateDict: schedulers must be ${this.schedulers.length} states, got ${display(parts)}`,
      );
    }
    this.schedulers.forEach((schedule, i) => schedule.checkState(parts[i] as ScheduleState));
  }

  protected override more(): Record<string, unknown> {
    return { schedulers: this.schedulers.map((schedule) => schedule.stateDict()) };
  }

  protected override setMore(state: ScheduleState): void {
    (state['schedulers'] as ScheduleState[]).forEach((part, i) =>
      this.schedulers[i]?.takeOver(part),
    );
  }
}

const sequentialOptions = scheduleOptions<
  ScheduleOptions & {
    readonly schedulers: readonly LRScheduler[];
    readonly milestones: readonly number[];
  }
>({ schedulers: kinds.anything, milestones: kinds.anything });
const chainedOptions = byPosition(
  defineOptions<{ readonly schedulers: readonly LRScheduler[] }>({ schedulers: kinds.anything }),
  'schedulers',
);

/**
 * Runs `schedulers` one after another: the next one starts, at its step 0, at each of the `milestones`.
 * PyTorch: `SequentialLR`.
 * @example
 * const warmup = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 10 });
 * const fall = new CosineAnnealingLR(optimizer, { tMax: 90 });
 * new SequentialLR(optimizer, { schedulers: [warmup, fall], milestones: [10] });
 */
export class SequentialLR extends Combined {
  /** The steps at which it changes. */
  readonly milestones: readonly number[];

  constructor(
    optimizer: Scheduled,
    options: ScheduleOptions & {
      readonly schedulers: readonly LRScheduler[];
      readonly milestones: readonly number[];
    },
  ) {
    checkOptimizer('SequentialLR', optimizer);
    const read = sequentialOptions('SequentialLR', options);
    const schedulers = checkSchedules('SequentialLR', read.schedulers, optimizer);
    const milestones: readonly number[] | undefined = read.milestones;
    if (!isList(milestones) || milestones.length !== schedulers.length - 1) {
      throw new ChainruleError(
        `SequentialLR: ${plural(schedulers.length, 'schedule')} must have ${plural(schedulers.length - 1, 'milestone')}, got ${display(milestones)}`,
      );
    }
    super('SequentialLR', optimizer, schedulers);
    this.milestones = [...milestones];
    this.lastEpoch = (options.lastEpoch ?? -1) + 1;
    // The constructors of the schedules have changed the rates. This is undone, and only the first schedule begins.
    for (const group of optimizer.paramGroups) group.lr = group.initialLr as number;
    this.undo();
    this.lastEpoch++;
    this.at(0).begin();
    this.noteRates();
  }

  override step(): void {
    refuseRecorded(this.name);
    this.lastEpoch++;
    const now = this.at(this.lastEpoch);
    if (this.milestones.includes(this.lastEpoch)) now.restart();
    else now.step();
    this.noteRates();
  }

  /** Goes back to the start. */
  override restart(): void {
    this.lastEpoch = 0;
    this.at(0).restart();
    this.noteRates();
  }

  private at(step: number): LRScheduler {
    return this.schedulers[this.milestones.filter((m) => m <= step).length] as LRScheduler;
  }
}

/**
 * Steps all `schedulers` at once; each multiplies the current rate, so their factors multiply. PyTorch:
 * `ChainedScheduler`.
 * @example new ChainedScheduler([new ConstantLR(optimizer), new ExponentialLR(optimizer, { gamma: 0.9 })])
 */
export class ChainedScheduler extends Combined {
  constructor(options: readonly LRScheduler[] | { readonly schedulers: readonly LRScheduler[] }) {
    const { schedulers: given } = chainedOptions('ChainedScheduler', options);
    const schedulers = checkSchedules('ChainedScheduler', given, null);
    super('ChainedScheduler', (schedulers[0] as LRScheduler).optimizer, schedulers);
    this.lastEpoch = 0;
    this.noteRates();
  }

  override step(): void {
    refuseRecorded(this.name);
    this.lastEpoch++;
    for (const schedule of this.schedulers) schedule.step();
    this.noteRates();
  }

  /** Goes back to the start. */
  override restart(): void {
    this.lastEpoch = 0;
    for (const schedule of this.schedulers) schedule.restart();
    this.noteRates();
  }
}

/** @file The interface between schedules and optimizers: groups with learning rates; and the options of schedules. */
import {
  ChainruleError,
  defineOptions,
  isCompiling,
  type Kind,
  kinds,
  type OptionsReader,
  type OptionTable,
  passes,
  plural,
} from '@chainrule/autograd';
import { display, ensure, finite } from '../checks.js';

/** A group as schedules see it. */
export interface ScheduledGroup {
  /** The learning rate. */
  lr: number;
  /** The learning rate it began with. */
  initialLr?: number;
  /** The momentum, which some schedules change. */
  momentum?: unknown;
  /** Adam's coefficients; some schedules change the first. */
  betas?: unknown;
}

/** What a schedule can drive: an optimizer, or anything with groups that have a learning rate. */
export interface Scheduled {
  /** The groups whose learning rates are set. */
  readonly paramGroups: readonly ScheduledGroup[];
}

/** Options of every schedule. */
export interface ScheduleOptions {
  /** The step to resume from; −1, the default, starts a new schedule. */
  readonly lastEpoch?: number;
}

/** A schedule counts in JavaScript: inside a recorded function it would step once, and not at each call. */
export function refuseRecorded(name: string): void {
  if (!isCompiling()) return;
  throw new ChainruleError(
    `${name}: step() in a function that compile records would run once, not at each call; step after the call: ` +
      'train(x, y); schedule.step()',
  );
}

const groups = kinds.listOf(
  kinds.kind('have a learning rate', (x) => typeof (x as { lr?: unknown }).lr === 'number'),
);
const driven = kinds.kind<Scheduled>('be an optimizer', (x) =>
  groups.test((x as Scheduled).paramGroups),
);

/** @throws {ChainruleError} if it has no groups with a learning rate. */
export function checkOptimizer(name: string, optimizer: Scheduled): Scheduled {
  if (!passes(driven, optimizer)) {
    throw new ChainruleError(`${name}: expected an optimizer first, got ${display(optimizer)}`);
  }
  return optimizer;
}

/** Makes a reader for the options of a schedule: its own, and those of every schedule. */
export function scheduleOptions<O extends ScheduleOptions>(
  table: Omit<OptionTable<O>, 'lastEpoch'>,
): OptionsReader<O> {
  return defineOptions<O>({
    ...table,
    lastEpoch: kinds.wholeBetween(-1, Infinity),
  } as unknown as OptionTable<O>);
}

/** One rate for all groups, or one a group. */
export const rates: Kind<number | readonly number[]> = kinds.oneOrMore(kinds.finite);

/** One number for each group, from one number for all or from a list. */
export function perGroup(
  owner: string,
  name: string,
  value: number | readonly number[],
  n: number,
): number[] {
  const list = typeof value === 'number' ? new Array<number>(n).fill(value) : [...value];
  if (list.length !== n) {
    throw new ChainruleError(
      `${owner}: ${name} has ${plural(list.length, 'entry', 'entries')} for ${plural(n, 'group')}; give one for each group, or a number`,
    );
  }
  for (const x of list) ensure(owner, name, x, finite);
  return list;
}

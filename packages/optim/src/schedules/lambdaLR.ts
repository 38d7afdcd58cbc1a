/** @file Schedules by a function of the step: LambdaLR, MultiplicativeLR. */
import { byPosition, ChainruleError, kinds } from '@chainrule/autograd';
import { display, ensure, finite } from '../checks.js';
import { LRScheduler } from './schedule.js';
import {
  checkOptimizer,
  scheduleOptions,
  type Scheduled,
  type ScheduleOptions,
} from './scheduled.js';

type Factor = (epoch: number) => number;

type Factors = Factor | readonly Factor[];

const FACTORS = kinds.kind<Factors>(
  'be a function, or a list of them',
  (x) => typeof x !== 'function' || kinds.callable.test(x), // no class; a list is looked at with the groups
);

const lambdaOptions = byPosition(
  scheduleOptions<ScheduleOptions & { readonly lrLambda: Factors }>({ lrLambda: FACTORS }),
  'lrLambda',
);

/** Options of {@link LambdaLR} and {@link MultiplicativeLR}, or just the function or the list of functions. */
export type LambdaOptions = (ScheduleOptions & { readonly lrLambda: Factors }) | Factors;

/** The common part of both: a function for each group. */
abstract class ByFunction extends LRScheduler {
  /** For each group, the function from the step to the factor. */
  readonly lrLambdas: readonly Factor[];

  protected constructor(name: string, optimizer: Scheduled, options: LambdaOptions) {
    checkOptimizer(name, optimizer);
    const { lrLambda, ...rest } = lambdaOptions(name, options);
    super(name, optimizer, rest);
    const n = optimizer.paramGroups.length;
    const list = typeof lrLambda === 'function' ? new Array<Factor>(n).fill(lrLambda) : lrLambda;
    if (!Array.isArray(list) || list.length !== n || !list.every((f) => typeof f === 'function')) {
      throw new ChainruleError(
        `${name}: lrLambda must be a function, or ${n}, one for each group; got ${display(lrLambda)}`,
      );
    }
    this.lrLambdas = list as readonly Factor[];
    this.begin();
  }

  /** The results of the functions for this step. */
  protected factors(): number[] {
    return this.lrLambdas.map((f) => {
      const factor = f(this.lastEpoch);
      ensure(this.name, `the result of lrLambda for step ${this.lastEpoch}`, factor, finite);
      return factor;
    });
  }
}

/**
 * The base rate times `lrLambda(step)`; a list holds one function per group. PyTorch: `LambdaLR`. Functions are not
 * part of the state.
 * @example new LambdaLR(optimizer, { lrLambda: (step) => Math.min(1, (step + 1) / 100) })
 */
export class LambdaLR extends ByFunction {
  constructor(optimizer: Scheduled, options: LambdaOptions) {
    super('LambdaLR', optimizer, options);
  }

  protected override rates(): number[] {
    const factors = this.factors();
    return this.baseLrs.map((lr, i) => lr * (factors[i] as number));
  }
}

/**
 * The current rate of each group times `lrLambda(step)`, at every step but the first; a list holds one function per
 * group. PyTorch: `MultiplicativeLR`. Functions are not part of the state.
 * @example new MultiplicativeLR(optimizer, { lrLambda: () => 0.95 })
 */
export class MultiplicativeLR extends ByFunction {
  constructor(optimizer: Scheduled, options: LambdaOptions) {
    super('MultiplicativeLR', optimizer, options);
  }

  protected override rates(): number[] {
    if (this.lastEpoch <= 0) return this.rate;
    const factors = this.factors();
    return this.rate.map((lr, i) => lr * (factors[i] as number));
  }
}

/** @file LambdaLR: the rate as any function of the step. */
import { ChainruleError } from '@chainrule/autograd';
import { display } from '../checks.js';
import { LRScheduler, type Scheduled, type ScheduleOptions } from './schedule.js';

type Factor = (epoch: number) => number;

/**
 * The base rate times `lrLambda(step)`; a list gives one function a group. PyTorch: `LambdaLR`. Functions are not part of
 * the state.
 * @example new LambdaLR(optimizer, { lrLambda: (step) => Math.min(1, (step + 1) / 100) })
 */
export class LambdaLR extends LRScheduler {
  readonly lrLambdas: readonly Factor[];

  constructor(
    optimizer: Scheduled,
    options:
      | (ScheduleOptions & { readonly lrLambda: Factor | readonly Factor[] })
      | Factor
      | readonly Factor[],
  ) {
    const given =
      typeof options === 'function' || Array.isArray(options) ? { lrLambda: options } : options;
    const { lrLambda, ...rest } = given as ScheduleOptions & {
      readonly lrLambda: Factor | readonly Factor[];
    };
    super('LambdaLR', optimizer, rest);
    const n = optimizer.paramGroups.length;
    const list = typeof lrLambda === 'function' ? new Array<Factor>(n).fill(lrLambda) : lrLambda;
    if (!Array.isArray(list) || list.length !== n || !list.every((f) => typeof f === 'function')) {
      throw new ChainruleError(
        `LambdaLR: lrLambda must be a function, or ${n}, one a group; got ${display(lrLambda)}`,
      );
    }
    this.lrLambdas = list as readonly Factor[];
    this.begin();
  }

  protected override rates(): number[] {
    return this.baseLrs.map((lr, i) => lr * (this.lrLambdas[i] as Factor)(this.lastEpoch));
  }
}

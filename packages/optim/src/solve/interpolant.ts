/** @file The solution of a differential equation between its steps, as numbers. */
import { ChainruleError, type Tensor } from '@chainrule/autograd';
import type { Flow } from './flow.js';
import { follow, type Limits, type Step } from './stepper.js';
import { vectorOf, type Vector } from './vector.js';

/** @throws {ChainruleError} if a time is outside the interval of the solution. */
export function checkTime(at: number, times: Vector): void {
  const [first, last] = [times[0] as number, times[times.length - 1] as number];
  if (!(at >= Math.min(first, last) && at <= Math.max(first, last))) {
    throw new ChainruleError(
      `odeint: dense(${at}) is outside the times of the solution, ${first} to ${last}`,
    );
  }
}

/** Solves the equation once more, and keeps all steps, to interpolate between them. */
export function interpolant(
  flow: Flow,
  y0: Tensor,
  captured: readonly Tensor[],
  times: Vector,
  limits: Limits,
): (t: number) => Vector {
  const ends: number[] = [];
  const pieces: { t0: number; t1: number; step: Step }[] = [];
  const sign = Math.sign((times[times.length - 1] as number) - (times[0] as number));
  follow(flow.stepper(captured), vectorOf(y0), times, limits, (t0, _y, t1, step) => {
    ends.push(t1 * sign);
    pieces.push({ t0, t1, step });
    return null;
  });
  return (t) => {
    let [low, high] = [0, pieces.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) < t * sign) low = middle + 1;
      else high = middle;
    }
    const { t0, t1, step } = pieces[low] as (typeof pieces)[number];
    return t === t1 ? step.y : step.between((t - t0) / (t1 - t0));
  };
}

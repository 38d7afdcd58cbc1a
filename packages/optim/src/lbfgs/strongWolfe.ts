/** @file The line search of LBFGS: finds a step length that satisfies the strong Wolfe conditions (Nocedal & Wright, 3.5). */
import type { Reading } from './reading.js';
import { dot, largest, type Vector } from './vector.js';

/** A tried step: its length, the loss there, the gradient, and the slope along the direction. */
export interface Trial {
  readonly t: number;
  readonly f: number;
  readonly g: Vector;
  readonly slope: number;
}

export interface LineSearch {
  readonly point: Trial;
  /** The number of times that the loss was computed. */
  readonly evaluations: number;
}

/** The loss must fall by at least this fraction of what the slope predicts. */
const ARMIJO = 1e-4;
/** The magnitude of the slope must shrink to this fraction. */
const CURVATURE = 0.9;

/**
 * Searches along direction `d` from `start` (t = 0), trying length `t` first. As PyTorch's `_strong_wolfe`, step by
 * step: first widen until the minimum is bracketed, then narrow the bracket by cubic interpolation.
 */
export function* strongWolfe(
  evaluate: (t: number) => Reading<{ f: number; g: Vector }>,
  start: Trial,
  first: number,
  d: Vector,
  toleranceChange: number,
  maxTries: number,
): Reading<LineSearch> {
  const at = function* (t: number): Reading<Trial> {
    const { f, g } = yield* evaluate(t);
    return { t, f, g, slope: dot(g, d) };
  };
  const tooHigh = ({ t, f }: Trial): boolean => f > start.f + ARMIJO * t * start.slope;
  const flat = ({ slope }: Trial): boolean => Math.abs(slope) <= -CURVATURE * start.slope;

  let previous = start;
  let now = yield* at(first);
  let evaluations = 1;
  let tries = 0;
  let bracket: [Trial, Trial] | null = null;
  while (tries < maxTries) {
    if (tooHigh(now) || (tries > 1 && now.f >= previous.f)) {
      bracket = [previous, now];
      break;
    }
    if (flat(now)) return { point: now, evaluations };
    if (now.slope >= 0) {
      bracket = [previous, now];
      break;
    }
    const bounds = [now.t + 0.01 * (now.t - previous.t), now.t * 10] as const;
    const t = cubicMinimum(previous, now, bounds);
    previous = now;
    now = yield* at(t);
    evaluations++;
    tries++;
  }
  bracket ??= [start, now];

  const narrowed = yield* narrow(bracket, at, {
    tooHigh,
    flat,
    size: largest(d),
    toleranceChange,
    tries,
    maxTries,
  });
  return { point: narrowed.point, evaluations: evaluations + narrowed.evaluations };
}

interface Narrowing {
  readonly tooHigh: (trial: Trial) => boolean;
  readonly flat: (trial: Trial) => boolean;
  readonly size: number;
  readonly toleranceChange: number;
  readonly tries: number;
  readonly maxTries: number;
}

function* narrow(
  bracket: [Trial, Trial],
  at: (t: number) => Reading<Trial>,
  options: Narrowing,
): Reading<LineSearch> {
  const { tooHigh, flat, size, toleranceChange, maxTries } = options;
  const [a, b] = bracket;
  let { tries } = options;
  let evaluations = 0;
  let [low, high] = a.f <= b.f ? [a, b] : [b, a];
  let [left, right] = bracket;
  let stalled = false;
  while (tries < maxTries && Math.abs(right.t - left.t) * size >= toleranceChange) {
    let t = cubicMinimum(left, right);
    const [min, max] = [Math.min(left.t, right.t), Math.max(left.t, right.t)];
    const margin = 0.1 * (max - min);
    if (Math.min(max - t, t - min) < margin) {
      // If t is outside the bracket, or close to an end for the second time, it moves to a tenth of the width from that end.
      if (stalled || t >= max || t <= min) {
        t = Math.abs(t - max) < Math.abs(t - min) ? max - margin : min + margin;
        stalled = false;
      } else {
        stalled = true;
      }
    } else {
      stalled = false;
    }
    const now = yield* at(t);
    evaluations++;
    tries++;
    const lowIsLeft = low === left;
    let done = false;
    if (tooHigh(now) || now.f >= low.f) {
      [left, right] = lowIsLeft ? [left, now] : [now, right];
      [low, high] = left.f <= right.f ? [left, right] : [right, left];
    } else {
      if (flat(now)) done = true;
      else if (now.slope * (high.t - low.t) >= 0) high = low;
      low = now;
      [left, right] = lowIsLeft ? [low, high] : [high, low];
    }
    if (done) break;
  }
  return { point: low, evaluations };
}

/** The minimum of the cubic through two trials, with their slopes, within bounds (by default between the two). */
function cubicMinimum(x: Trial, y: Trial, bounds?: readonly [number, number]): number {
  const [min, max] = bounds ?? (x.t <= y.t ? [x.t, y.t] : [y.t, x.t]);
  const d1 = x.slope + y.slope - (3 * (x.f - y.f)) / (x.t - y.t);
  const square = d1 * d1 - x.slope * y.slope;
  if (!(square >= 0)) return (min + max) / 2;
  const d2 = Math.sqrt(square);
  const t =
    x.t <= y.t
      ? y.t - (y.t - x.t) * ((y.slope + d2 - d1) / (y.slope - x.slope + 2 * d2))
      : x.t - (x.t - y.t) * ((x.slope + d2 - d1) / (x.slope - y.slope + 2 * d2));
  return Math.min(Math.max(t, min), max);
}

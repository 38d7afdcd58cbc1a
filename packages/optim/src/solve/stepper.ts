/** @file Solves an ordinary differential equation step by step: the loop that both methods share. */
import { ChainruleError } from '@chainrule/autograd';
import type { Vector } from '../lbfgs/vector.js';
import { plus } from './dense.js';
import { isFiniteVector, show } from './vector.js';

/** A step that was tried. */
export interface Step {
  readonly y: Vector;
  /** The estimated error of `y`. */
  readonly error: Vector;
  /** The state at the fraction `s` of the step. */
  readonly between: (s: number) => Vector;
}

/** A one-step method for one equation, at the current values of the tensors that its right-hand side captures. */
export interface Stepper {
  /** The order of the error estimate plus one: the error is proportional to this power of the step length. */
  readonly order: number;
  /** The right-hand side. */
  readonly slope: (t: number, y: Vector) => Vector;
  /** Prepares for steps from `y` at `t`. */
  readonly begin: (t: number, y: Vector) => void;
  /** A step of length `h` from there, or null if it cannot be computed. */
  readonly step: (h: number) => Step | null;
}

export interface Limits {
  readonly rtol: number;
  readonly atol: number;
  readonly maxSteps: number;
  readonly strict: boolean;
}

/** Called for every accepted step; returns the time at which the solution ends, or null. */
export type Watcher = (t0: number, y0: Vector, t1: number, step: Step) => number | null;

export interface Trajectory {
  /** The states at the requested times; NaN for times that were not reached, the final state for times after the end. */
  readonly rows: Vector[];
  readonly steps: number;
  /** The time at which a watcher ended the solution. */
  readonly end: number | null;
}

/** Solves the equation from `times[0]` through all of the times. */
export function follow(
  stepper: Stepper,
  y0: Vector,
  times: Vector,
  limits: Limits,
  watch?: Watcher,
): Trajectory {
  const { rtol, atol, maxSteps, strict } = limits;
  const last = times[times.length - 1]!;
  const sign = Math.sign(last - times[0]!);
  for (let i = 1; i < times.length; i++) checkOrder(times, i, sign);
  const scaled = (error: Vector, a: Vector, b: Vector): number => {
    let sum = 0;
    for (let i = 0; i < error.length; i++) {
      const scale = atol + rtol * Math.max(Math.abs(a[i]!), Math.abs(b[i]!));
      sum += (error[i]! / scale) ** 2;
    }
    return Math.sqrt(sum / Math.max(1, error.length));
  };
  let t = times[0]!;
  let y = y0;
  const rows = [y];
  let steps = 0;
  const fail = (why: string): Trajectory => {
    if (strict) {
      throw new ChainruleError(
        `odeint: ${why} after ${steps} steps, at t = ${t}, where the last good state is ${show(y)}`,
      );
    }
    while (rows.length < times.length) rows.push(new Float64Array(y0.length).fill(NaN));
    return { rows, steps, end: null };
  };
  if (!isFiniteVector(stepper.slope(t, y))) return fail('the right-hand side is not finite');
  let h = sign * firstStep(stepper, t, y, Math.abs(last - t), scaled);
  let before = 1e-4;
  let rejected = false;
  stepper.begin(t, y);
  while ((last - t) * sign > 0) {
    if (steps >= maxSteps) return fail(`maxSteps (${maxSteps}) was reached`);
    if (!(Math.abs(h) > 1e-14 * Math.max(Math.abs(t), Math.abs(last) * 1e-2, 1e-290))) {
      const why =
        'no step is short enough: the solution may blow up, or jump, or be stiff (method: "rodas")';
      return fail(why);
    }
    const remaining = last - t;
    const isLast = Math.abs(h) >= Math.abs(remaining) * (1 - 1e-12);
    const tried = stepper.step(isLast ? remaining : h);
    const length = isLast ? remaining : h;
    steps++;
    const size = tried !== null && isFiniteVector(tried.y) ? scaled(tried.error, y, tried.y) : NaN;
    if (tried === null || !(size <= 1)) {
      const factor = Number.isFinite(size)
        ? Math.max(0.2, 0.9 * size ** (-1 / stepper.order))
        : 0.2;
      h = length * factor;
      rejected = true;
      continue;
    }
    const next = isLast ? last : t + length;
    const stop = watch?.(t, y, next, tried) ?? null;
    const until = stop ?? next;
    while (rows.length < times.length && (times[rows.length]! - until) * sign <= 0) {
      const at = times[rows.length]!;
      rows.push(at === next ? tried.y : tried.between((at - t) / (next - t)));
    }
    if (stop !== null) {
      const state = stop === next ? tried.y : tried.between((stop - t) / (next - t));
      while (rows.length < times.length) rows.push(state);
      return { rows, steps, end: stop };
    }
    // A controller with memory (Gustafsson 1991) keeps the step lengths from oscillating.
    const e = Math.max(size, 1e-10);
    const grow = 0.9 * e ** (-0.7 / stepper.order) * before ** (0.4 / stepper.order);
    h = length * Math.min(rejected ? 1 : 10, Math.max(0.2, grow));
    before = e;
    rejected = false;
    [t, y] = [next, tried.y];
    if ((last - t) * sign > 0) stepper.begin(t, y);
  }
  return { rows, steps, end: null };
}

/** @throws {ChainruleError} unless the i-th time comes after the one before it. */
function checkOrder(times: Vector, i: number, sign: number): void {
  if (sign === 0 || Math.sign(times[i]! - times[i - 1]!) !== sign) {
    throw new ChainruleError(
      `odeint: times must only increase or only decrease; time ${i} is ${times[i]} after ${times[i - 1]}`,
    );
  }
}

/** The first step length: one over which the solution changes little (Hairer, Nørsett & Wanner, II.4). */
function firstStep(
  { slope, order }: Stepper,
  t: number,
  y: Vector,
  maxStep: number,
  scaled: (x: Vector, a: Vector, b: Vector) => number,
): number {
  const f = slope(t, y);
  const [size, speed] = [scaled(y, y, y), scaled(f, y, y)];
  const guess = Math.min(maxStep, size < 1e-5 || speed < 1e-5 ? 1e-6 : (0.01 * size) / speed);
  const ahead = slope(t, plus(y, guess, f));
  const bend = isFiniteVector(ahead) ? scaled(plus(ahead, -1, f), y, y) / guess : Infinity;
  const largest = Math.max(speed, bend);
  const second = largest <= 1e-15 ? Math.max(1e-6, guess * 1e-3) : (0.01 / largest) ** (1 / order);
  return Math.min(100 * guess, second, maxStep);
}

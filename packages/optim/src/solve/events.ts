/** @file Events of a solution: points where a function of time and state changes its sign. */
import { closureConvert, display, scalar } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { ChainruleError } from '@chainrule/autograd';
import type { Vector } from '../lbfgs/vector.js';
import type { Watcher } from './stepper.js';
import { evaluator, single, tensorOf, type Ravelled } from './vector.js';

/** A function of time and state, alone or with options. */
export type EventFunction<T = Tensor> =
  | ((t: Tensor, y: T) => Tensor)
  | {
      /** The function whose sign is watched. */
      readonly when: (t: Tensor, y: T) => Tensor;
      /** Whether the solution ends there. Default false. */
      readonly terminal?: boolean;
      /** Which crossings count: 1 for rising, −1 for falling, 0 (the default) for both. */
      readonly direction?: -1 | 0 | 1;
    };

/** An event whose state is a vector. */
export interface Watched {
  readonly when: (t: Tensor, y: Tensor) => Tensor;
  readonly value: (t: number, y: Vector) => number;
  readonly terminal: boolean;
  readonly direction: number;
}

/** The time and state of an event. */
export interface Found {
  readonly t: number;
  readonly y: Vector;
}

/** @throws {ChainruleError} if an event is neither a function nor an object with one. */
export function eventsOf<T>(
  given: EventFunction<T> | readonly EventFunction<T>[] | undefined,
  { unravel, vector, dtype }: Ravelled<T>,
): Watched[] {
  const list = given === undefined ? [] : Array.isArray(given) ? (given as unknown[]) : [given];
  return (list as readonly EventFunction<T>[]).map((event, i): Watched => {
    const {
      when,
      terminal = false,
      direction = 0,
    } = typeof event === 'function' ? { when: event } : (event ?? {});
    if (
      typeof when !== 'function' ||
      typeof terminal !== 'boolean' ||
      ![-1, 0, 1].includes(direction)
    ) {
      throw new ChainruleError(
        `odeint: event ${i} must be a function or { when, terminal, direction }; got ${display(event)}`,
      );
    }
    const at = (t: Tensor, y: Tensor): Tensor => single('odeint', when(t, unravel(y)), y);
    const [g, captured] = closureConvert<[Tensor, Tensor], Tensor>(
      at,
      scalar(0, { dtype }),
      vector,
    );
    const evaluate = evaluator((t, y, ...others) => [g([t, y], others)]);
    const value = (t: number, y: Vector): number =>
      evaluate(
        tensorOf(Float64Array.of(t), dtype, []),
        tensorOf(y, dtype),
        ...captured,
      )[0]?.[0] as number;
    return { when: at, value, terminal, direction };
  });
}

/** Makes a watcher of steps that records the events in them. */
export function watcherOf(events: readonly Watched[]): { watch: Watcher; found: Found[][] } {
  const found: Found[][] = events.map(() => []);
  const last: (number | null)[] = events.map(() => null);
  const watch: Watcher = (t0, y0, t1, step) => {
    const crossings: { k: number; t: number; y: Vector }[] = [];
    events.forEach(({ value, direction }, k) => {
      const isFirst = last[k] === null;
      const before = last[k] ?? value(t0, y0);
      const after = value(t1, step.y);
      last[k] = after;
      if (isFirst && before === 0) {
        // The event is at the start; its direction is that in which the function continues.
        if (direction === 0 || after === 0 || Math.sign(after) === direction)
          crossings.push({ k, t: t0, y: y0 });
        return;
      }
      const crosses = before !== 0 && Math.sign(before) !== Math.sign(after);
      if (!crosses || (direction !== 0 && Math.sign(after - before) !== direction)) return;
      const at = (s: number): Vector => (s === 1 ? step.y : step.between(s));
      const s = crossing((share) => value(t0 + share * (t1 - t0), at(share)), before, after);
      crossings.push({ k, t: s === 1 ? t1 : t0 + s * (t1 - t0), y: at(s) });
    });
    crossings.sort((a, b) => Math.abs(a.t - t0) - Math.abs(b.t - t0));
    for (const { k, t, y } of crossings) {
      found[k]?.push({ t, y });
      if (events[k]?.terminal === true) return t;
    }
    return null;
  };
  return { watch, found };
}

/**
 * The root of `g` in [0, 1], where `before` and `after`, the values at the ends, have different signs: the Illinois variant
 * of regula falsi.
 */
function crossing(g: (s: number) => number, before: number, after: number): number {
  let [a, fa, b, fb] = [0, before, 1, after];
  if (fb === 0) return 1;
  for (let i = 0; i < 200 && Math.abs(b - a) > 1e-15; i++) {
    // Every third iteration bisects, so that the interval shrinks for any function.
    const s = i % 3 === 2 ? (a + b) / 2 : b - (fb * (b - a)) / (fb - fa);
    const f = g(s);
    if (f === 0) return s;
    if (Math.sign(f) !== Math.sign(fb)) [a, fa] = [b, fb];
    else fa /= 2;
    [b, fb] = [s, f];
  }
  return b;
}

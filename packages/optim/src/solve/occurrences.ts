/** @file The events that were found, as tensors, and the event that ended the solution. */
import { closureConvert, type Tensor } from '@chainrule/autograd';
import type { Found, Watched } from './events.js';
import { implicit } from './implicit.js';
import { tensorOf, vectorOf } from './vector.js';

/** The event that ended the solution. */
export function terminalOf(
  watched: readonly Watched[],
  found: readonly (readonly Found[])[],
  end: number | null,
): { k: number; i: number; t: number; sign: (t: Tensor) => number } | null {
  if (end === null) return null;
  const k = watched.findIndex(({ terminal }, j) => terminal && found[j]?.at(-1)?.t === end);
  const sign = (t: Tensor): number => {
    const all = vectorOf(t);
    return Math.sign((all[all.length - 1] as number) - (all[0] as number));
  };
  return { k, i: (found[k]?.length ?? 0) - 1, t: end, sign };
}

/** An event as tensors; with `stateAt`, its time and state are functions of everything that the solution depends on. */
export function occurrence(
  { t, y }: Found,
  { when }: Watched,
  dtype: 'float32' | 'float64',
  stateAt: ((t: Tensor) => Tensor) | null,
): { t: Tensor; y: Tensor } {
  const time = tensorOf(Float64Array.of(t), dtype);
  if (stateAt === null) return { t: time.reshape([]), y: tensorOf(y, dtype) };
  const [g, captured] = closureConvert((v: Tensor) => {
    const at = v.reshape([]);
    return when(at, stateAt(at)).reshape([1]);
  }, time);
  const exact = implicit({
    name: 'odeint',
    equation: (v, others) => g([v], others),
    captured,
    x0: time,
    // A copy: the start is a constant, but the time is not if it is differentiated again.
    solve: (start) => [tensorOf(vectorOf(start), dtype)],
    like: [time],
  }).reshape([]);
  return { t: exact, y: stateAt(exact) };
}

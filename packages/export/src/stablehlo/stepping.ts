/** @file Loops in StableHLO: `while`, and reading and writing elements of sequences in its steps. */
import { list, type Value, type Writer } from './writer.js';

/** Writes a `while` over some values. */
export function loopOver(
  w: Writer,
  state: readonly Value[],
  goesOn: (w: Writer, xs: readonly Value[]) => Value,
  step: (w: Writer, xs: readonly Value[]) => readonly Value[],
): Value[] {
  return w.emitAll('stablehlo.while', state, state, '', [
    w.region(state, (v, xs) => [goesOn(v, xs)]),
    w.region(state, (v, xs) => step(v, xs)),
  ]);
}

/** One element of a sequence. */
export function elementAt(w: Writer, x: Value, t: Value): Value {
  const [, ...rest] = x.shape;
  const zero = w.constant(0, 'i32');
  const slice = w.emit(
    'stablehlo.dynamic_slice',
    [x, t, ...rest.map(() => zero)],
    [1, ...rest],
    x.type,
    `slice_sizes = ${list([1, ...rest])}`,
  );
  return w.reshape(slice, rest);
}

/** `whole` with element `t` replaced by `part`. */
export function put(w: Writer, whole: Value, part: Value, t: Value): Value {
  const zero = w.constant(0, 'i32');
  const given = w.reshape(part, [1, ...part.shape]);
  return w.emit(
    'stablehlo.dynamic_update_slice',
    [whole, given, t, ...part.shape.map(() => zero)],
    whole.shape,
    whole.type,
  );
}

/**
 * `h = a h + b` along a dimension from `h = 0`; the product is 0 if h is 0, whatever `a` is. It runs step by step, as
 * products of several `a` could overflow where `h` does not.
 */
export function recurrence(w: Writer, a: Value, b: Value, dim: number, reverse: boolean): Value {
  const n = a.shape[dim] as number;
  if (n < 2) return b;
  const swapped = a.shape.map((_, d) => (d === 0 ? dim : d === dim ? 0 : d));
  const turned = (x: Value): Value => (dim === 0 ? x : w.transpose(x, swapped));
  const [p, q] = [turned(a), turned(b)];
  const zero = w.constant(0, q.type, q.shape.slice(1));
  const state = [w.constant(0, 'i32'), zero, w.constant(0, q.type, q.shape), p, q];
  const results = loopOver(
    w,
    state,
    (v, [i]) => v.compare('LT', i as Value, v.constant(n, 'i32')),
    (v, xs) => {
      const [i, h, all, factors, terms] = xs as [Value, Value, Value, Value, Value];
      const t = reverse ? v.map('subtract', v.constant(n - 1, 'i32'), i) : i;
      const none = v.constant(0, h.type, h.shape);
      const product = v.map('multiply', elementAt(v, factors, t), h);
      const kept = v.select(v.compare('EQ', h, none), none, product);
      const next = v.map('add', kept, elementAt(v, terms, t));
      return [v.map('add', i, v.constant(1, 'i32')), next, put(v, all, next, t), factors, terms];
    },
  );
  return turned(results[2] as Value);
}

/** The greatest common divisor of integers, by Euclid's algorithm, until all are found. */
export function commonDivisor(w: Writer, x: Value, y: Value): Value {
  const number = (v: Writer, n: number): Value => v.constant(n, x.type, x.shape);
  const dims = x.shape.map((_, d) => d);
  const [found] = loopOver(
    w,
    [x, y],
    (v, [, b]) => v.reduce('or', v.compare('NE', b as Value, number(v, 0)), 0, dims),
    (v, [a, b]) => {
      const [high, low] = [a as Value, b as Value];
      const done = v.compare('EQ', low, number(v, 0));
      const rest = v.map('remainder', high, v.select(done, number(v, 1), low));
      return [v.select(done, high, low), v.select(done, low, rest)];
    },
  );
  return w.map('abs', found as Value);
}

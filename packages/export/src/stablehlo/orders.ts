/** @file Sort orders, medians and running extremes in StableHLO. */
import { extremes, type Rules } from './rule.js';
import { counting, type Value, type Writer } from './writer.js';
import { running } from './running.js';

/** The comparator of a sort; NaN is larger than all numbers. */
function before(w: Writer, x: Value, descending: boolean): string {
  const one = { shape: [], type: x.type };
  const place = { shape: [], type: 'i32' as const };
  return w.region([one, one, place, place], (v, [p, q]) => {
    const [a, b] = (descending ? [q, p] : [p, q]) as [Value, Value];
    const less = v.compare('LT', a, b);
    if (!isFloat(x)) return [less];
    const last = v.map('and', v.compare('NE', b, b), v.compare('EQ', a, a));
    return [v.map('or', less, last)];
  });
}

const isFloat = ({ type }: Value): boolean => type === 'f32' || type === 'f64';

/**
 * Sorts along a dimension; returns the elements and their original indices. −0 and 0 are equal, and equal elements keep their
 * order.
 */
function sorted(w: Writer, x: Value, dim: number, descending = false): [Value, Value] {
  return w.emitAll(
    'stablehlo.sort',
    [x, w.iota(x.shape, dim)],
    [x, { shape: x.shape, type: 'i32' }],
    `dimension = ${dim} : i64, is_stable = true`,
    [before(w, x, descending)],
  ) as [Value, Value];
}

/** The element of `x` along `dim` at the index `at`, which lacks that dimension. */
function chosen(w: Writer, x: Value, dim: number, at: Value): Value {
  const rest = counting(x.shape.length).filter((d) => d !== dim);
  const there = w.compare('EQ', w.iota(x.shape, dim), w.place(at, x.shape, rest));
  return w.reduce('add', w.select(there, x, w.constant(0, x.type, x.shape)), 0, [dim]);
}

/** The index of the lower median among the sorted elements; with NaN that of the first NaN, unless NaN is skipped. */
function middle(w: Writer, x: Value, dim: number, skip: boolean): Value {
  const n = x.shape[dim] as number;
  const shape = x.shape.filter((_, d) => d !== dim);
  const whole = w.constant(Math.floor((n - 1) / 2), 'i32', shape);
  if (!isFloat(x)) return whole;
  const count = w.reduce('add', w.convert(w.compare('EQ', x, x), 'i32'), 0, [dim]);
  if (!skip) return w.select(w.compare('LT', count, w.constant(n, 'i32', shape)), count, whole);
  const one = w.constant(1, 'i32', shape);
  const half = w.map(
    'divide',
    w.map('subtract', w.map('maximum', count, one), one),
    w.constant(2, 'i32', shape),
  );
  return half;
}

function medianPlace(w: Writer, x: Value, dim: number, skip: boolean): Value {
  return chosen(w, sorted(w, x, dim)[1], dim, middle(w, x, dim, skip));
}

/**
 * The last index of the most frequent element (of several, the smallest), found by comparing all elements with all; NaN never
 * counts.
 */
function modePlace(w: Writer, x: Value, dim: number): Value {
  const rank = x.shape.length;
  const all = [...x.shape, x.shape[dim] as number];
  const rest = counting(rank).filter((d) => d !== dim);
  const spread = (y: Value): Value => w.place(y, x.shape, rest);
  const others = w.place(
    x,
    all,
    counting(rank).map((d) => (d === dim ? rank : d)),
  );
  const equal = w.compare('EQ', w.place(x, all, counting(rank)), others);
  const counts = w.reduce('add', w.convert(equal, 'i32'), 0, [rank]);
  const most = spread(w.reduce('maximum', counts, 0, [dim]));
  const frequent = w.map('and', w.compare('EQ', counts, most), w.compare('EQ', x, x));
  const { largest } = extremes(x.type);
  const candidates = w.select(frequent, x, w.constant(largest, x.type, x.shape));
  const value = spread(w.reduce('minimum', candidates, largest, [dim]));
  const there = w.compare('EQ', x, value);
  const places = w.select(there, w.iota(x.shape, dim), w.constant(0, 'i32', x.shape));
  return w.reduce('maximum', places, 0, [dim]);
}

export const orderRules: Rules = {
  argsort: (w, [x], { attributes: { dim, descending } }) =>
    sorted(w, x as Value, dim, descending)[1],
  argmedian: (w, [x], { attributes: { dim }, shape }) =>
    w.reshape(medianPlace(w, x as Value, dim, false), shape),
  argnanmedian: (w, [x], { attributes: { dim }, shape }) =>
    w.reshape(medianPlace(w, x as Value, dim, true), shape),
  argmode: (w, [x], { attributes: { dim }, shape }) =>
    w.reshape(modePlace(w, x as Value, dim), shape),
  median(w, [x], { attributes: { dims }, shape }) {
    const from = x as Value;
    const kept = counting(from.shape.length).filter((d) => !dims.includes(d));
    const turned = w.transpose(from, [...kept, ...dims]);
    const sizes = kept.map((d) => from.shape[d] as number);
    const count = dims.reduce((n, d) => n * (from.shape[d] as number), 1);
    const rows = w.reshape(turned, [...sizes, count]);
    const [values] = sorted(w, rows, kept.length);
    const at = middle(w, rows, kept.length, false);
    const there = w.compare(
      'EQ',
      w.iota(rows.shape, kept.length),
      w.place(at, rows.shape, counting(kept.length)),
    );
    // The elements that are not chosen become the least number, so the maximum is the chosen one.
    const { least } = extremes(rows.type);
    const only = w.select(there, values, w.constant(least, rows.type, rows.shape));
    return w.reshape(w.reduce('maximum', only, least, [kept.length]), shape);
  },
  cumulativeExtreme(w, [x], { attributes: { dim, sign } }) {
    const from = x as Value;
    const { least, largest } = extremes(from.type);
    const best = running(
      w,
      sign > 0 ? 'maximum' : 'minimum',
      from,
      sign > 0 ? least : largest,
      dim,
    );
    // The last index whose element was the best so far, or NaN.
    const equal = w.compare('EQ', from, best);
    const reached = isFloat(from) ? w.map('or', equal, w.compare('NE', from, from)) : equal;
    const places = w.select(reached, w.iota(from.shape, dim), w.constant(0, 'i32', from.shape));
    return running(w, 'maximum', places, 0, dim);
  },
};

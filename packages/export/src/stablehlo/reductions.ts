/** @file Sums, extremes and their indices, running sums, and distances, in StableHLO. */
import { elementType, extremes, type Rules } from './rule.js';
import { logaddexp } from './elements.js';
import { running } from './running.js';
import { recurrence } from './stepping.js';
import { counting, type Value, type Writer } from './writer.js';

interface Folded {
  readonly attributes: { readonly dims: readonly number[] };
  readonly shape: readonly number[];
}

function fold(w: Writer, op: string, x: Value, start: number, node: Folded): Value {
  return w.reshape(w.reduce(op, x, start, node.attributes.dims), node.shape);
}

/** The first index of the largest or smallest element; NaN counts as either. */
function position(w: Writer, x: Value, dim: number, largest: boolean): Value {
  const { least, largest: most } = extremes(x.type);
  const best = w.reduce(largest ? 'maximum' : 'minimum', x, largest ? least : most, [dim]);
  const rest = counting(x.shape.length).filter((d) => d !== dim);
  const there = w.compare('EQ', x, w.place(best, x.shape, rest));
  const chosen =
    x.type === 'f32' || x.type === 'f64' ? w.map('or', there, w.compare('NE', x, x)) : there;
  const none = w.constant(2147483647, 'i32', x.shape);
  return w.reduce('minimum', w.select(chosen, w.iota(x.shape, dim), none), 2147483647, [dim]);
}

export const reductionRules: Rules = {
  sum: (w, [x], node) => fold(w, 'add', w.convert(x as Value, elementType(node.dtype)), 0, node),
  prod: (w, [x], node) =>
    fold(w, 'multiply', w.convert(x as Value, elementType(node.dtype)), 1, node),
  max: (w, [x], node) => fold(w, 'maximum', x as Value, extremes((x as Value).type).least, node),
  min: (w, [x], node) => fold(w, 'minimum', x as Value, extremes((x as Value).type).largest, node),
  argmax: (w, [x], { attributes: { dim }, shape }) =>
    w.reshape(position(w, x as Value, dim, true), shape),
  argmin: (w, [x], { attributes: { dim }, shape }) =>
    w.reshape(position(w, x as Value, dim, false), shape),
  cumsum: (w, [x], { attributes: { dim, reverse }, dtype }) =>
    running(w, 'add', w.convert(x as Value, elementType(dtype)), 0, dim, reverse),
  cumprod: (w, [x], { attributes: { dim }, dtype }) =>
    running(w, 'multiply', w.convert(x as Value, elementType(dtype)), 1, dim),
  linearRecurrence: (w, [a, b], { attributes: { dim, reverse } }) =>
    recurrence(w, a as Value, b as Value, dim, reverse),
  logcumsumexp: (w, [x], { attributes: { dim } }) =>
    running(w, (v, p, q) => logaddexp(v, p, q, Math.E), x as Value, -Infinity, dim),
  rowDistances(w, [a, b], { attributes: { norm }, shape }) {
    const [x, y] = [a as Value, b as Value];
    const full = [...shape, x.shape.at(-1) as number];
    const lead = counting(shape.length - 2);
    const [p, r, m] = [shape.length - 2, shape.length - 1, shape.length];
    const d = w.map(
      'subtract',
      w.place(x, full, [...lead, p, m]),
      w.place(y, full, [...lead, r, m]),
    );
    if (norm === 'l2') return w.map('sqrt', w.reduce('add', w.map('multiply', d, d), 0, [m]));
    return w.reduce(norm === 'l1' ? 'add' : 'maximum', w.map('abs', d), 0, [m]);
  },
  rowPulls(w, [a, b, c], { attributes: { transposed }, shape }) {
    const [weights, x, y] = [a as Value, b as Value, c as Value];
    const [r, m] = [y.shape.at(-2) as number, y.shape.at(-1) as number];
    const full = [...shape.slice(0, -1), r, m];
    const lead = counting(shape.length - 2);
    const [row, other, inner] = [shape.length - 2, shape.length - 1, shape.length];
    const wide = w.place(weights, full, [...lead, ...(transposed ? [other, row] : [row, other])]);
    const d = w.map(
      'subtract',
      w.place(x, full, [...lead, row, inner]),
      w.place(y, full, [...lead, other, inner]),
    );
    return w.reduce('add', w.map('multiply', wide, d), 0, [other]);
  },
  searchsorted(w, [sorted, x], { attributes: { right }, shape }) {
    const [list_, given] = [sorted as Value, x as Value];
    const n = list_.shape.at(-1) as number;
    const full = [...given.shape, n];
    const all = w.place(
      list_,
      full,
      counting(list_.shape.length).map((d) => (d === list_.shape.length - 1 ? full.length - 1 : d)),
    );
    const one = w.place(given, full, counting(given.shape.length));
    const smaller = right ? w.map('not', w.compare('LT', one, all)) : w.compare('LT', all, one);
    return w.reshape(w.reduce('add', w.convert(smaller, 'i32'), 0, [full.length - 1]), shape);
  },
};

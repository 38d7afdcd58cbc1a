/** @file Operations that move elements, in StableHLO. */
import { elementType, type Rules } from './rule.js';
import { counting, list, type Value, type Writer } from './writer.js';

/** Reverses some dimensions. */
function reverse(w: Writer, x: Value, dims: readonly number[]): Value {
  if (dims.length === 0) return x;
  return w.emit('stablehlo.reverse', [x], x.shape, x.type, `dimensions = ${list(dims)}`);
}

export const movementRules: Rules = {
  reshape: (w, [x], { shape }) => w.reshape(x as Value, shape),
  recompute: (w, [x]) =>
    w.emit('stablehlo.optimization_barrier', [x as Value], (x as Value).shape, (x as Value).type),
  assertBetween: (_w, [x]) => x as Value,
  expand: (w, [x], { shape }) => w.expand(x as Value, shape),
  permute: (w, [x], { attributes: { dims } }) => w.transpose(x as Value, dims),
  slice(w, [x], { attributes: { start, step }, shape }) {
    const from = x as Value;
    const back = counting(shape.length).filter(
      (d) => (step[d] as number) < 0 && (shape[d] as number) > 0,
    );
    const turned = reverse(w, from, back);
    const begin = start.map((s, d) => (back.includes(d) ? (from.shape[d] as number) - 1 - s : s));
    const strides = step.map(Math.abs);
    const limit = begin.map((s, d) =>
      shape[d] === 0 ? s : s + ((shape[d] as number) - 1) * (strides[d] as number) + 1,
    );
    return w.slice(turned, begin, limit, strides);
  },
  pad(w, [x, value], { attributes: { start, step }, shape }) {
    const from = x as Value;
    if (from.shape.includes(0)) return w.expand(w.reshape(value as Value, []), shape);
    const back = counting(shape.length).filter((d) => (step[d] as number) < 0);
    const reach = (d: number): number =>
      ((from.shape[d] as number) - 1) * Math.abs(step[d] as number);
    const low = start.map((s, d) => (back.includes(d) ? s - reach(d) : s));
    const high = shape.map((n, d) => n - (low[d] as number) - reach(d) - 1);
    const inner = step.map((s) => Math.abs(s) - 1);
    return w.emit(
      'stablehlo.pad',
      [reverse(w, from, back), w.reshape(value as Value, [])],
      shape,
      from.type,
      `edge_padding_high = ${list(high)}, edge_padding_low = ${list(low)}, interior_padding = ${list(inner)}`,
    );
  },
  concat: (w, xs, { attributes: { dim }, shape, dtype }) =>
    w.emit('stablehlo.concatenate', xs, shape, elementType(dtype), `dimension = ${dim} : i64`),
  iota: (w, _xs, { shape }) => w.iota(shape, 0),
};

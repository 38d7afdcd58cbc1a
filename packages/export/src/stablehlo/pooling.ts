/** @file Windows over the last dimensions in StableHLO. */
import { Unwritable, type Rules } from './rule.js';
import { dot } from './products.js';
import { counting, list, type Value, type Writer } from './writer.js';

/** Evenly spaced windows along one dimension; padding is the part that reaches over the edges. */
interface Sliding {
  readonly window: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly dilation: number;
}

/** The geometry of windows, if they are evenly spaced; those at the edges are cut off. */
function slidingOf(
  starts: readonly number[],
  ends: readonly number[],
  size: number,
  step: number,
): Sliding | null {
  const count = starts.length;
  if (count === 0) return null;
  const stride =
    count < 2 ? 1 : Math.max(starts[count - 1]! - starts[count - 2]!, ends[1]! - ends[0]!);
  const taps = (o: number): number => Math.ceil((ends[o]! - starts[o]!) / step);
  const window = Math.max(...counting(count).map(taps));
  const reach = (window - 1) * step + 1;
  // The start of the first window follows from one that is not cut off at its start.
  const whole = counting(count).find((o) => taps(o) === window)!;
  const low = whole * stride - starts[whole]!;
  const fits = counting(count).every((o) => {
    const from = o * stride - low;
    const first = from >= 0 ? from : from + Math.ceil(-from / step) * step;
    const inside = counting(window).filter((k) => from + k * step >= 0 && from + k * step < size);
    return starts[o]! === first && taps(o) === inside.length;
  });
  if (!fits || low < 0) return null;
  const high = (count - 1) * stride - low + reach - size;
  return { window, stride, low, high, dilation: step };
}

interface Spans {
  readonly size: readonly number[];
  readonly starts: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
  readonly step?: readonly number[];
}

function slidingAll({ size, starts, ends, step }: Spans): Sliding[] | null {
  const all = size.map((n, d) => slidingOf(starts[d]!, ends[d]!, n, step?.[d] ?? 1));
  return all.some((one) => one === null) ? null : (all as Sliding[]);
}

/** The attributes of a window over the last dimensions of `rank`. */
function attributes(rank: number, all: readonly Sliding[], spread = false): string {
  const lead = new Array<number>(rank - all.length).fill(1);
  const of = (f: (s: Sliding) => number): string => list([...lead, ...all.map(f)]);
  const padding = [
    ...lead.map(() => [0, 0]),
    ...all.map(({ low, high, window, dilation }) =>
      spread ? [(window - 1) * dilation - low, (window - 1) * dilation - high] : [low, high],
    ),
  ];
  return [
    `base_dilations = ${of((s) => (spread ? s.stride : 1))}`,
    `padding = dense<[${padding.map((p) => `[${p.join(', ')}]`).join(', ')}]> : tensor<${rank}x2xi64>`,
    `window_dilations = ${of((s) => s.dilation)}`,
    `window_dimensions = ${of((s) => s.window)}`,
    `window_strides = ${of((s) => (spread ? 1 : s.stride))}`,
  ].join(', ');
}

function windowed(
  w: Writer,
  x: Value,
  spans: Spans,
  shape: readonly number[],
  spread: boolean,
): Value {
  const sliding = slidingAll(spans);
  if (sliding !== null) {
    return w.emit(
      'stablehlo.reduce_window',
      [x, w.constant(0, x.type)],
      shape,
      x.type,
      attributes(shape.length, sliding, spread),
      [w.combiner('stablehlo.add', x.type)],
    );
  }
  // Windows of several sizes: products with a matrix of zeros and ones, one dimension at a time.
  return spans.size.reduce<Value>((y, n, d) => {
    const dim = y.shape.length - spans.size.length + d;
    const count = spans.starts[d]!.length;
    const elements = counting(count).map((o) =>
      counting(n).map((i) => Number(i >= spans.starts[d]![o]! && i < spans.ends[d]![o]!)),
    );
    const text = `dense<[${elements.map((row) => `[${row.map((e) => `${e}.0`).join(', ')}]`).join(', ')}]>`;
    const matrix = w.emit(
      'stablehlo.constant',
      [],
      [count, n],
      y.type,
      `value = ${text} : tensor<${count}x${n}x${y.type}>`,
    );
    const rest = y.shape.filter((_, k) => k !== dim);
    const made = dot(w, y, matrix, { batch: [[], []], contracting: [dim, spread ? 0 : 1] }, [
      ...rest,
      spread ? n : count,
    ]);
    // Moves the new last dimension back to its place.
    const order = counting(made.shape.length - 1);
    order.splice(dim, 0, made.shape.length - 1);
    return w.transpose(made, order);
  }, x);
}

export const poolingRules: Rules = {
  windowSum: (w, [x], { attributes: spans, shape }) => windowed(w, x as Value, spans, shape, false),
  windowSpread: (w, [x], { attributes: spans, shape }) =>
    windowed(w, x as Value, spans, shape, true),
  windowArgmax(w, [x], { attributes: spans, shape }) {
    const from = x as Value;
    const sliding = slidingAll(spans);
    if (sliding === null) throw new Unwritable('windows of several sizes');
    const area = spans.size.reduce((a, b) => a * b, 1);
    const lead = from.shape.length - spans.size.length;
    const grid = w.reshape(w.iota([area], 0), spans.size);
    const places = w.place(
      grid,
      from.shape,
      counting(spans.size.length).map((d) => d + lead),
    );
    const one = { shape: [], type: from.type };
    const place = { shape: [], type: 'i32' as const };
    // Selects the larger element, the first of equal ones, and the last NaN.
    const body = w.region([one, place, one, place], (v, [p, i, q, j]) => {
      const [a, b, k, l] = [p, q, i, j] as [Value, Value, Value, Value];
      const [aN, bN] = [v.compare('NE', a, a), v.compare('NE', b, b)];
      const later = v.compare('GT', l, k);
      const numbers = v.map(
        'or',
        v.compare('GT', b, a),
        v.map('and', v.compare('EQ', b, a), v.map('not', later)),
      );
      const chosen = v.select(
        bN,
        v.map('or', v.map('not', aN), later),
        v.map('and', v.map('not', aN), numbers),
      );
      return [v.select(chosen, b, a), v.select(chosen, l, k)];
    });
    const results = w.emitAll(
      'stablehlo.reduce_window',
      [from, places, w.constant(-Infinity, from.type), w.constant(2147483647, 'i32')],
      [
        { shape, type: from.type },
        { shape, type: 'i32' },
      ],
      attributes(shape.length, sliding),
      [body],
    );
    return results[1] as Value;
  },
};

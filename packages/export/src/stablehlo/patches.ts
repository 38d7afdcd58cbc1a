/** @file Unfolds windows and adds them up again in StableHLO: one slice for each tap of a window. */
import type { Node, Rules } from './rule.js';
import { list, type Value, type Writer } from './writer.js';

type Geometry = Node<'unfold'>['attributes'];

/** The taps of a window in row-major order. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, k) => taps.flatMap((tap) => Array.from({ length: k }, (_, i) => [...tap, i])),
    [[]],
  );
}

/** `x` with zeros around its last dimensions and between its elements; negative padding cuts off. */
function padded(
  w: Writer,
  x: Value,
  low: readonly number[],
  high: readonly number[],
  inner = low.map(() => 0),
): Value {
  const lead = x.shape.slice(0, x.shape.length - low.length);
  const sizes = x.shape.slice(lead.length);
  const shape = sizes.map((n, d) => n + (n - 1) * inner[d]! + low[d]! + high[d]!);
  const of = (amounts: readonly number[]): string => list([...lead.map(() => 0), ...amounts]);
  return w.emit(
    'stablehlo.pad',
    [x, w.constant(0, x.type)],
    [...lead, ...shape],
    x.type,
    `edge_padding_high = ${of(high)}, edge_padding_low = ${of(low)}, interior_padding = ${of(inner)}`,
  );
}

/** The position of a tap in the first window. */
function placeOf(tap: readonly number[], { dilation }: Geometry): number[] {
  return tap.map((i, d) => i * (dilation[d] as number));
}

export const patchRules: Rules = {
  unfold(w, [x], { attributes: a, shape }) {
    const lead = shape.slice(0, 2);
    const windows = shape.slice(2 + a.kernel.length);
    const around = padded(w, x as Value, a.padLow, a.padHigh);
    const taps = tapsOf(a.kernel).map((tap) => {
      const start = placeOf(tap, a);
      const limit = start.map((s, d) => s + (windows[d]! - 1) * a.stride[d]! + 1);
      const y = w.slice(around, [0, 0, ...start], [...lead, ...limit], [1, 1, ...a.stride]);
      return w.reshape(y, [...lead, 1, ...windows]);
    });
    const all = w.emit(
      'stablehlo.concatenate',
      taps,
      [...lead, taps.length, ...windows],
      (x as Value).type,
      'dimension = 2 : i64',
    );
    return w.reshape(all, shape);
  },
  fold(w, [x], { attributes: a, shape }) {
    const from = x as Value;
    const lead = shape.slice(0, 2);
    const windows = from.shape.slice(2 + a.kernel.length);
    const taps = tapsOf(a.kernel);
    const rows = w.reshape(from, [...lead, taps.length, ...windows]);
    const zero = [0, 0, ...windows.map(() => 0)];
    const ones = zero.map(() => 1);
    return taps
      .map((tap, t) => {
        const start = placeOf(tap, a);
        const y = w.slice(
          rows,
          [0, 0, t, ...windows.map(() => 0)],
          [...lead, t + 1, ...windows],
          [1, ...ones],
        );
        const low = start.map((s, d) => s - a.padLow[d]!);
        const reach = windows.map((n, d) => (n - 1) * a.stride[d]! + 1);
        const high = a.size.map((n, d) => n - low[d]! - reach[d]!);
        const inner = a.stride.map((s) => s - 1);
        return padded(w, w.reshape(y, [...lead, ...windows]), low, high, inner);
      })
      .reduce((sum, y) => w.map('add', sum, y));
  },
};

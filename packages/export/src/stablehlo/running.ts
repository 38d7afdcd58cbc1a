/** @file Running folds along a dimension in StableHLO. */
import { list, type ElementType, type Value, type Writer } from './writer.js';

function folding(
  w: Writer,
  f: (w: Writer, x: Value, y: Value) => Value,
  type: ElementType,
): string {
  const one = { shape: [], type };
  return w.region([one, one], (inner, [x, y]) => [f(inner, x as Value, y as Value)]);
}

/** Folds each element with all those before it along a dimension, or after it with `reverse`. */
export function running(
  w: Writer,
  op: string | ((w: Writer, x: Value, y: Value) => Value),
  x: Value,
  start: number,
  dim: number,
  reverse = false,
): Value {
  const n = x.shape[dim] as number;
  if (n < 2) return x;
  const ones = x.shape.map(() => 1);
  const window = ones.map((_, d) => (d === dim ? n : 1));
  const padding = ones.map((_, d) => (d !== dim ? [0, 0] : reverse ? [0, n - 1] : [n - 1, 0]));
  return w.emit(
    'stablehlo.reduce_window',
    [x, w.constant(start, x.type)],
    x.shape,
    x.type,
    `padding = dense<[${padding.map((p) => `[${p.join(', ')}]`).join(', ')}]> : tensor<${x.shape.length}x2xi64>, ` +
      `window_dimensions = ${list(window)}`,
    [typeof op === 'string' ? w.combiner(`stablehlo.${op}`, x.type) : folding(w, op, x.type)],
  );
}

/** @file Numbers in eight bits, with a scale for each index along an axis. */

/** An array of numbers in int8, each of which counts as many times the scale of its index along `axis`. */
export interface Quantized {
  readonly data: Int8Array<ArrayBuffer>;
  readonly scale: Float32Array<ArrayBuffer>;
  readonly axis: number;
}

/** The nearest multiples of scales from −127 to 127, along the axis that loses least by the sum of squares. */
export function toInt8(data: Float32Array, shape: readonly number[]): Quantized {
  const all = shape.map((_, axis) => quantized(data, shape, axis));
  return all.reduce((best, next) => (next.error < best.error ? next : best));
}

function quantized(
  x: Float32Array,
  shape: readonly number[],
  axis: number,
): Quantized & { readonly error: number } {
  const rows = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const rowOf = (i: number): number => Math.floor(i / inner) % rows;
  const maxAbs = new Float32Array(rows);
  x.forEach((v, i) => {
    const row = rowOf(i);
    maxAbs[row] = Math.max(maxAbs[row] as number, Math.abs(v));
  });
  // A row of zeros has no scale of its own.
  const scale = maxAbs.map((m) => m / 127 || 1);
  const data = new Int8Array(x.length);
  let error = 0;
  x.forEach((v, i) => {
    const unit = scale[rowOf(i)] as number;
    // Rounding of the scale may lead beyond 127.
    const whole = Math.max(-127, Math.min(127, Math.round(v / unit)));
    data[i] = whole;
    error += (v - whole * unit) ** 2;
  });
  return { data, scale, axis, error };
}

/**
 * @file The position of the median in linear time: by quickselect, with pseudo-random pivots, so that no usual order of the
 * data is slow.
 */
import type { TypedArray } from '../../graph/dtype.js';

/**
 * The position of the lower median of n elements that are `step` apart; of equal elements, the one that a stable sort would
 * choose. If there is a NaN, the position of the first, unless `skipNaN` leaves them out; 0 if nothing else remains.
 */
export function medianPosition(
  data: TypedArray,
  from: number,
  step: number,
  n: number,
  skipNaN = false,
): number {
  const values = new Float64Array(n);
  let count = 0;
  for (let i = 0, at = from; i < n; i++, at += step) {
    const v = data[at]!;
    if (v === v) values[count++] = v;
    else if (!skipNaN) return i;
  }
  if (count === 0) return 0;
  const k = (count - 1) >> 1;
  const median = kthSmallest(values, count, k);
  // Of elements equal to the median, the one that a stable sort would put at k.
  let before = 0;
  for (let i = 0; i < count; i++) if (values[i]! < median) before++;
  let equals = k - before;
  for (let i = 0, at = from; i < n; i++, at += step)
    if (data[at] === median && equals-- === 0) return i;
  return 0;
}

/** The element at k if the first n were sorted. Changes their order. */
function kthSmallest(values: Float64Array, n: number, k: number): number {
  let [low, high] = [0, n - 1];
  let draw = 1;
  while (low < high) {
    draw = (Math.imul(draw, 1664525) + 1013904223) >>> 0;
    const pivot = values[low + (draw % (high - low + 1))]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const v = values[i]!;
      values[i++] = values[j]!;
      values[j--] = v;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k]!;
}

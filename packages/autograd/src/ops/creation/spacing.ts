/** @file Numbers at even distances. */

/** @internal Number `i` of `steps` from `start` to `end`: from the nearer end, so that both are exact. */
export function evenlySpaced(start: number, end: number, steps: number, i: number): number {
  if (steps === 1) return start;
  if (!Number.isFinite(start) || !Number.isFinite(end)) return NaN;
  const whole = end - start;
  const by = Number.isFinite(whole) ? whole / (steps - 1) : end / (steps - 1) - start / (steps - 1);
  return i < steps / 2 ? start + i * by : end - (steps - 1 - i) * by;
}

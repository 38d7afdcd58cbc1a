/** @file Evenly spaced numbers. */
import type { Tensor } from '../../graph/tensor.js';
import { add } from '../build/element.js';
import { mul, sub } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { lt } from '../build/relations.js';
import { where } from '../elements/comparison.js';

/** @internal Number `i` of `steps` from `start` to `end`: from the nearer end, so that both are exact. */
export function evenlySpaced(start: number, end: number, steps: number, i: number): number {
  if (steps === 1) return start;
  if (!Number.isFinite(start) || !Number.isFinite(end)) return NaN;
  const whole = end - start;
  const by = Number.isFinite(whole) ? whole / (steps - 1) : end / (steps - 1) - start / (steps - 1);
  return i < steps / 2 ? start + i * by : end - (steps - 1 - i) * by;
}

/** @internal The same for the positions `i`, in float64. */
export function spacedNode(start: number, end: number, steps: number, i: Tensor): Tensor {
  if (!Number.isFinite(start) || !Number.isFinite(end)) return filled(NaN, i.sizes, 'float64');
  const whole = end - start;
  const by = Number.isFinite(whole) ? whole / (steps - 1) : end / (steps - 1) - start / (steps - 1);
  const fromEnd = sub(end, mul(sub(steps - 1, i), by));
  return where(lt(i, steps / 2), add(mul(i, by), start), fromEnd);
}

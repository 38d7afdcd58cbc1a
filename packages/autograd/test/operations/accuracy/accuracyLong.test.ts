/** @file Long sums and products stay within the error bounds of pairwise and of blocked summation. */
import { describe, expect, it } from 'vitest';
import { longNames, measureLong } from './accuracyLong.js';

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(longNames)('%s of many numbers', (name) => {
    const { units, bound } = measureLong(name, dtype);
    expect(units).toBeLessThanOrEqual(bound);
  });
});

/** @file Long sums and products are within the bounds of adding pairs of pairs, and of blocks. */
import { describe, expect, it } from 'vitest';
import { longNames, measureLong } from './accuracyLong.js';

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(longNames)('%s of many numbers', (name) => {
    const { units, bound } = measureLong(name, dtype);
    expect(units).toBeLessThanOrEqual(bound);
  });
});

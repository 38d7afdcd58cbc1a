/** @file Element functions and their derivatives are right to the last digits, over the whole range of their dtype. */
import { describe, expect, it } from 'vitest';
import { exceptions, functions, measure } from './accuracy.js';

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(functions)('%s and its first two derivatives are within their bounds', (name) => {
    for (const { worst, bounds } of measure(dtype, [name])) {
      worst.forEach(({ units, at, got }, order) => {
        const bound = exceptions[`${name} ${dtype} ${order}`]?.units ?? bounds[order] ?? 0;
        expect(units, `derivative ${order} at ${at} is ${got}`).toBeLessThanOrEqual(bound);
      });
    }
  });
});

it('the tails that a rounded result has lost are there', () => {
  const [sigmoid] = measure('float64', ['sigmoid']);
  expect(sigmoid?.worst[1]?.units).toBeGreaterThan(0); // measured, not skipped
});

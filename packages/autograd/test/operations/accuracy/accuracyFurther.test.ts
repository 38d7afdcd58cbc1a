/** @file Functions of two numbers and reductions are right to the last digits, their derivatives included. */
import { describe, expect, it } from 'vitest';
import {
  binaryNames,
  furtherBounds,
  measureBinary,
  measureReduction,
  reductionNames,
  type FurtherAccuracy,
} from './accuracyFurther.js';

function expectWithin({ worst }: FurtherAccuracy, bounds: readonly number[]): void {
  worst.forEach(({ units, at, got }, order) => {
    expect(units, `derivative ${order} at ${at} is ${got}`).toBeLessThanOrEqual(bounds[order] ?? 0);
  });
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(binaryNames)('%s of two numbers', (name) => {
    expectWithin(measureBinary(name, dtype), furtherBounds.binary);
  });

  it.each(reductionNames)('%s of a row', (name) => {
    const { product, reduction } = furtherBounds;
    expectWithin(measureReduction(name, dtype), name === 'prod' ? product : reduction);
  });
});

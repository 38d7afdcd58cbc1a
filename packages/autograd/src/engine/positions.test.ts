/**
 * @file Slices of computed values and of parameters at changing positions find one plan, and give the same bits as any other
 * plan.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { movingPlaces, positions, SEEN } from '../../test/movingPlaces.js';
import { memoryUsage, type Tensor } from '../index.js';
import { engine } from './engine.js';

afterEach(() => {
  engine.plans.clear();
});

describe.each(Object.entries(movingPlaces))('%s', (_, make) => {
  // A sum of several parts begins with +0.
  const bitsOf = (values: readonly Tensor[]): number[][] =>
    values.map((value) => Array.from(value.dataSync(), (v) => v + 0));

  test('finds its plans at any positions', () => {
    const step = make();
    for (const i of positions.slice(0, SEEN)) bitsOf(step(i));
    const before = engine.plans.misses;
    for (const i of positions) bitsOf(step(i));
    expect(engine.plans.misses - before).toBe(0);
    expect(memoryUsage().plans).toBeLessThan(20);
  });

  test('gives the bits of a fresh engine', () => {
    const step = make();
    const seen = positions.map((i) => bitsOf(step(i)));
    const fresh = positions.map((i) => {
      engine.plans.clear();
      return bitsOf(make()(i));
    });
    expect(seen).toEqual(fresh);
  });
});

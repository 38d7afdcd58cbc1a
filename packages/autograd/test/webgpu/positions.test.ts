/** @file Slices at changing positions on WebGPU: one plan serves them all, and gives what the CPU gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engine } from '../../src/engine/engine.js';
import { setDevice, type Tensor } from '../../src/index.js';
import { movingPlaces, positions, SEEN } from '../movingPlaces.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const valuesOf = async (values: readonly Tensor[]): Promise<number[][]> => {
  const found: number[][] = [];
  for (const value of values) found.push(Array.from(await value.data()));
  return found;
};

describe.skipIf(!there)('positions on WebGPU', () => {
  beforeAll(() => setDevice('webgpu'));
  afterAll(() => setDevice('cpu'));

  test.each(Object.entries(movingPlaces))('%s', async (_, make) => {
    const some = positions.slice(0, 2 * SEEN);
    await setDevice('cpu');
    const onCpu = make();
    const expected: number[][][] = [];
    for (const i of some) expected.push(await valuesOf(onCpu(i)));
    await setDevice('webgpu');
    const step = make();
    let before = 0;
    for (const [k, i] of some.entries()) {
      if (k === SEEN) before = engine.plans.misses;
      const found = await valuesOf(step(i));
      for (const [at, values] of found.entries())
        for (const [j, v] of values.entries()) {
          const want = expected[k]?.[at]?.[j] as number;
          expect(Math.abs(v - want), `${v} for ${want}`).toBeLessThan(1e-5 * (1 + Math.abs(want)));
        }
    }
    expect(engine.plans.misses - before).toBe(0);
  });
});

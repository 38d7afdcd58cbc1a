/** @file Element functions and their derivatives on WebGPU: right to the last digits over the whole range of float32. */
import { afterAll, describe, expect, test } from 'vitest';
import { setDevice } from '../../src/index.js';
import { accuracyOf, functions, resultsOf } from '../operations/accuracy/accuracy.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
/** Units in the last place of the value and of two derivatives: there are no doubles to compute with on the way. */
const BOUNDS: readonly number[] = [4, 8, 32];
/** Below it a device may have lost a subnormal number on the way. */
const LEAST = 2 ** -114;

afterAll(() => setDevice('cpu'));

describe.skipIf(!there)('accuracy on WebGPU', () => {
  for (const name of functions)
    test(name, async () => {
      await setDevice('webgpu');
      const results = await Promise.all(resultsOf(name, 'float32').map((t) => t.data()));
      accuracyOf(name, 'float32', results, LEAST).worst.forEach(({ units, at, got }, order) =>
        expect(units, `derivative ${order} at ${at} is ${got}`).toBeLessThanOrEqual(
          BOUNDS[order] ?? 0,
        ),
      );
    });
});

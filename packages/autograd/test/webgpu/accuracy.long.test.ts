/** @file Element functions and their derivatives on WebGPU: right to the last digits over the whole range of float32. */
import { afterAll, describe, expect, test } from 'vitest';
import { setDevice } from '../../src/index.js';
import { accuracyOf, functions, resultsOf } from '../operations/accuracy/accuracy.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
/** Units in the last place of the value and of two derivatives: there are no doubles to compute with on the way. */
const BOUNDS: readonly number[] = [4, 8, 32];
/** What is above them, and by how much. */
const EXCEPTIONS: Readonly<Record<string, readonly number[]>> = {
  // the exponential of a long number
  'special.gammaincc 0.3125': [6, 8, 32],
  'special.gammaincc 2.5': [9, 8, 32],
  'special.gammainc 40': [420, 420, 420],
  'special.gammaincc 40': [100, 600, 600],
  'special.gammainc 1000': [500, 500, 500],
  'special.gammaincc 1000': [600, 1000, 1000],
};
/** Below it a device may have lost a subnormal number on the way. */
const LEAST = 2 ** -114;

afterAll(() => setDevice('cpu'));

describe.skipIf(!there)('accuracy on WebGPU', () => {
  for (const name of functions)
    test(name, async () => {
      await setDevice('webgpu');
      const results = await Promise.all(resultsOf(name, 'float32').map((t) => t.data()));
      const bounds = EXCEPTIONS[name] ?? BOUNDS;
      accuracyOf(name, 'float32', results, LEAST).worst.forEach(({ units, at, got }, order) =>
        expect(units, `derivative ${order} at ${at} is ${got}`).toBeLessThanOrEqual(
          bounds[order] ?? 0,
        ),
      );
    });
});

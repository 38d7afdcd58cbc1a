/**
 * @file Incomplete gamma functions on WebGPU, with parameters from 1 to a million: they differ from the CPU's doubles only by
 * rounding.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { setDevice, special, tensor } from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
const POINTS = 4000;
/** Below it a device may lose a subnormal number on the way. */
const LEAST = 2 ** -112;

afterAll(() => setDevice('cpu'));

describe.skipIf(!there)('incomplete gamma functions on WebGPU', () => {
  const a = Float32Array.from({ length: POINTS }, (_, i) => 10 ** ((6 * i) / POINTS));
  // As far to both sides as the functions are not 0.
  const x = a.map((v, i) => v * (1 + Math.sin(i) * Math.min(0.97, 13 / Math.sqrt(v))));
  for (const name of ['gammainc', 'gammaincc'] as const)
    test(name, async () => {
      await setDevice('cpu');
      const exact = special[name](tensor(Float64Array.from(a)), tensor(Float64Array.from(x)));
      const expected = exact.dataSync();
      await setDevice('webgpu');
      const got = await special[name](tensor(a), tensor(x)).data();
      expected.forEach((y, i) => {
        if (y < LEAST) return;
        const units = Math.abs((got[i] as number) - y) / 2 ** (Math.floor(Math.log2(y)) - 23);
        expect(units, `${name}(${a[i]}, ${x[i]}) is ${got[i]}`).toBeLessThan(12);
      });
    });
});

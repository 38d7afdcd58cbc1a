/**
 * @file Every operation gives the same result and gradient on WebGPU as on the CPU, or is refused by name as the
 * documentation says.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { setDevice } from '../../src/index.js';
import { openWebgpu } from './device.js';
import { LINES, valuesOf } from './everyOperation.js';

const there = await openWebgpu();
// Some thousand pipelines take minutes in software: here the first sample of each, and all by `npm run check:long`.
const long = process.env['CHAINRULE_LONG'] === '1';

/** What the page on WebGPU says is refused: results in float64, and shapes or answers that are read synchronously. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  floatPower: /no float64/,
  unique: /cannot be read synchronously/,
  equal: /cannot be read synchronously/,
  allClose: /cannot be read synchronously/,
};

afterAll(() => setDevice('cpu'));

describe.skipIf(!there)('every operation on WebGPU', () => {
  for (const name of Object.keys(LINES))
    test(name, async () => {
      const most = long ? Infinity : 1;
      const host = await valuesOf(name, 'cpu', most);
      const gpu = await valuesOf(name, 'webgpu', most);
      for (const reason of gpu.refused) expect(reason).toMatch(REFUSED[name] ?? /^nothing/);
      gpu.values.forEach((arrays, i) => {
        arrays?.forEach((got, k) => {
          const want = host.values[i]?.[k] as ArrayLike<number>;
          expect(got.length).toBe(want.length);
          // Results are sums of terms of about 1, or of the size of the largest.
          const size = Array.from(want).reduce(
            (m, x) => (Math.abs(x) < Infinity ? Math.max(m, Math.abs(x)) : m),
            0,
          );
          Array.from(got).forEach((x, j) => {
            const y = want[j] as number;
            if (Object.is(x, y) || x === y) return;
            if (!Number.isFinite(y)) return expect(x, `sample ${i}, result ${k} at ${j}`).toBe(y);
            expect(
              Math.abs(x - y),
              `sample ${i}, result ${k} at ${j}: ${x}, the CPU has ${y}`,
            ).toBeLessThanOrEqual(2e-5 * Math.abs(y) + 4e-6 * size + 1e-6);
          });
        });
      });
    });
});

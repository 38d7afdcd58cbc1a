/** @file Like roundTrip.test.ts, at three sizes. */
import { test } from 'vitest';
import { exportCases } from './cases/index.js';
import { expectRoundTrip } from './roundTrip.js';

test.each(exportCases.map((c) => [c.name, c] as const))('%s', (_, given) => {
  expectRoundTrip(given, [1, 2, 7]);
});

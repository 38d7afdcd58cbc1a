/** @file What is exported imports again with equal values, at a size that it was not exported with. */
import { test } from 'vitest';
import { exportCases } from './cases/index.js';
import { expectRoundTrip } from './roundTrip.js';

test.each(exportCases.map((c) => [c.name, c] as const))('%s', (_, given) => {
  expectRoundTrip(given, [5]);
});

/** @file Exported models are imported again with equal values, at a size other than that of the export. */
import { test } from 'vitest';
import { exportCases } from './cases/index.js';
import { expectRoundTrip } from './roundTrip.js';

test.each(exportCases.map((c) => [c.name, c] as const))('%s', (_, given) => {
  expectRoundTrip(given, [5]);
});

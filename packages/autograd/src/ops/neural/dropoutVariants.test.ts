/** @file The probability of dropout can be given by position, in the options, or as both. */
import { expect, it } from 'vitest';
import * as a from '../../index.js';

const kinds = {
  dropout: [8],
  dropout1d: [2, 3, 4],
  dropout2d: [2, 3, 4, 4],
  dropout3d: [1, 3, 2, 2, 2],
  alphaDropout: [8],
  featureAlphaDropout: [2, 3, 4],
} as const;

it.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (name) => {
  const x = a.ones(kinds[name]);
  const f = (...given: [p?: number | a.DropoutOptions, options?: a.DropoutOptions]): number[] => {
    a.manualSeed(5);
    return Array.from(a[name](x, ...given).dataSync());
  };
  expect(f({ p: 0.25 })).toEqual(f(0.25));
  expect(f({ p: 0.25, training: true })).toEqual(f(0.25));
  expect(f(0.25, { training: false })).toEqual(Array.from(x.dataSync()));
  expect(f({ training: false })).toEqual(Array.from(x.dataSync()));
  expect(() => f({ q: 1 } as never)).toThrow(/no option 'q'/);
});

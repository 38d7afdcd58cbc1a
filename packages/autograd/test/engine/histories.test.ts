/**
 * @file Whatever a program does to cells and values, it reads the same numbers whether each value is computed immediately or
 * late.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbHistory, readingsOf } from './histories.js';

const numRuns = process.env['CHAINRULE_LONG'] === undefined ? 150 : 5000;

test(
  'histories of cells, parameters and values read the same numbers early and late',
  () => {
    fc.assert(
      fc.property(arbHistory, (history) => {
        const late = readingsOf(history, () => undefined);
        const early = readingsOf(history, (made) => made.dataSync());
        // What is first read after a parameter changed twice is an error, and a graph may be freed by then.
        fc.pre(![...late, ...early].some((reading) => typeof reading === 'string'));
        early.forEach((numbers, i) =>
          (numbers as number[]).forEach((x, j) =>
            expect((late[i] as number[])[j]).toBeCloseTo(x, 9),
          ),
        );
      }),
      { numRuns },
    );
  },
  20 * numRuns + 60_000,
);

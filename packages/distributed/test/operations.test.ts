/** @file Collectives on three ranks: their results, and their derivatives of first and second order in both modes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, makeFolder, results } from './jobs.js';

interface Found {
  readonly x: number[];
  readonly results: ({ readonly name: string; readonly shape: number[] } & Record<Key, number[]>)[];
  readonly whole: number[];
  readonly greatest: number[];
  readonly flags: number[];
  readonly empty: number[][];
  readonly nan: (number | null)[];
  readonly quiet: number[];
}
type Key =
  | 'value'
  | 'gradient'
  | 'slopes'
  | 'second'
  | 'secondSlopes'
  | 'tangent'
  | 'tangentSlopes'
  | 'mapped'
  | 'looped'
  | 'compiled'
  | 'plain';

const { folder, remove } = makeFolder();
let ranks: Found[];
beforeAll(async () => {
  const program = await bundle('operations', folder);
  await bundle('run', folder);
  ranks = await results<Found>('local', 3, [program]);
}, 60_000);
afterAll(remove);

const names = ['sum', 'mean', 'max', 'min', 'gather', 'gatherAlong', 'broadcast'];

/** What an operation gives of the arrays of all ranks, each `[2, 3]`. */
const expected: Readonly<Record<string, (xs: number[][]) => number[]>> = {
  sum: (xs) => each(xs, (...v) => v.reduce((a, b) => a + b)),
  mean: (xs) => each(xs, (...v) => v.reduce((a, b) => a + b) / 3),
  max: (xs) => each(xs, Math.max),
  min: (xs) => each(xs, Math.min),
  gather: (xs) => xs.flat(),
  gatherAlong: (xs) => [0, 1].flatMap((row) => xs.flatMap((x) => x.slice(3 * row, 3 * row + 3))),
  broadcast: (xs) => xs[1] ?? [],
};

function each(xs: number[][], f: (...v: number[]) => number): number[] {
  return (xs[0] ?? []).map((_, i) => f(...xs.map((x) => x[i] as number)));
}

function near(actual: number[], wanted: number[], by: number): void {
  expect(actual.length).toBe(wanted.length);
  actual.forEach((v, i) => {
    const w = wanted[i] as number;
    expect(Math.abs(v - w), `${i}: ${v} and ${w}`).toBeLessThanOrEqual(by * (1 + Math.abs(w)));
  });
}

describe.each(names)('%s', (name) => {
  const of = (key: Key): number[][] =>
    ranks.map((r) => r.results.find((x) => x.name === name)?.[key] ?? []);
  const same = (a: Key, b: Key, by: number): void =>
    of(a).forEach((x, r) => near(x, of(b)[r] ?? [], by));

  test('values', () => {
    const wanted = expected[name]?.(ranks.map(({ x }) => x)) ?? [];
    for (const value of of('value')) near(value, wanted, 1e-15);
    const shapes = ranks.map((r) => r.results.find((x) => x.name === name)?.shape);
    const shape = { gather: [6, 3], gatherAlong: [2, 9] }[name] ?? [2, 3];
    expect(shapes).toEqual([shape, shape, shape]);
  });
  test('the gradient of the losses of all ranks', () => same('gradient', 'slopes', 1e-8));
  test('second derivatives', () => same('second', 'secondSlopes', 1e-8));
  test('forward mode', () => same('tangent', 'tangentSlopes', 1e-8));
  test('batched as one by one', () => {
    of('mapped').forEach((x, r) => expect(x).toEqual(of('looped')[r]));
  });
  test('compiled as in plain code', () => same('compiled', 'plain', 1e-13));
});

test('a compiled step keeps to noSync, and to its end', () => {
  for (const r of ranks) expect(r.quiet).toEqual([1, 0, 1, 0]);
});

test('whole numbers wrap, flags are gathered, empty tensors stay, a NaN stays', () => {
  for (const r of ranks) {
    expect(r.whole).toEqual([6, (3 * (2 ** 31 - 1)) | 0, -3]);
    expect(r.greatest).toEqual([3, 2 ** 31 - 1, 0]);
    expect(r.flags).toEqual([0, 1, 1, 1, 0, 1]);
    expect(r.empty).toEqual([
      [0, 3],
      [0, 3],
    ]);
    expect(r.nan).toEqual([null]);
  }
});

/** @file Special functions from other operations: what the kernels give, wherever they are asked. */
import { compile, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import type { OperationName } from '@chainrule/autograd/graph';
import { primitives } from '@chainrule/autograd/internal';
import { describe, expect, it } from 'vitest';
import type { Composition } from '../src/compositions/composition.js';
import { compositions } from '../src/compositions/recorded.js';

type Numbers = readonly number[];
const doubles = (xs: Numbers): Tensor => tensor(Float64Array.from(xs));

/** Where a function and its kernel differ by more than `within` of the value, or of `least` where that is more. */
function apart(
  op: OperationName,
  xs: readonly Tensor[],
  { order, within = 2e-13, least = 0 }: { order?: number; within?: number; least?: number } = {},
): string[] {
  const attributes = { order };
  const f = compositions[op] as unknown as Composition<OperationName>;
  const found = noGrad(() => compile((...ys: Tensor[]) => f(ys, attributes as never))(...xs));
  const right = found.dataSync().slice().fill(0);
  const values = xs.map((x) => ({ data: x.dataSync(), shape: x.shape, dtype: x.dtype }));
  const { shape, dtype } = found;
  primitives
    .find(({ name }) => name === op)
    ?.kernel(values, { data: right, shape, dtype }, attributes as never);
  return Array.from(found.dataSync()).flatMap((y, i) => {
    const r = right[i] as number;
    const fits =
      Object.is(y, r) || y === r || Math.abs(y - r) <= within * Math.max(least, Math.abs(r));
    if (fits) return [];
    const at = xs.map((x) => x.dataSync()[i]).join(', ');
    return [`${op}${order ?? ''}(${at}) = ${y}, not ${r}`];
  });
}

const grid = (low: number, high: number, step: number): number[] =>
  Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
const small = [1e-300, 1e-30, 1e-12, 1e-5, 1e-3];
const ends = [NaN, Infinity, -Infinity, 0];
const both = (xs: Numbers): number[] => [...xs, ...xs.map((x) => -x)];

describe('special functions from other operations', () => {
  it('gamma functions', () => {
    const xs = doubles([
      ...ends,
      ...both(small),
      ...both(grid(0.13, 30, 0.37)),
      1,
      2,
      -1,
      -2,
      1e3,
      1e9,
      1e200,
    ]);
    const options = { within: 1e-13, least: 1 };
    expect(apart('lgamma', [xs], options)).toEqual([]);
    expect(apart('digamma', [xs], options)).toEqual([]);
    for (const order of [1, 2, 3, 5])
      expect(apart('polygamma', [xs], { order, within: 1e-12, least: 1e-300 })).toEqual([]);
  });

  it('zeta', () => {
    const s = [1, 0.5, 1.001, 1.5, 2, 3, 4, 7.5, 20, 55, NaN, Infinity];
    const q = [...ends, ...both([1e-3, 0.3, 0.9, 1.5, 2.25, 7.1, 18.3, 120.5]), 1, 2, -3, 1e9];
    const pairs = s.flatMap((a) => q.map((b) => [a, b] as const));
    const columns = [0, 1].map((k) => doubles(pairs.map((p) => p[k] as number)));
    expect(apart('special.zeta', columns, { within: 1e-11 })).toEqual([]);
  });

  it('the normal distribution', () => {
    const xs = doubles([
      ...ends,
      ...both(small),
      ...both(grid(0.11, 30, 0.29)),
      ...both([40, 1e3, 1e8]),
    ]);
    for (const order of [0, 1, 2, 3]) {
      expect(apart('special.erfcx', [xs], { order, within: 1e-12 * 30 ** order })).toEqual([]);
      expect(
        apart('special.logNdtr', [xs], { order, within: 1e-12 * 30 ** order, least: 1e-200 }),
      ).toEqual([]);
    }
    const ps = [
      ...small,
      ...grid(0.003, 0.997, 0.007),
      1 - 1e-9,
      1 - 1e-15,
      0.5,
      1,
      0,
      NaN,
      -0.1,
      1.1,
    ];
    expect(apart('special.ndtri', [doubles(ps)], { within: 1e-12, least: 1e-3 })).toEqual([]);
    expect(apart('erfinv', [doubles(both(ps))], { within: 1e-12 })).toEqual([]);
  });

  it('Bessel functions', () => {
    const xs = doubles([
      ...ends,
      ...both(small),
      ...both(grid(0.07, 60, 0.43)),
      ...both([150, 700, 720]),
    ]);
    for (const name of ['special.i0', 'special.i1', 'special.i0e', 'special.i1e'] as const) {
      expect(apart(name, [xs])).toEqual([]);
      for (const order of [1, 2, 3, 5])
        expect(apart(`${name}Slope`, [xs], { order, within: 1e-12 })).toEqual([]);
    }
  });

  it('incomplete gamma functions', () => {
    const as = [0, 1e-5, 0.1, 0.9, 1, 2.5, 9.99, 10, 33.3, 200, 5000, 2e5, Infinity, NaN, -1];
    const xs = [0, 1e-8, 0.05, 0.6, 1, 2.6, 7, 11, 30, 190, 215, 5100, 2.01e5, Infinity, NaN, -1];
    const pairs = as.flatMap((a) => xs.map((b) => [a, b] as const));
    const columns = [0, 1].map((k) => doubles(pairs.map((p) => p[k] as number)));
    for (const name of ['special.gammainc', 'special.gammaincc', 'special.gammaDensity'] as const)
      expect(apart(name, columns, { within: 1e-10, least: 1e-12 })).toEqual([]);
  });

  it('divisors', () => {
    const xs = [0, 1, -1, 12, -18, 97, 2 ** 30, 1836311903, -2147483647];
    const pairs = xs.flatMap((a) => xs.map((b) => [a, b] as const));
    const columns = [0, 1].map((k) => tensor(Int32Array.from(pairs, (p) => p[k] as number)));
    expect(apart('gcd', columns)).toEqual([]);
    expect(apart('lcm', columns)).toEqual([]);
  });
});

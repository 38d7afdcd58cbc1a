/** @file Random numbers: known answers of the generator, distributions, and that seeds and states reproduce them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bernoulli,
  FormatError,
  getRngState,
  manualSeed,
  rand,
  randint,
  randn,
  randnLike,
  randperm,
  setRngState,
  tensor,
  type Tensor,
} from '../../index.js';
import { engine } from '../../internal.js';
import { threefry } from './generator.js';

describe('threefry', () => {
  // From the known-answer tests of Random123, the authors' own library.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [-1, -1],
      [-1, -1],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('gives the known answers: key %j, counter %j', ([k0, k1], [c0, c1], expected) => {
    expect(Array.from(threefry(k0 as number, k1 as number, c0 as number, c1 as number))).toEqual(
      expected,
    );
  });
});

const draws: Record<string, () => Tensor> = {
  rand: () => rand([33]),
  'rand in float64': () => rand([33], { dtype: 'float64' }),
  randn: () => randn([5, 7]),
  'randn in float64': () => randn([3], { dtype: 'float64' }),
  randint: () => randint(-5, 5, [33]),
  randperm: () => randperm(20),
  bernoulli: () => bernoulli(0.5, { shape: [64] }),
};

describe('seeds and states', () => {
  it.each(Object.entries(draws))(
    '%s: the same seed gives the same numbers, other seeds others',
    (_name, draw) => {
      manualSeed(7);
      const first = Array.from(draw().dataSync());
      const next = Array.from(draw().dataSync());
      manualSeed(7);
      expect(Array.from(draw().dataSync())).toEqual(first);
      expect(next).not.toEqual(first);
      manualSeed(8);
      expect(Array.from(draw().dataSync())).not.toEqual(first);
    },
  );

  it('are fixed when drawn, not when evaluated', () => {
    manualSeed(1);
    const [a, b] = [rand([3]), rand([3])];
    const later = Array.from(b.dataSync());
    const sooner = Array.from(a.dataSync());
    manualSeed(1);
    expect(Array.from(rand([3]).dataSync())).toEqual(sooner);
    expect(Array.from(rand([3]).dataSync())).toEqual(later);
  });

  it('are saved and restored as plain data', () => {
    manualSeed(2 ** 40 + 5);
    randn([10]);
    const state = JSON.parse(JSON.stringify(getRngState())) as ReturnType<typeof getRngState>;
    const expected = Array.from(randn([4]).dataSync());
    manualSeed(0);
    setRngState(state);
    expect(Array.from(randn([4]).dataSync())).toEqual(expected);
    expect(() => setRngState({ seed: -1, offset: 0 })).toThrow(FormatError);
    expect(() => manualSeed(0.5)).toThrow(/whole number from 0/);
  });

  it('need no new plan', () => {
    manualSeed(3);
    rand([17]).mul(2).dataSync();
    const { misses } = engine.plans;
    for (let i = 0; i < 5; i++) {
      manualSeed(i);
      rand([17]).mul(2).dataSync();
      rand([17]).mul(2).dataSync();
    }
    expect(engine.plans.misses).toBe(misses);
  });

  it('blocks do not overlap: consecutive draws share no numbers', () => {
    manualSeed(4);
    const seen = new Set<number>();
    for (const n of [1, 2, 3, 4, 5, 6, 7])
      for (const x of rand([n], { dtype: 'float64' }).dataSync()) seen.add(x);
    expect(seen.size).toBe(28);
  });
});

/** Mean, variance, skewness and kurtosis. */
function moments(x: ArrayLike<number>): number[] {
  const values = Array.from(x);
  const average = (f: (v: number) => number): number =>
    values.reduce((s, v) => s + f(v), 0) / values.length;
  const m = average((v) => v);
  const v = average((y) => (y - m) ** 2);
  return [m, v, average((y) => (y - m) ** 3) / v ** 1.5, average((y) => (y - m) ** 4) / v ** 2];
}

describe('distributions', () => {
  const n = 100_000;
  // Five standard errors of each moment for n draws.
  const near = (
    actual: readonly number[],
    expected: readonly number[],
    errors: readonly number[],
  ): void => {
    actual.forEach((a, i) =>
      expect(Math.abs(a - (expected[i] as number))).toBeLessThan(
        (5 * (errors[i] as number)) / Math.sqrt(n),
      ),
    );
  };

  it.each(['float32', 'float64'] as const)('rand is uniform over [0, 1) in %s', (dtype) => {
    manualSeed(11);
    const x = rand([n], { dtype }).dataSync();
    expect(x.every((v) => v >= 0 && v < 1)).toBe(true);
    near(moments(x), [1 / 2, 1 / 12, 0, 1.8], [0.29, 0.075, 1.2, 1.6]);
    const buckets = new Array<number>(20).fill(0);
    for (const v of x) buckets[Math.floor(v * 20)]!++;
    const chi = buckets.reduce((s, c) => s + (c - n / 20) ** 2 / (n / 20), 0);
    expect(chi).toBeLessThan(50);
  });

  it.each(['float32', 'float64'] as const)('randn is normal in %s', (dtype) => {
    manualSeed(12);
    const x = randn([n], { dtype }).dataSync();
    near(moments(x), [0, 1, 0, 3], [1, 1.41, 2.45, 4.9]);
    expect(x.filter((v) => Math.abs(v) > 1.959964).length / n).toBeCloseTo(0.05, 2);
  });

  it('randint reaches both ends and nothing beyond', () => {
    manualSeed(13);
    const x = randint(-2, 3, [5000]);
    expect(x.dtype).toBe('int32');
    const counts = new Map<number, number>();
    for (const v of x.dataSync()) counts.set(v, (counts.get(v) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(() => randint(3, 3, [2])).toThrow(/no whole number in \[3/);
  });

  it('randperm is a permutation', () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat(), (size, seed) => {
        manualSeed(seed);
        expect(Array.from(randperm(size).dataSync()).sort((a, b) => a - b)).toEqual(
          Array.from({ length: size }, (_, i) => i),
        );
      }),
    );
  });

  it('bernoulli follows its probabilities', () => {
    manualSeed(14);
    const x = bernoulli(tensor([0, 0.25, 1]).expand(20_000, 3))
      .mean(0)
      .dataSync();
    expect(x[0]).toBe(0);
    expect(x[2]).toBe(1);
    expect(Math.abs((x[1] as number) - 0.25)).toBeLessThan(0.02);
    expect(() => bernoulli(1.5)).toThrow(/from 0 to 1/);
  });

  it('has the options of every creation', () => {
    const x = randn([2], { dtype: 'float64', requiresGrad: true });
    expect([x.dtype, x.requiresGrad, x.isLeaf]).toEqual(['float64', true, true]);
    expect(randnLike(x).dtype).toBe('float64');
    expect(() => rand([2], { dtype: 'int32' })).toThrow(/randint/);
  });
});

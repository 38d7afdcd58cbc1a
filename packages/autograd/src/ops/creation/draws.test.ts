/** @file Draws by rejection: their distributions, their streams, the gradient of gamma variables. */
import { describe, expect, it } from 'vitest';
import { gammaSlopes } from '../../../test/fixtures/gammaSlope.js';
import {
  binomial,
  gamma,
  grad,
  manualSeed,
  poisson,
  tensor,
  vonMises,
  type Tensor,
} from '../../index.js';
import { lgamma } from '../elements/gammaFunction.js';
import { gammaSlopeOf } from './gammaDraw.js';

const N = 40_000;

/** The mean of `(count − expected)² / expected`: about 1 by chance. */
function chiSquare(x: Tensor, probability: (k: number) => number): number {
  const counts = new Map<number, number>();
  for (const k of x.dataSync()) counts.set(k, (counts.get(k) ?? 0) + 1);
  let [sum, cells] = [0, 0];
  for (let k = 0; k < 2000; k++) {
    const expected = probability(k) * N;
    if (!(expected > 20)) continue;
    sum += ((counts.get(k) ?? 0) - expected) ** 2 / expected;
    cells++;
  }
  return sum / cells;
}

describe('draws by rejection', () => {
  it.each([0.3, 4, 9.9, 10, 60, 700])('poisson of %d', (rate) => {
    manualSeed(2);
    const p = (k: number): number => Math.exp(k * Math.log(rate) - rate - lgamma(k + 1));
    expect(chiSquare(poisson(rate, { shape: [N] }), p)).toBeLessThan(1.8);
  });

  it.each([
    [5, 0.3],
    [40, 0.2],
    [100, 0.5],
    [1000, 0.93],
    [1000, 0.004],
  ])('binomial of %d and %d', (n, p) => {
    manualSeed(3);
    const of = (k: number): number =>
      k > n
        ? 0
        : Math.exp(
            lgamma(n + 1) -
              lgamma(k + 1) -
              lgamma(n - k + 1) +
              k * Math.log(p) +
              (n - k) * Math.log1p(-p),
          );
    expect(chiSquare(binomial(n, p, { shape: [N] }), of)).toBeLessThan(1.8);
    expect(binomial(n, 0).item()).toBe(0);
    expect(binomial(n, 1).item()).toBe(n);
  });

  it.each([0.05, 0.6, 1, 2.5, 90])('gamma of %d has its mean, variance and mean logarithm', (a) => {
    manualSeed(4);
    const x = gamma(a, { shape: [N], dtype: 'float64' });
    expect(Math.abs(x.mean().item() - a)).toBeLessThan(5 * Math.sqrt(a / N));
    expect(Math.abs(x.var().item() / a - 1)).toBeLessThan(0.05 + (0.3 / Math.sqrt(a * N)) * 40);
    const logs = x.log();
    const expected = tensor(Float64Array.of(a)).digamma().item();
    expect(Math.abs(logs.mean().item() - expected)).toBeLessThan(
      (5 * logs.std().item()) / Math.sqrt(N),
    );
  });

  // I₁(κ) / I₀(κ), the mean of the cosine.
  it.each([
    [0, 0],
    [0.5, 0.24249961258],
    [4, 0.86352211],
    [100, 0.99498724],
  ])('vonMises of %d', (kappa, mean) => {
    manualSeed(5);
    const x = vonMises(kappa, { shape: [N], dtype: 'float64' });
    const cosine = x.cos();
    expect(Math.abs(cosine.mean().item() - mean)).toBeLessThan(
      (5 * cosine.std().item()) / Math.sqrt(N),
    );
    expect(Math.abs(x.mean().item())).toBeLessThan((5 * x.std().item()) / Math.sqrt(N));
    expect(x.abs().max().item()).toBeLessThanOrEqual(Math.PI);
  });

  it('each element has its own stream, independent of the others', () => {
    manualSeed(6);
    const a = gamma(tensor([0.2, 5, 30])).dataSync();
    manualSeed(6);
    const b = gamma(tensor([9, 5, 0.1])).dataSync();
    expect(b[1]).toBe(a[1]);
    expect(gamma(tensor([9, 5, 0.1])).dataSync()[1]).not.toBe(a[1]);
  });

  it('takes the shape and dtype asked for, and refuses shapes that do not fit', () => {
    expect(gamma(2, { shape: [2, 3] }).shape).toEqual([2, 3]);
    expect(poisson(tensor([1, 2], { dtype: 'int32' })).dtype).toBe('float32');
    expect(() => gamma(tensor([1, 2]), { shape: [3] })).toThrow(/\[2\]/);
    expect(() => gamma(1, { dtype: 'int32' })).toThrow(/dtype/);
  });
});

describe('the gradient of gamma variables', () => {
  it('is the derivative at a fixed quantile', () => {
    for (const [a, x, slope] of gammaSlopes)
      expect(Math.abs(gammaSlopeOf(a, x) / slope - 1), `${a} ${x}`).toBeLessThan(1e-11);
    expect(gammaSlopes.length).toBeGreaterThan(60);
  });

  it('flows to the concentration', () => {
    manualSeed(7);
    const a = tensor(Float64Array.of(0.4, 3), { requiresGrad: true });
    const x = gamma(a);
    const [g] = grad([x.sum()], [a]) as [Tensor];
    const values = x.dataSync();
    expect([...g.dataSync()]).toEqual([0.4, 3].map((c, i) => gammaSlopeOf(c, values[i] as number)));
  });
});

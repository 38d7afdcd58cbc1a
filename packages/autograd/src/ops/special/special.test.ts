/** @file The functions of `special` against multiple precision, in units in the last place, and at their edges. */
import { describe, expect, it } from 'vitest';
import { furtherSpecialValues } from '../../../test/fixtures/furtherSpecialValues.js';
import { GradError, special, tensor, type Tensor } from '../../index.js';
import { hurwitzZeta } from '../elements/gammaFunction.js';
import { besselI, besselI0e, besselI1e } from './besselFunctions.js';
import { gammainc, gammaincc } from './incompleteGamma.js';
import { logNdtrDerivative, ndtrDerivative, ndtri } from './normalDistribution.js';
import { erfcxDerivative } from './scaledTail.js';

/** A function with an order, and the units by which it may be off: more for those like gamma functions. */
const functions: Readonly<
  Record<string, readonly [(order: number, ...args: number[]) => number, number]>
> = {
  erfcx: [(n, x) => erfcxDerivative(n, x), 3],
  i0: [(n, x) => besselI(n, x), 6],
  i1: [(n, x) => besselI(n + 1, x), 6],
  i0e: [(n, x) => besselI0e(n, x), 6],
  i1e: [(n, x) => besselI1e(n, x), 6],
  ndtr: [(n, x) => ndtrDerivative(n, x), 3],
  logNdtr: [(n, x) => logNdtrDerivative(n, x), 6],
  ndtri: [(_n, p) => ndtri(p), 4],
  gammainc: [(_n, a, x) => gammainc(a, x), 5],
  gammaincc: [(_n, a, x) => gammaincc(a, x), 5],
  zeta: [(_n, s, q) => hurwitzZeta(s, q), 8],
};

describe('special functions in float64', () => {
  it.each(Object.entries(furtherSpecialValues))('%s', (name, rows) => {
    const [key, order] = name.split(' ') as [string, string];
    const [f, bound] = functions[key]!;
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      const args = row.slice(0, -1);
      const want = row.at(-1)!;
      const got = f(Number(order), ...args);
      if (Object.is(got, want)) continue;
      const units = Math.abs(got - want) / (Math.abs(want) * 2 ** -52);
      expect(units, `${name} at ${args.join(', ')}: ${got}, not ${want}`).toBeLessThan(bound);
    }
  });
});

describe('edges', () => {
  const at = (f: (x: Tensor) => Tensor, ...x: number[]): number[] =>
    Array.from(f(tensor(Float64Array.from(x))).dataSync());

  it('infinities, zeros and what is outside of the domain', () => {
    expect(at(special.erfcx, -Infinity, Infinity, NaN)).toEqual([Infinity, 0, NaN]);
    expect(at(special.entr, 0, -1, Infinity)).toEqual([0, -Infinity, -Infinity]);
    expect(at(special.ndtri, 0, 1, -0.1, 1.1)).toEqual([-Infinity, Infinity, NaN, NaN]);
    expect(at(special.logNdtr, Infinity, -Infinity)[1]).toBe(-Infinity);
    expect(at(special.i0, Infinity, -Infinity)).toEqual([Infinity, Infinity]);
    expect(at(special.i0e, Infinity)).toEqual([0]);
  });

  it('odd derivatives of an even function with a kink are 0 there, and even ones of an odd function', () => {
    for (const order of [1, 3]) expect(besselI0e(order, 0)).toBe(0);
    for (const order of [0, 2, 4]) expect(besselI1e(order, 0)).toBe(0);
  });

  it('the incomplete gamma functions', () => {
    const of = (a: number, x: number): number[] => [
      special.gammainc(tensor(a), x).item(),
      special.gammaincc(tensor(a), x).item(),
    ];
    expect(of(1, 0)).toEqual([0, 1]);
    expect(of(0, 1)).toEqual([1, 0]);
    expect(of(2, Infinity)).toEqual([1, 0]);
    expect(of(0, 0)).toEqual([NaN, NaN]);
    expect(of(-1, 2)).toEqual([NaN, NaN]);
  });

  it('the zeta function at its poles and beyond', () => {
    expect(hurwitzZeta(1, 2)).toBe(Infinity);
    expect(hurwitzZeta(0.5, 2)).toBeNaN();
    expect(hurwitzZeta(2, 0)).toBe(Infinity);
    expect(hurwitzZeta(2.5, -0.5)).toBeNaN();
    expect(hurwitzZeta(Infinity, 1)).toBe(1);
    expect(hurwitzZeta(Infinity, 0.5)).toBe(Infinity);
    expect(hurwitzZeta(2, -1e9 - 0.5)).toBeCloseTo(Math.PI ** 2, 6);
  });

  it('a derivative that is not known is an error, not a zero', () => {
    const a = tensor([2], { requiresGrad: true });
    expect(() => special.gammainc(a, 1).backward()).toThrow(GradError);
    const x = tensor([2], { requiresGrad: true });
    special.gammainc(3, x).sum().backward();
    expect(x.grad?.item()).toBeCloseTo((4 * Math.exp(-2)) / 2, 6);
  });

  it('integers become float32', () => {
    expect(special.i0(tensor([1], { dtype: 'int32' })).dtype).toBe('float32');
    expect(() => special.multigammaln(tensor([3]), 0)).toThrow(/multigammaln: p must be/);
  });
});

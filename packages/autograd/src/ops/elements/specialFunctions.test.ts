/** @file Special functions of one double against values of 17 digits: the relative error stays within a few units. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { specialValues } from '../../../test/fixtures/specialValues.js';
import { erf, erfc, erfinv } from './errorFunction.js';
import { digamma, lgamma, polygamma } from './gammaFunction.js';

const functions: Readonly<Record<string, (x: number) => number>> = {
  lgamma,
  digamma,
  trigamma: (x) => polygamma(1, x),
  erf,
  erfc,
  erfinv,
};

/** In units of 2⁻⁵², relative: the largest errors measured, with some margin. */
const units: Readonly<Record<string, number>> = { digamma: 20 };

describe('special functions to the last digits', () => {
  for (const [name, values] of Object.entries(specialValues)) {
    test.each(values)(`${name}(%s)`, (x, expected) => {
      const actual = (functions[name] as (x: number) => number)(x);
      expect(Math.abs(actual - expected) / Math.abs(expected)).toBeLessThanOrEqual(
        (units[name] ?? 6) * Number.EPSILON,
      );
    });
  }

  test('poles and infinities', () => {
    expect([0, -0, -1, -7, Infinity, -Infinity].map(lgamma)).toEqual([
      Infinity,
      Infinity,
      Infinity,
      Infinity,
      Infinity,
      Infinity,
    ]);
    expect([0, -0, -1, Infinity, -Infinity].map(digamma)).toEqual([
      -Infinity,
      Infinity,
      NaN,
      Infinity,
      NaN,
    ]);
    expect([0, -2].map((x) => polygamma(1, x))).toEqual([Infinity, Infinity]);
    expect([Infinity, -Infinity, NaN].map(erfc)).toEqual([0, 2, NaN]);
    expect([1, -1, 1.5, NaN].map(erfinv)).toEqual([Infinity, -Infinity, NaN, NaN]);
    expect([lgamma(NaN), digamma(NaN), erf(NaN)]).toEqual([NaN, NaN, NaN]);
  });

  test('polygamma of order n moves by its recurrence and is mirrored', () => {
    const real = fc
      .double({ min: -15, max: 30, noNaN: true })
      .filter((x) => Math.abs(x - Math.round(x)) > 1e-3);
    fc.assert(
      fc.property(real, fc.integer({ min: 1, max: 6 }), (x, n) => {
        // ψₙ(x + 1) = ψₙ(x) + (−1)ⁿ n! / xⁿ⁺¹
        const step =
          ((n % 2 === 0 ? 1 : -1) * ([1, 1, 2, 6, 24, 120, 720][n] as number)) / x ** (n + 1);
        const [from, to] = [polygamma(n, x), polygamma(n, x + 1)];
        // x + 1 is rounded, so the error of the argument counts too.
        const slack =
          1e-13 * (Math.abs(from) + Math.abs(step) + Math.abs(to)) +
          4e-15 * Math.abs(polygamma(n + 1, x));
        expect(Math.abs(from + step - to)).toBeLessThanOrEqual(
          slack + 4e-15 * Math.abs(polygamma(n + 1, x + 1)),
        );
      }),
    );
  });

  test('erfinv undoes erf', () => {
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (x) => {
        expect(Math.abs(erfinv(erf(x)) - x)).toBeLessThanOrEqual(2e-14 * Math.abs(x));
      }),
    );
  });
});

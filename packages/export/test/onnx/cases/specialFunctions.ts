/** @file Special functions with their first and second slopes, over where they are different formulas. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { numbers, unary, type ExportCase } from './exportCase.js';

type Special = readonly [name: string, f: (x: Tensor) => Tensor, low: number, high: number];

const { special } = cr;

const functions: readonly Special[] = [
  ['lgamma', (x) => cr.lgamma(x), -3.9, 15],
  ['digamma', (x) => cr.digamma(x), 0.1, 15],
  ['polygamma', (x) => cr.polygamma(2, x), 0.5, 9],
  ['multigammaln', (x) => special.multigammaln(x, 3), 1.1, 4],
  ['zeta', (x) => special.zeta(3, x), 0.5, 9],
  ['erfinv', (x) => cr.erfinv(x), -0.98, 0.98],
  ['ndtri', (x) => special.ndtri(x), 0.02, 0.98],
  ['erfcx', (x) => special.erfcx(x), -2, 7],
  ['logNdtr', (x) => special.logNdtr(x), -8, 4],
  ['i0', (x) => special.i0(x), -5, 5],
  ['i1', (x) => special.i1(x), -5, 5],
  ['i0e', (x) => special.i0e(x), -40, 40],
  ['i1e', (x) => special.i1e(x), -40, 40],
  ['gammainc', (x) => special.gammainc(2.5, x), 0.2, 9],
  ['gammaincc', (x) => special.gammaincc(numbers([4], 0.5, 8), x), 0.2, 9],
];

/** Of x what lies between `low` and `high`. */
export interface SpecialCase {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor[];
  readonly low: number;
  readonly high: number;
}

export const specialCases: readonly SpecialCase[] = functions.map(([name, g, low, high]) => {
  const slope = (x: Tensor): Tensor => cr.grad((y: Tensor) => g(y).sum())(x);
  const second = (x: Tensor): Tensor => cr.grad((y: Tensor) => slope(y).sum())(x);
  return { name, low, high, f: (x) => [g(x), slope(x), second(x)] };
});

const whole = (x: Tensor): Tensor => x.mul(30).cast('int32');

export const specialFunctions: readonly ExportCase[] = [
  ...specialCases.map(({ name, f, low, high }) => unary(`${name}, with its slopes`, f, low, high)),
  unary('gcd and lcm', (x) => {
    const [a, b] = [whole(x), whole(x.flip([1]))];
    return [cr.gcd(a, b), cr.lcm(a, b), cr.gcd(a, 12)];
  }),
];

/** @file The modified Bessel functions I₀ and I₁, of doubles, with derivatives of every order. */
import { fullLike, tensor, where, type Tensor } from '@chainrule/autograd';
import { elements, polynomial, type Compositions } from './composition.js';

/** Up to here functions themselves are power series; from here on those with e^(−x) follow Hankel's expansion, later for high orders. */
const NEAR = 20;
const farFor = (order: number): number => NEAR + 4 * order;

/**
 * `Σ (x/2)²ᵏ / k!²` differentiated n times, for 0 ≤ x ≤ most: positive terms, and a polynomial by what of `most` x is, because
 * runtimes drop numbers that are 0 in float32.
 */
function series(n: number, x: Tensor, most: number): Tensor {
  let k = Math.ceil(n / 2);
  let c = n % 2 === 0 ? 1 : most;
  for (let i = 1; i <= k; i++) c *= ((2 * i - 1) * (2 * i)) / (4 * i * i);
  const coefficients: number[] = [];
  for (let sum = 0; c > sum * 2 ** -55; sum += c) {
    coefficients.unshift(c);
    k++;
    c *= (most * most * (2 * k * (2 * k - 1))) / ((2 * k - n) * (2 * k - 1 - n)) / (4 * k * k);
  }
  const part = x.mul(1 / most);
  const y = polynomial(coefficients, part.square());
  return n % 2 === 0 ? y : y.mul(part);
}

/** The mean over the circle of `f(sin²(θ/2)) e^(−2x sin²(θ/2))`: equidistant points give all digits. */
function mean(f: (s: number) => number, x: Tensor, count: number): Tensor {
  const points = Array.from(
    { length: count + 1 },
    (_, k) => Math.sin((Math.PI * k) / (2 * count)) ** 2,
  );
  const weights = points.map((s, k) => f(s) / (k === 0 || k === count ? 2 * count : count));
  const terms = x
    .mul(-2)
    .unsqueeze(-1)
    .mul(tensor(Float64Array.from(points)))
    .exp();
  return terms.mul(tensor(Float64Array.from(weights))).sum(-1);
}

/** Points for all digits of e^(−x) I₀ up to x. */
const pointsFor = (x: number): number => Math.ceil(39 + 4.6 * Math.sqrt(x));

/** `(1 + c₁/x (1 + c₂/x (1 + …))) / √(2πx)` */
function hankel(x: Tensor, factor: (k: number) => number): Tensor {
  const inverse = x.reciprocal();
  let sum: Tensor = fullLike(x, 1);
  for (let k = 25; k > 0; k--) sum = sum.mul(inverse).mul(factor(k)).add(1);
  return sum.mul(inverse.mul(0.5 / Math.PI).sqrt());
}

/** The derivative of order n of `e^(−x) I₀(x)` for x ≥ 0. */
function scaledI0(n: number, x: Tensor): Tensor {
  const most = farFor(n);
  const near = x.minimum(most);
  const far = x.maximum(most);
  const inner =
    n === 0
      ? near
          .neg()
          .exp()
          .mul(series(0, near, most))
      : mean((s) => (-2 * s) ** n, near, pointsFor(most));
  let outer = hankel(far, (k) => ((2 * k - 1) * (2 * k - 1 + 2 * n)) / (8 * k));
  for (let j = 0; j < n; j++) outer = outer.mul(far.reciprocal().mul(-0.5 - j));
  return where(x.le(most), inner, outer);
}

/** The derivative of order n of `e^(−x) I₁(x)` for x ≥ 0: I₁ is the derivative of I₀. */
function scaledI1(n: number, x: Tensor): Tensor {
  if (n > 0) return scaledI0(n, x).add(scaledI0(n + 1, x));
  const near = x.minimum(NEAR);
  const inner = near
    .neg()
    .exp()
    .mul(series(1, near, NEAR));
  const outer = hankel(x.maximum(NEAR), (k) => ((2 * k - 1) ** 2 - 4) / (8 * k));
  return where(x.le(NEAR), inner, outer);
}

/** Beyond this all are infinite. */
const MAX_FINITE = 714;

/** The derivative of order n of I₀; that of order 1 is I₁. */
function besselI(n: number, x: Tensor): Tensor {
  const a = x.abs();
  const near = a.minimum(NEAR);
  const far = a.clamp(NEAR, MAX_FINITE);
  const scaled =
    n === 0
      ? scaledI0(0, far)
      : n === 1
        ? scaledI1(0, far)
        : mean((s) => (1 - 2 * s) ** n, far, pointsFor(MAX_FINITE));
  const half = far.mul(0.5).exp();
  const outer = where(a.gt(MAX_FINITE), Infinity, scaled.mul(half).mul(half));
  const y = where(a.le(NEAR), series(n, near, NEAR), outer);
  const whole = where(x.isNan(), x, y);
  return n % 2 === 0 ? whole : where(x.lt(0), whole.neg(), whole);
}

/** The derivative of order n of `e^(−|x|) I₀(x)`; at the kink, 0, those of odd orders are 0. */
function besselI0e(n: number, x: Tensor): Tensor {
  const y = scaledI0(n, x.abs());
  if (n === 0) return y;
  if (n % 2 === 0) return where(x.eq(0), scaledI1(n - 1, x.abs()), y);
  return where(x.eq(0), 0, where(x.lt(0), y.neg(), y));
}

/** The derivative of order n of `e^(−|x|) I₁(x)`, 0 for even orders at 0. */
function besselI1e(n: number, x: Tensor): Tensor {
  const y = scaledI1(n, x.abs());
  if (n % 2 === 1) return y;
  return where(x.eq(0), x, where(x.lt(0), y.neg(), y));
}

export const besselFunctions: Compositions = {
  'special.i0': elements(([x]) => besselI(0, x)),
  'special.i1': elements(([x]) => besselI(1, x)),
  'special.i0e': elements(([x]) => besselI0e(0, x)),
  'special.i1e': elements(([x]) => besselI1e(0, x)),
  'special.i0Slope': elements(([x], { order }) => besselI(order, x)),
  'special.i1Slope': elements(([x], { order }) => besselI(order + 1, x)),
  'special.i0eSlope': elements(([x], { order }) => besselI0e(order, x)),
  'special.i1eSlope': elements(([x], { order }) => besselI1e(order, x)),
};

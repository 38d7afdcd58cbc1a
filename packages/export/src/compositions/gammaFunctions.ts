/** @file The logarithm of the gamma function, its derivatives and the zeta function, of doubles. */
import { fullLike, where, type Tensor } from '@chainrule/autograd';
import { elements, polynomial, type Compositions } from './composition.js';

/** Bernoulli numbers B₂, B₄, … B₃₀. */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730,
  8553103 / 6,
  -23749461029 / 870,
  8615841276005 / 14322,
];
const HALF_LOG_2_PI = 0.9189385332046728;

/** From here on Stirling's series has all digits; smaller arguments are moved there. */
const [FAR, TERMS] = [10, 9];

/** What x is from the nearest whole number, times π. */
function turn(x: Tensor): Tensor {
  return x.sub(x.round()).mul(Math.PI);
}

/** π cot πx */
function cotangent(x: Tensor): Tensor {
  const angle = turn(x);
  // Cosines of doubles are something that runtimes lack.
  const cosine = angle
    .abs()
    .neg()
    .add(Math.PI / 2)
    .sin();
  return cosine.div(angle.sin()).mul(Math.PI);
}

/** x from `FAR` on, else x + `FAR`, and whether it is the latter. */
function moved(x: Tensor): { isMoved: Tensor; far: Tensor } {
  const isMoved = x.lt(FAR);
  return { isMoved, far: where(isMoved, x.add(FAR), x) };
}

/** What Stirling's formula lacks, with the coefficients of its series: `Σ cₖ / x²ᵏ`. */
function series(x: Tensor, coefficient: (k: number) => number): Tensor {
  const all = Array.from({ length: TERMS }, (_, k) => coefficient(TERMS - k));
  return polynomial(all, x.square().reciprocal());
}

/** `ln |Γ(x)|` */
export function lgamma(x: Tensor): Tensor {
  const below = x.lt(0.5);
  const y = where(below, x.neg().add(1), x);
  const { isMoved, far } = moved(y);
  const near = where(isMoved, y, 1);
  let product = near;
  for (let k = 1; k < FAR; k++) product = product.mul(near.add(k));
  const rest = series(far, (k) => (BERNOULLI[k - 1] as number) / (2 * k * (2 * k - 1))).div(far);
  const stirling = far
    .sub(0.5)
    .mul(far.log().sub(1))
    .add(HALF_LOG_2_PI - 0.5)
    .add(rest);
  const value = stirling.sub(where(isMoved, product, 1).log());
  const reflected = turn(x).sin().abs().reciprocal().mul(Math.PI).log().sub(value);
  return where(x.abs().eq(Infinity), Infinity, where(below, reflected, value));
}

/** The derivative of `lgamma`. */
export function digamma(x: Tensor): Tensor {
  const below = x.lt(0.5);
  const y = where(below, x.neg().add(1), x);
  const { isMoved, far } = moved(y);
  const near = where(isMoved, y, 1);
  let sum = near.reciprocal();
  for (let k = 1; k < FAR; k++) sum = sum.add(near.add(k).reciprocal());
  const inverse = far.reciprocal();
  const rest = series(far, (k) => (BERNOULLI[k - 1] as number) / (2 * k)).mul(inverse.square());
  const value = far
    .log()
    .sub(inverse.mul(0.5))
    .sub(rest)
    .sub(where(isMoved, sum, 0));
  const pole = x.lt(0).logicalAnd(x.eq(x.floor()));
  const reflected = where(pole, NaN, value.sub(cotangent(x)));
  return where(x.eq(Infinity), Infinity, where(below, reflected, value));
}

/** `Σ 1/(q + k)ˢ` for q > 0 and s > 1, by Euler and Maclaurin. */
function zetaAbove(s: Tensor, q: Tensor): Tensor {
  let sum = q.pow(s.neg());
  for (let k = 1; k < FAR; k++) sum = sum.add(q.add(k).pow(s.neg()));
  const a = q.add(FAR);
  const power = a.pow(s.neg());
  sum = sum.add(a.pow(s.neg().add(1)).div(s.sub(1))).add(power.mul(0.5));
  let factor = power.mul(s.div(a));
  let factorial = 1;
  BERNOULLI.forEach((b, i) => {
    const k = 2 * i + 1;
    factorial *= k * (k + 1);
    sum = sum.add(factor.mul(b / factorial));
    factor = factor.mul(s.add(k).div(a)).mul(s.add(k + 1).div(a));
  });
  return where(q.eq(Infinity), 0, sum);
}

/** The zeta function of Hurwitz: below 0 lie powers of f, 1 + f, … −q, above 0 of 1 − f, 2 − f, …. */
function zeta(order: Tensor, q: Tensor): Tensor {
  // Beyond, only infinity itself is something else, for q ≤ 0.
  const s = order.minimum(1e300);
  const isAbove = q.gt(0);
  const rest = q.neg().sub(q.neg().floor());
  const above = zetaAbove(s, where(isAbove, q, rest.neg().add(1)));
  const below = zetaAbove(s, where(isAbove, 1, rest)).sub(
    zetaAbove(s, where(isAbove, 2, q.neg().add(1))),
  );
  const half = s.mul(0.5);
  const signed = where(half.eq(half.floor()), below, below.neg());
  const isPole = isAbove.logicalNot().logicalAnd(q.eq(q.floor()));
  const value = where(isPole, Infinity, where(isAbove, above, signed.add(above)));
  const isEven = isPole.logicalOr(s.eq(s.floor())).logicalAnd(order.lt(Infinity));
  const isFinite = q.gt(-Infinity).logicalAnd(isAbove.logicalOr(isEven));
  const isKnown = s.gt(1).logicalAnd(isFinite);
  const hasPole = s.eq(1).logicalAnd(q.isNan().logicalNot());
  return where(hasPole, Infinity, where(isKnown, value, NaN));
}

/** The derivative of order n ≥ 1 of digamma. */
function polygamma(n: number, x: Tensor): Tensor {
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const sign = n % 2 === 1 ? 1 : -1;
  const below = x.lt(0);
  const y = where(below, x.neg().add(1), x);
  const value = zetaAbove(fullLike(x, n + 1), y).mul(sign * factorial);
  // The derivatives of the cotangent as polynomials in it: d/dx p(cot πx) = −π (1 + cot²) p′(cot πx).
  let p = [0, 1];
  for (let k = 0; k < n; k++) {
    const next = new Array<number>(p.length + 1).fill(0);
    p.forEach((c, i) => {
      if (i === 0) return;
      next[i - 1] = (next[i - 1] as number) - i * c;
      next[i + 1] = (next[i + 1] as number) - i * c;
    });
    p = next;
  }
  const slopes = polynomial(p.reverse(), cotangent(x).div(Math.PI)).mul(Math.PI ** (n + 1));
  const reflected = value.mul(n % 2 === 0 ? 1 : -1).sub(slopes);
  const pole = x.le(0).logicalAnd(x.eq(x.floor()));
  const atPole = where(x.eq(-Infinity), NaN, n % 2 === 1 ? Infinity : NaN);
  return where(pole, atPole, where(below, reflected, value));
}

export const gammaFunctions: Compositions = {
  lgamma: elements(([x]) => lgamma(x)),
  digamma: elements(([x]) => digamma(x)),
  polygamma: elements(([x], { order }) => (order === 0 ? digamma(x) : polygamma(order, x))),
  'special.zeta': elements(([s, q]) => zeta(s, q)),
};

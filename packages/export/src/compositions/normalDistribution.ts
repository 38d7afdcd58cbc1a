/** @file The tail of the normal distribution, its logarithm and quantiles, of doubles, with derivatives of every order. */
import { fullLike, where, zerosLike, type Tensor } from '@chainrule/autograd';
import { elements, polynomial, type Compositions } from './composition.js';

const ROOT_PI = Math.sqrt(Math.PI);

/**
 * `ln(erfcx(x) / t)` for x ≥ 0 by `2t − 1` with `t = 2 / (2 + x)`, from the highest power; within 1e-18 by Chebyshev
 * interpolation.
 */
const TAIL = [
  6.249457280991351e-10, 6.714920393601979e-12, -6.421087129613183e-9, 4.013877704214506e-9,
  2.589763598195963e-8, -3.9024931626661816e-8, -2.6872987499866794e-8, 1.5307318366323928e-7,
  -2.1376119174178424e-7, -1.6817283194044123e-7, 1.2186833373805656e-6, -1.2725805279147717e-6,
  -2.928567024161788e-6, 8.562779099386524e-6, 1.2915164139087769e-7, -3.0187948093951486e-5,
  3.1747859436922955e-5, 7.140103219748502e-5, -0.0001743035278020314, -9.373503465815823e-5,
  0.0006736788796142943, -0.0001462468629421063, -0.0023458125081223134, 0.001758933557766382,
  0.00882493855745383, -0.009872689366388684, -0.04689561023118475, 0.04734330684190441,
  0.6726432239776567, -0.6717940840566923,
];

/** `ln(e^(x²) erfc(x))` for x ≥ 0. */
function logTail(x: Tensor): Tensor {
  const t = x.add(2).reciprocal().mul(2);
  return polynomial(TAIL, t.mul(2).sub(1)).add(t.log());
}

/** `e^(x²)` from an exact square and what is left of it; infinite where that exceeds doubles. */
function expOfSquare(x: Tensor, sign: 1 | -1): Tensor {
  const a = x.abs().minimum(40);
  const head = a
    .mul(2 ** 12)
    .round()
    .mul(2 ** -12);
  return head
    .square()
    .mul(sign)
    .exp()
    .mul(a.sub(head).mul(a.add(head)).mul(sign).exp());
}

/** `e^(x²) erfc(x)` */
function erfcx(x: Tensor): Tensor {
  const tail = logTail(x.abs()).exp();
  return where(x.lt(0), expOfSquare(x, 1).mul(2).sub(tail), tail);
}

/** From here on continued fractions have all digits after `DEPTH` steps, before it differences have. */
const [FAR, DEPTH] = [3, 60];

/** `Wₖ(x) / Wₖ₋₁(x)` for k = 1 … n and x ≥ `FAR`, the Wₖ being repeated integrals of erfc, scaled. */
function tailRatios(n: number, x: Tensor): Tensor[] {
  const ratios: Tensor[] = [];
  let ratio: Tensor = zerosLike(x);
  for (let k = n + DEPTH; k > 0; k--) {
    ratio = x
      .add(ratio.mul(k + 1))
      .reciprocal()
      .mul(0.5);
    if (k <= n) ratios.unshift(ratio);
  }
  return ratios;
}

/** The derivative of order n of erfcx: `(−2)ⁿ n! Wₙ`. */
function erfcxSlope(n: number, x: Tensor): Tensor {
  const value = erfcx(x);
  if (n === 0) return value;
  const isFar = x.ge(FAR);
  const near = x.minimum(FAR);
  let [before, w]: [Tensor, Tensor] = [fullLike(x, 2 / ROOT_PI), where(isFar, 0, value)];
  let far = value;
  let scale = 1;
  tailRatios(n, x.maximum(FAR)).forEach((ratio, i) => {
    const k = i + 1;
    [before, w] = [w, before.sub(near.mul(w).mul(2)).div(2 * k)];
    far = far.mul(ratio);
    scale *= -2 * k;
  });
  return where(isFar, far, w).mul(scale);
}

/** `ln(1 + x)`, of small x too. */
function log1p(x: Tensor): Tensor {
  const sum = x.add(1);
  const lost = sum.sub(1);
  const none = lost.eq(0);
  return where(
    none,
    x,
    sum
      .log()
      .mul(x)
      .div(where(none, 1, lost)),
  );
}

/** The derivative of order n of the logarithm of the normal distribution's function. */
function logNdtr(n: number, x: Tensor): Tensor {
  const t = x.abs().mul(Math.SQRT1_2);
  const log = logTail(t);
  if (n === 0) {
    const left = log.sub(x.square().mul(0.5)).sub(Math.LN2);
    const right = log1p(log.exp().mul(expOfSquare(t, -1)).mul(-0.5));
    return where(x.eq(-Infinity), -Infinity, where(x.gt(0), right, left));
  }
  // h = φ/Φ, and h′ = −h (x + h), where x + h keeps its digits far below 0.
  const density = expOfSquare(t, -1).mul(1 / Math.sqrt(2 * Math.PI));
  const right = density.div(log.exp().mul(expOfSquare(t, -1)).mul(-0.5).add(1));
  const left = log
    .neg()
    .exp()
    .mul(Math.sqrt(2 / Math.PI));
  const isFar = x.lt(-FAR * Math.SQRT2);
  const [ratio] = tailRatios(1, t.maximum(FAR)) as [Tensor];
  const rest = ratio.mul(Math.SQRT2);
  const first = where(x.gt(0), right, where(isFar, rest.sub(x), left));
  const h = [first];
  const sums = [where(isFar, rest, x.add(first))];
  for (let order = 1; order < n; order++) {
    // Leibniz' rule for −h · (x + h)
    let next: Tensor = zerosLike(x);
    let choose = 1;
    for (let j = 0; j < order; j++) {
      next = next.sub((h[j] as Tensor).mul(sums[order - 1 - j] as Tensor).mul(choose));
      choose = (choose * (order - 1 - j)) / (j + 1);
    }
    h.push(next);
    sums.push(order === 1 ? next.add(1) : next);
  }
  const value = h[n - 1] as Tensor;
  const atLeft = n === 1 ? Infinity : n === 2 ? -1 : 0;
  return where(x.eq(Infinity), 0, where(x.eq(-Infinity), atLeft, value));
}

/** erf(x) / x by x² up to ½, from the highest power: `2/√π Σ (−1)ᵏ x²ᵏ / (k! (2k + 1))`. */
const ERF: number[] = [];
for (let k = 0, c = 2 / ROOT_PI; k < 16; k++, c /= -k) ERF.unshift(c / (2 * k + 1));

/** Up to here erf itself is equated, beyond it the logarithm of erfc. */
const CENTRE = 0.6;
/** Newton's steps from three digits to all of them. */
const STEPS = 3;

/** The y ≥ 0 with `erf(y) = inside` and `erfc(y) = outside`, of which the smaller one counts. */
function quantile(inside: Tensor, outside: Tensor): Tensor {
  const isCentre = inside.lt(CENTRE);
  const logarithm = where(isCentre, 1, outside).log();
  // Abramowitz and Stegun, 26.2.23
  const t = outside.mul(0.5).log().mul(-2).sqrt();
  const above = polynomial([0.010328, 0.802853, 2.515517], t);
  let y = t.sub(above.div(polynomial([0.001308, 0.189269, 1.432788, 1], t))).mul(Math.SQRT1_2);
  for (let i = 0; i < STEPS; i++) {
    const log = logTail(y);
    const square = y.square();
    const near = y.minimum(1);
    const short = near.mul(polynomial(ERF, near.square())).sub(inside);
    const step = where(
      isCentre,
      short.mul(near.square().exp()),
      logarithm.sub(log).add(square).mul(log.exp()),
    );
    y = y.sub(step.mul(ROOT_PI / 2));
  }
  return where(outside.eq(0), Infinity, where(outside.lt(0), NaN, y));
}

/** The number below which p of the normal distribution lies. */
function ndtri(p: Tensor): Tensor {
  const least = p.minimum(p.neg().add(1));
  const y = quantile(p.mul(2).sub(1).abs(), least.mul(2)).mul(Math.SQRT2);
  return where(p.lt(0.5), y.neg(), y);
}

export const normalDistribution: Compositions = {
  erfinv: elements(([x]) => {
    const y = quantile(x.abs(), x.abs().neg().add(1));
    return where(x.lt(0), y.neg(), y);
  }),
  scaledTail: elements(([x], { order }) => erfcxSlope(order, x)),
  'special.erfcx': elements(([x], { order }) => erfcxSlope(order, x)),
  'special.logNdtr': elements(([x], { order }) => logNdtr(order, x)),
  'special.ndtri': elements(([p]) => ndtri(p)),
};

/** @file What is left of `ln Γ` after Stirling's formula: densities of large parameters, without the loss of its difference. */
import { digamma, lgamma, log1p, where, type Tensor } from '@chainrule/autograd';

/** From here on the series below are exact in float64, and differences of `lgamma` begin to lose digits. */
const LARGE = 16;

/** `½ ln 2π`. */
export const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/** `f`, or where the parameter is large `g`, which uses these series. */
export function ifLarge(a: Tensor, f: Tensor, g: Tensor): Tensor {
  return where(a.ge(LARGE), g, f);
}

/** `ln Γ(a) − ((a − ½) ln a − a + ½ ln 2π)` of a large a. */
export function stirlingRest(a: Tensor): Tensor {
  return series(a, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188]);
}

/** `ln a − 1 / (2a) − ψ(a)` of a large a. */
export function digammaRest(a: Tensor): Tensor {
  return series(a, [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132]).div(a);
}

/** The odd powers of 1 / a with these coefficients. */
function series(a: Tensor, coefficients: readonly number[]): Tensor {
  const r = a.reciprocal();
  const square = r.square();
  const [last = 0, ...others] = [...coefficients].reverse();
  return others.reduce((sum, c) => square.mul(sum).add(c), square.mul(0).add(last)).mul(r);
}

/**
 * `plain`, which is `a ln y − y − ln Γ(a) − ln x`; where a is large and y not far below it, computed without the differences
 * of these terms, which there are much larger than the result.
 */
export function logGammaDensity(a: Tensor, y: Tensor, x: Tensor, plain: Tensor): Tensor {
  const u = y.sub(a).div(a);
  const near = a
    .mul(log1p(u).sub(u))
    .add(a.log().mul(0.5))
    .sub(stirlingRest(a).add(HALF_LOG_TAU))
    .sub(x.log());
  return where(a.ge(LARGE).logicalAnd(y.mul(2).gt(a)), near, plain);
}

/** `ln Γ(a) − ln Γ(a + ½) + ½ ln a`, which goes to 0. */
export function logGammaHalfStep(a: Tensor): Tensor {
  const next = a.add(0.5);
  const half = a.log().mul(0.5);
  const plain = lgamma(a).sub(lgamma(next)).add(half);
  const step = a.mul(log1p(a.mul(2).reciprocal()));
  const near = stirlingRest(a).sub(stirlingRest(next)).sub(step).add(0.5);
  return ifLarge(a, plain, near);
}

/** `ψ(a + ½) − ψ(a)`. */
export function digammaHalfStep(a: Tensor): Tensor {
  const next = a.add(0.5);
  const plain = digamma(next).sub(digamma(a));
  const near = log1p(a.mul(2).reciprocal())
    .add(a.mul(next).mul(4).reciprocal())
    .add(digammaRest(a).sub(digammaRest(next)));
  return ifLarge(a, plain, near);
}

/** @file The regularized incomplete gamma functions, of doubles: a series below x ≈ a, a continued fraction above. */
import { where, whileLoop, type Tensor } from '@chainrule/autograd';
import { elements, polynomial, type Compositions } from './composition.js';
import { lgamma } from './gammaFunctions.js';

/** Smaller terms count no more. */
const ENOUGH = 1e-17;
/** What the largest a needs, of which `√a` steps are taken. */
const MAX_STEPS = 100_000;

/** What Stirling's formula for Γ(a + 1) lacks, by 1/a², times a. */
const STIRLING = [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

/** `xᵃ e⁻ˣ / Γ(a + 1)` for a, x > 0: for large a from how far `x/a` is from 1. */
function density(a: Tensor, x: Tensor): Tensor {
  const isLarge = a.ge(10);
  const few = where(isLarge, 1, a);
  const small = few
    .mul(x.log())
    .sub(x)
    .sub(lgamma(few.add(1)));
  const many = a.maximum(10);
  const ratio = x.div(many);
  const correction = polynomial(STIRLING, many.square().reciprocal()).div(many);
  const large = ratio.log().add(1).sub(ratio).mul(many).sub(correction);
  const root = where(isLarge, many.mul(2 * Math.PI).sqrt(), 1);
  return where(isLarge, large, small).exp().div(root);
}

type Pair = [Tensor, Tensor];

/** `1 + x/(a + 1) + x²/((a + 1)(a + 2)) + …` */
function series(a: Tensor, x: Tensor): Tensor {
  type Carry = [k: Tensor, term: Tensor, sum: Tensor];
  const one = a.mul(x).mul(0).add(1);
  const [, , sum] = whileLoop(
    ([, term, sum]: Carry) => term.gt(sum.mul(ENOUGH)).any(),
    ([k, term, sum]: Carry): Carry => {
      const next = term.mul(x).div(a.add(k));
      return [k.add(1), next, sum.add(next)];
    },
    [one, one, one] as Carry,
    { maxIterations: MAX_STEPS },
  );
  return sum;
}

/** `1 / (x + 1 − a − 1 (1 − a) / (x + 3 − a − 2 (2 − a) / …))` by Lentz's method. */
function fraction(a: Tensor, x: Tensor): Tensor {
  type Carry = [k: Tensor, b: Tensor, c: Tensor, d: Tensor, h: Tensor, rest: Tensor];
  const b = x.add(1).sub(a);
  const d = b.reciprocal();
  const one = b.mul(0).add(1);
  const [, , , , h] = whileLoop(
    ([, , , , , rest]: Carry) => rest.gt(2 ** -51).any(),
    ([k, b, c, d, h]: Carry): Carry => {
      const p = k.mul(a.sub(k));
      const next = b.add(2);
      const over = p.mul(d).add(next).reciprocal();
      const under = next.add(p.div(c));
      const factor = over.mul(under);
      return [k.add(1), next, under, over, h.mul(factor), factor.sub(1).abs()];
    },
    [one, b, one.mul(1e300), d, d, one] as Carry,
    { maxIterations: MAX_STEPS },
  );
  return h;
}

/** P and Q. */
function gammas(a: Tensor, x: Tensor): Pair {
  const refused = a.ge(0).logicalAnd(x.ge(0)).logicalNot();
  const atEdge = a.eq(0).logicalOr(x.eq(0)).logicalOr(a.eq(Infinity)).logicalOr(x.eq(Infinity));
  const isEdge = atEdge.logicalOr(refused);
  // Of small a both are good near 1, but what is left of 1 has fewer digits.
  const isBelow = x.lt(where(a.lt(1), 0.7, a.add(1)));
  const [here, there] = [isEdge.logicalNot().logicalAnd(isBelow), isEdge.logicalOr(isBelow)];
  // What the other one computes must end at once, too.
  const lower = density(where(here, a, 1), where(here, x, 1)).mul(
    series(where(here, a, 1), where(here, x, 0.5)),
  );
  const [p, y] = [where(there, 1, a), where(there, 3, x)];
  const upper = density(p, y).mul(p).mul(fraction(p, y));
  // 0 on the left of a, 1 on the right of it, and NaN where both ends meet.
  const isZero = x.eq(0).logicalOr(a.eq(Infinity));
  const isOne = a.eq(0).logicalOr(x.eq(Infinity));
  const edge = where(
    refused.logicalOr(isZero.logicalAnd(isOne)),
    NaN,
    where(isOne, 1, 0).cast('float64'),
  );
  const choose = (own: Tensor, other: Tensor, end: Tensor): Tensor =>
    where(isEdge, end, where(isBelow, own, other));
  return [
    choose(lower, upper.neg().add(1), edge),
    choose(lower.neg().add(1), upper, edge.neg().add(1)),
  ];
}

/** `xᵃ⁻¹ e⁻ˣ / Γ(a)` */
function gammaDensity(a: Tensor, x: Tensor): Tensor {
  const inside = a.gt(0).logicalAnd(x.gt(0)).logicalAnd(x.lt(Infinity));
  const [p, y] = [where(inside, a, 1), where(inside, x, 1)];
  const value = density(p, y).mul(p.div(y));
  const atZero = where(a.lt(1), Infinity, where(a.eq(1), 1, 0));
  const edge = where(a.eq(0).logicalOr(x.eq(Infinity)), 0, atZero);
  const refused = a.ge(0).logicalAnd(x.ge(0)).logicalNot();
  return where(refused, NaN, where(inside, value, edge));
}

export const incompleteGamma: Compositions = {
  'special.gammainc': elements(([a, x]) => gammas(a, x)[0]),
  'special.gammaincc': elements(([a, x]) => gammas(a, x)[1]),
  'special.gammaDensity': elements(([a, x]) => gammaDensity(a, x)),
};

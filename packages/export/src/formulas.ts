/** @file Functions that other formats lack, written with operations that all of them have. */

/** Writes element-wise instructions; `V` represents a value. */
export interface Formulas<V> {
  number(x: number): V;
  add(x: V, y: V): V;
  sub(x: V, y: V): V;
  mul(x: V, y: V): V;
  div(x: V, y: V): V;
  abs(x: V): V;
  sin(x: V): V;
  cos(x: V): V;
  floor(x: V): V;
  /** Rounds to the nearest integer, ties to even. */
  round(x: V): V;
  /** `x` where `a < b`, else `y`. */
  whereLess(a: V, b: V, x: V, y: V): V;
}

/**
 * The derivative of order `n` of `sin(πx) / (πx)`: its series near 0, and elsewhere the recurrence `t Sₙ + n Sₙ₋₁ = dⁿ
 * sin(t)/dtⁿ`, which is stable unless t is small compared with n.
 */
export function sincSlope<V>(k: Formulas<V>, x: V, n: number): V {
  const t = k.mul(x, k.number(Math.PI));
  const slope = k.whereLess(k.abs(t), k.number(n + 1), near(k, t, n), far(k, x, t, n));
  return k.mul(slope, k.number(Math.PI ** n));
}

/** `Σ (−1)ʲ t^(2j − n) / ((2j − n)! (2j + 1))`, nested, for |t| < n + 1. */
function near<V>(k: Formulas<V>, t: V, n: number): V {
  const coefficients: number[] = [];
  const first = Math.ceil(n / 2);
  let power = 1;
  for (let j = first; j < first + 40 && power > 1e-18; j++) {
    let factorial = 1;
    for (let i = 2; i <= 2 * j - n; i++) factorial *= i;
    power = (n + 1) ** (2 * j - n) / factorial;
    coefficients.push((j % 2 === 0 ? 1 : -1) / (factorial * (2 * j + 1)));
  }
  const square = k.mul(t, t);
  const sum = coefficients
    .map((c) => k.number(c))
    .reduceRight((inner, c) => k.add(k.mul(inner, square), c));
  return n % 2 === 0 ? sum : k.mul(sum, t);
}

function far<V>(k: Formulas<V>, x: V, t: V, n: number): V {
  // sin πx is exact at integers only after the reduction of x.
  const whole = k.round(x);
  const odd = k.sub(whole, k.mul(k.floor(k.mul(whole, k.number(0.5))), k.number(2)));
  const sign = k.sub(k.number(1), k.mul(odd, k.number(2)));
  const rest = k.mul(k.sub(x, whole), k.number(Math.PI));
  const [sine, cosine] = [k.mul(sign, k.sin(rest)), k.mul(sign, k.cos(rest))];
  const minus = (v: V): V => k.sub(k.number(0), v);
  const cycle = [sine, cosine, minus(sine), minus(cosine)];
  let y = k.div(sine, t);
  for (let i = 1; i <= n; i++) y = k.div(k.sub(cycle[i % 4] as V, k.mul(y, k.number(i))), t);
  return y;
}

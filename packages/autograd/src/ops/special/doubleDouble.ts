/**
 * @file Sums of two doubles as numbers of 106 bits (T. J. Dekker, "A floating-point technique for extending the available
 * precision", 1971): for exponents, whose absolute error is the relative error of a power.
 */

/** `hi + lo`, with `|lo|` at most half a unit in the last place of `hi`. */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

/** `a + b`, exactly. */
export function twoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const t = hi - a;
  return { hi, lo: a - (hi - t) + (b - t) };
}

/** `a · b`, exactly, for factors below 2⁹⁹⁵. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const [a1, a2] = halves(a);
  const [b1, b2] = halves(b);
  return { hi, lo: a1 * b1 - hi + a1 * b2 + a2 * b1 + a2 * b2 };
}

function halves(a: number): [number, number] {
  const t = 134217729 * a;
  const head = t - (t - a);
  return [head, a - head];
}

/** `a + b`. */
export function plus(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const s = twoSum(a.hi, b.hi);
  return twoSum(s.hi, s.lo + a.lo + b.lo);
}

/** `a · b`. */
export function timesDouble(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const p = twoProduct(a.hi, b.hi);
  return twoSum(p.hi, p.lo + a.hi * b.lo + a.lo * b.hi);
}

/** `a / b`. */
export function over(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const q = a.hi / b.hi;
  const p = timesDouble({ hi: q, lo: 0 }, b);
  const rest = plus(a, { hi: -p.hi, lo: -p.lo });
  return twoSum(q, rest.hi / b.hi);
}

/**
 * `1 + x/d₁ (1 + x/d₂ (1 + …))` with a given number of positive terms, from its end, including the rounding error of each step.
 */
export function nestedSum(
  x: DoubleDouble,
  terms: number,
  divisor: (n: number) => DoubleDouble,
): DoubleDouble {
  let sum = 1;
  let lost = 0;
  for (let n = terms; n > 0; n--) {
    const d = divisor(n);
    const ratio = x.hi / d.hi;
    const back = twoProduct(ratio, d.hi);
    const rest = (x.hi - back.hi - back.lo + x.lo - ratio * d.lo) / d.hi;
    const product = twoProduct(sum, ratio);
    const next = twoSum(1, product.hi);
    lost = lost * ratio + sum * rest + product.lo + next.lo;
    sum = next.hi;
  }
  return twoSum(sum, lost);
}

const LN_2: DoubleDouble = { hi: 0.6931471805599453, lo: 2.3190468138462996e-17 };

/** The logarithm of a positive quotient `a / b`, as `k ln 2 + 2 artanh((a' − b) / (a' + b))` with a'/b between √½ and √2. */
export function logOfRatio(a: number, b: number): DoubleDouble {
  const k = Math.round(Math.log2(a) - Math.log2(b));
  const half = Math.trunc(k / 2);
  const scaled = a * 2 ** -half * 2 ** (half - k);
  const s = over(twoSum(scaled, -b), twoSum(scaled, b));
  const square = timesDouble(s, s);
  let series: DoubleDouble = { hi: 0, lo: 0 };
  for (let n = 39; n >= 1; n -= 2)
    series = plus(timesDouble(series, square), over({ hi: 1, lo: 0 }, { hi: n, lo: 0 }));
  const main = timesDouble({ hi: 2 * s.hi, lo: 2 * s.lo }, series);
  return k === 0 ? main : plus(timesDouble({ hi: k, lo: 0 }, LN_2), main);
}

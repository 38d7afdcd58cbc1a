/** @file The derivatives of `sin(πx) / (πx)`, of one double. */

/** The derivative of order n of `sin(t)/t` at t = πx, times πⁿ. */
export function sincDerivative(n: number, x: number): number {
  const t = Math.PI * x;
  if (Math.abs(x) === Infinity) return NaN;
  return Math.PI ** n * (Math.abs(t) < n + 1 ? small(n, t) : large(n, x, t));
}

/** `Σ (−1)ᵏ (2k)! / ((2k − n)! (2k + 1)!) t^(2k − n)`: the series of sin(t)/t, differentiated term by term. */
function small(n: number, t: number): number {
  const first = Math.ceil(n / 2);
  // (2k)! / ((2k − n)! (2k + 1)!) = 1 / ((2k − n)! (2k + 1))
  let power = first * 2 === n ? 1 : t;
  let sum = 0;
  for (let k = first; k < first + 40; k++) {
    const term = power / (2 * k + 1);
    sum += k % 2 === 0 ? term : -term;
    if (Math.abs(term) <= Math.abs(sum) * 1e-18) break;
    power *= (t * t) / ((2 * k - n + 1) * (2 * k - n + 2));
  }
  return sum;
}

/** By `t Sₙ + n Sₙ₋₁ = dⁿ sin(t)/dtⁿ`, which is stable unless t is small compared to n. */
function large(n: number, x: number, t: number): number {
  // sin πx is exact at whole numbers only after x is reduced.
  const whole = Math.round(x);
  const sign = whole % 2 === 0 ? 1 : -1;
  const sine = sign * Math.sin(Math.PI * (x - whole));
  const cosine = sign * Math.cos(Math.PI * (x - whole));
  const cycle = [sine, cosine, -sine, -cosine];
  let y = sine / t;
  for (let k = 1; k <= n; k++) y = (cycle[k % 4]! - k * y) / t;
  return y;
}

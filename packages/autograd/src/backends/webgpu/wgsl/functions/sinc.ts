/** @file sin(πx)/(πx) and its derivatives. */
import { type FunctionTexts } from './text.js';

export const sinc: FunctionTexts = {
  /** The derivative of order n of sin(πx)/(πx): a series around 0, elsewhere from the order below. */
  sincOf: {
    needs: ['sinf', 'cosf', 'isnan'],
    code: `fn sincOf(n: u32, x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (abs(x) < 0.3 + 0.2 * f32(n)) {
    var sum = 0.0; var term = 1.0;
    // Σ (−1)ᵏ π²ᵏ x^(2k−n) / ((2k + 1) (2k − n)!), from the first k with 2k ≥ n.
    for (var k = 0u; k < 24u; k++) {
      if (2u * k < n) { continue; }
      let e = 2u * k - n; term = 1.0;
      for (var i = 1u; i <= e; i++) { term = term * (3.141592653589793f * x) / f32(i); }
      sum = sum + select(term, -term, (k & 1u) == 1u) / f32(2u * k + 1u);
    }
    for (var i = 0u; i < n; i++) { sum = sum * 3.141592653589793f; }
    return sum;
  }
  let whole = round(x); let r = 3.141592653589793f * (x - whole); let flip = select(1.0, -1.0, (i32(whole) & 1) == 1);
  let s = sinf(r) * flip; let c = cosf(r) * flip;
  var y = s / (3.141592653589793f * x); var power = 1.0;
  for (var k = 1u; k <= n; k++) {
    let turn = k & 3u;
    let side = select(select(s, c, turn == 1u), select(-s, -c, turn == 3u), turn >= 2u);
    y = (power * side - f32(k) * y) / x; power = power * 3.141592653589793f;
  }
  return y;
}`,
  },
};

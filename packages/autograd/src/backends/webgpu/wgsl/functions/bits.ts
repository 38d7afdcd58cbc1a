/** @file Functions on the bits of a number: NaN, infinities, signs, neighbours. */
import { type FunctionTexts } from './text.js';

export const bits: FunctionTexts = {
  inf: { needs: [], code: 'fn inf() -> f32 { return bitcast<f32>(p[0].y); }' },
  nan: { needs: [], code: 'fn nan() -> f32 { return bitcast<f32>(p[0].w); }' },
  isnan: {
    needs: [],
    code: 'fn isnan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  },
  isinf: {
    needs: [],
    code: 'fn isinf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  },
  negative: {
    needs: [],
    code: 'fn negative(x: f32) -> bool { return (bitcast<u32>(x) >> 31u) == 1u; }',
  },
  withSign: {
    needs: [],
    code: 'fn withSign(y: f32, x: f32) -> f32 { return bitcast<f32>((bitcast<u32>(y) & 0x7fffffffu) | (bitcast<u32>(x) & 0x80000000u)); }',
  },
  truth: {
    needs: [],
    code: 'fn truth(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) != 0u; }',
  },
  signf: {
    needs: [],
    code: 'fn signf(x: f32) -> f32 { return select(select(0.0, -1.0, x < 0.0), 1.0, x > 0.0); }',
  },
  nextafterf: {
    needs: ['isnan', 'withSign'],
    code: `fn nextafterf(x: f32, y: f32) -> f32 {
  if (isnan(x)) { return x; } if (isnan(y)) { return y; }
  let a = bitcast<i32>(x); let b = bitcast<i32>(y);
  if (a == b || ((bitcast<u32>(x) | bitcast<u32>(y)) & 0x7fffffffu) == 0u) { return y; }
  if ((bitcast<u32>(x) & 0x7fffffffu) == 0u) { return withSign(bitcast<f32>(1u), y); }
  let up = (x < y) == (x > 0.0);
  return bitcast<f32>(select(a - 1, a + 1, up));
}`,
  },
  /** A compiler turns the choice into one instruction, for which NaN is the smaller of the two. */
  reluf: {
    needs: ['isnan'],
    code: 'fn reluf(x: f32) -> f32 { return select(select(x, 0.0, x <= 0.0), x, isnan(x)); }',
  },
  /**
   * The number itself, hidden from the compiler: a product stays rounded before it is added to something, so that all passes
   * over a row agree on it, and `x - x` is not replaced by 0, which would be wrong for NaN.
   */
  rounded: {
    needs: [],
    code: 'fn rounded(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ (p[0].y ^ 0x7f800000u)); }',
  },
  /** The rounding error of a product: from halves of the digits, whose products are exact on every device. */
  productRest: {
    needs: [],
    code: `fn headOf(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }
fn productRest(a: f32, b: f32, product: f32) -> f32 {
  let p = headOf(a); let q = headOf(b); let r = a - p; let s = b - q;
  return (((p * q - product) + p * s) + r * q) + r * s;
}`,
  },
  maxf: {
    needs: ['isnan'],
    code: 'fn maxf(a: f32, b: f32) -> f32 { if (isnan(a)) { return a; } if (isnan(b)) { return b; } return select(b, a, a > b); }',
  },
  minf: {
    needs: ['isnan'],
    code: 'fn minf(a: f32, b: f32) -> f32 { if (isnan(a)) { return a; } if (isnan(b)) { return b; } return select(b, a, a < b); }',
  },
  strong: {
    needs: [],
    code: 'fn strong(a: f32, b: f32) -> f32 { if (a == 0.0) { return 0.0; } return a * b; }',
  },
  strongBoth: {
    needs: [],
    code: 'fn strongBoth(a: f32, b: f32) -> f32 { if (a == 0.0 || b == 0.0) { return 0.0; } return a * b; }',
  },
  toInt: {
    needs: ['isnan'],
    code: 'fn toInt(x: f32) -> i32 { if (isnan(x)) { return 0; } if (x >= 2147483648.0) { return 2147483647; } if (x <= -2147483648.0) { return -2147483647 - 1; } return i32(x); }',
  },
};

/** @file The exponential function and functions based on it. */
import { horner, LN2_HIGH, LN2_LOW, LOG2E, number, type FunctionTexts } from './text.js';

const EXP = [0.00138190319, 0.00836871564, 0.0416682884, 0.166665211, 0.49999994];
const EXP2 = [
  1.5353361883195e-4, 1.339887440266574e-3, 9.61843735767464e-3, 5.550332471162809e-2,
  2.402264791363012e-1, 6.931472028550421e-1,
];
const DOUBLE_EXPM1 = [0.0887624547, 0.267726094, 0.666679263, 1.3333236, 1.99999988];
const LOG1P = [
  -0.00330601609, 0.0201483499, -0.0575585775, 0.106697984, -0.153490216, 0.196931824, -0.24958156,
  0.333304703, -0.499999315,
];

export const exponential: FunctionTexts = {
  /** y · 2ⁿ in two factors, so that no power overflows before the result does. */
  scaled: {
    needs: [],
    code: `fn scaled(y: f32, n: i32) -> f32 {
  let low = n >> 1u; let high = n - low;
  return y * bitcast<f32>(u32(low + 127) << 23u) * bitcast<f32>(u32(high + 127) << 23u);
}`,
  },
  /** eˣ − 1 − x for a small x. */
  expTail: {
    needs: [],
    code: `fn expTail(r: f32) -> f32 { return ${horner('r', EXP)} * (r * r); }`,
  },
  expf: {
    needs: ['scaled', 'expTail', 'isnan', 'inf'],
    code: `fn expf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x > 88.7228394f) { return inf(); }
  if (x < -104.0f) { return 0.0; }
  let n = round(x * ${LOG2E});
  let r = fma(n, -(${LN2_LOW}), fma(n, -${LN2_HIGH}, x));
  return scaled((expTail(r) + r) + 1.0, i32(n));
}`,
  },
  exp2f: {
    needs: ['scaled', 'isnan', 'inf'],
    code: `fn exp2f(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x >= 128.0) { return inf(); }
  if (x < -150.0) { return 0.0; }
  let n = round(x); let r = x - n;
  return scaled(fma(${horner('r', EXP2)}, r, 1.0), i32(n));
}`,
  },
  expm1f: {
    needs: ['expTail', 'isnan', 'expf', 'scaled'],
    code: `fn expm1f(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  if (x < -18.0) { return -1.0; }
  if (x > 40.0) { return expf(x); }
  let n = round(x * ${LOG2E});
  let r = fma(n, -(${LN2_LOW}), fma(n, -${LN2_HIGH}, x));
  let t = expTail(r) + r;
  let two = scaled(1.0, i32(n));
  return fma(two, t, two - 1.0);
}`,
  },
  sigmoidf: {
    needs: ['expf'],
    code: 'fn sigmoidf(x: f32) -> f32 { let e = expf(-abs(x)); return select(1.0, e, x < 0.0) / (1.0 + e); }',
  },
  sigmoidDerivativef: {
    needs: ['expf'],
    code: 'fn sigmoidDerivativef(x: f32) -> f32 { let e = expf(-abs(x)); let d = 1.0 + e; return e / (d * d); }',
  },
  tanhDerivativef: {
    needs: ['expf'],
    code: 'fn tanhDerivativef(x: f32) -> f32 { let e = expf(-2.0 * abs(x)); let d = 1.0 + e; return 4.0 * e / (d * d); }',
  },
  tanhf: {
    needs: ['isnan', 'withSign', 'scaled'],
    code: `fn tanhf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = min(abs(x), 9.1f);
  let n = round(a * ${number(2 * Math.LOG2E)});
  let r = fma(n, -(${LN2_LOW} * 0.5f), fma(n, -${LN2_HIGH} * 0.5f, a));
  let t = fma(${horner('r', DOUBLE_EXPM1)}, r * r, r + r);
  let two = scaled(1.0, i32(n));
  let y = fma(two, t, two - 1.0);
  return withSign(y / (y + 2.0), x);
}`,
  },
  softplusf: {
    needs: ['expf', 'isnan'],
    code: `fn softplusf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let e = expf(-abs(x));
  return fma(${horner('e', LOG1P)}, e * e, max(x, 0.0)) + e;
}`,
  },
  sinhf: {
    needs: ['expm1f', 'expf', 'withSign', 'isnan', 'rounded'],
    code: `fn sinhf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 80.0) { let e = expf(0.5 * a); return withSign(rounded(0.5 * e) * e, x); }
  let m = expm1f(a);
  return withSign(0.5 * (m + m / (m + 1.0)), x);
}`,
  },
  coshf: {
    needs: ['expf', 'isnan', 'rounded'],
    code: 'fn coshf(x: f32) -> f32 { if (isnan(x)) { return x; } let e = expf(0.5 * abs(x)); let s = e * e; if (abs(x) > 20.0) { return rounded(0.5 * e) * e; } return 0.5 * (s + 1.0 / s); }',
  },
  tanhshrinkf: {
    needs: ['tanhf'],
    code: `fn tanhshrinkf(x: f32) -> f32 {
  if (abs(x) < 0.5) { let z = x * x; return x * z * (0.333333333f - z * (0.133333333f - z * (0.0539682540f - z * (0.0218694885f - z * (0.00886323553f - z * 0.00359212803f))))); }
  return x - tanhf(x);
}`,
  },
};

/** @file The logarithm and functions based on it. */
import { horner, LN2_HIGH, LN2_LOW, LOG2E, number, type FunctionTexts } from './text.js';

const LOG = [
  -0.0763833523, 0.127648279, -0.13160181, 0.142012686, -0.166233152, 0.200012505, -0.250008225,
  0.333333313,
];

export const logarithm: FunctionTexts = {
  logTail: {
    needs: [],
    code: `fn logTail(f: f32) -> f32 { let z = f * f; return fma(f * z, ${horner('f', LOG)}, z * -0.5); }`,
  },
  /** n and f of x = 2ⁿ (1 + f). */
  logParts: {
    needs: [],
    code: `fn logParts(x: f32) -> vec2<f32> {
  let small = x < 1.17549435e-38f;
  let bits = bitcast<i32>(select(x, x * 8388608.0, small));
  let above = bits - 0x3f3504f3;
  let exponent = (above >> 23u) - select(0, 23, small);
  let f = bitcast<f32>(bits - (above & bitcast<i32>(0xff800000u))) - 1.0;
  return vec2<f32>(f32(exponent), f);
}`,
  },
  logEdge: {
    needs: ['nan', 'inf', 'isnan', 'isinf'],
    code: `fn logEdge(x: f32, y: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < 0.0) { return nan(); }
  if (x == 0.0) { return -inf(); }
  if (isinf(x)) { return x; }
  return y;
}`,
  },
  logf: {
    needs: ['logParts', 'logTail', 'logEdge'],
    code: `fn logf(x: f32) -> f32 {
  let q = logParts(x);
  return logEdge(x, fma(q.x, ${LN2_HIGH}, q.y + fma(q.x, ${LN2_LOW}, logTail(q.y))));
}`,
  },
  log2f: {
    needs: ['logParts', 'logTail', 'logEdge'],
    code: `fn log2f(x: f32) -> f32 {
  let q = logParts(x);
  let rest = fma(q.y, ${number(Math.LOG2E - 1)}, logTail(q.y) * ${LOG2E});
  return logEdge(x, q.x + (q.y + rest));
}`,
  },
  log10f: {
    needs: ['logParts', 'logTail', 'logEdge'],
    code: `fn log10f(x: f32) -> f32 {
  let q = logParts(x); let tail = logTail(q.y);
  let low = fma(q.y + tail, 7.00731903e-4f, q.x * 2.48745664e-4f);
  let high = fma(q.y, 0.43359375f, fma(tail, 0.43359375f, low));
  return logEdge(x, fma(q.x, 0.30078125f, high));
}`,
  },
  log1pf: {
    needs: ['logf', 'isnan', 'isinf', 'nan', 'inf'],
    code: `fn log1pf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  if (x < -1.0) { return nan(); }
  if (x == -1.0) { return -inf(); }
  if (isinf(x)) { return x; }
  if (abs(x) < 0.25) {
    let z = x / (2.0 + x); let s = z * z;
    return 2.0 * z * (1.0 + s * (0.333333333f + s * (0.2f + s * (0.142857143f + s * (0.111111111f + s * 0.0909090909f)))));
  }
  let u = 1.0 + x; let lost = select(x - (u - 1.0), 1.0 - (u - x), x > 1.0);
  return logf(u) + lost / u;
}`,
  },
  asinhf: {
    needs: ['log1pf', 'logf', 'withSign', 'isnan', 'isinf'],
    code: `fn asinhf(x: f32) -> f32 {
  if (isnan(x) || isinf(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 1.0e8f) { return withSign(logf(a) + 0.6931471805599453f, x); }
  let s = a * a;
  return withSign(log1pf(a + s / (1.0 + sqrt(1.0 + s))), x);
}`,
  },
  acoshf: {
    needs: ['log1pf', 'logf', 'isnan', 'isinf', 'nan'],
    code: `fn acoshf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < 1.0) { return nan(); }
  if (isinf(x)) { return x; }
  if (x > 1.0e8f) { return logf(x) + 0.6931471805599453f; }
  let t = x - 1.0;
  return log1pf(t + sqrt(2.0 * t + t * t));
}`,
  },
  atanhf: {
    needs: ['log1pf', 'isnan', 'nan', 'inf', 'withSign'],
    code: `fn atanhf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 1.0) { return nan(); }
  if (a == 1.0) { return withSign(inf(), x); }
  return withSign(0.5 * log1pf(2.0 * a / (1.0 - a)), x);
}`,
  },
  logaddexpf: {
    needs: ['isnan', 'isinf', 'maxf', 'expf', 'log1pf'],
    code: `fn logaddexpf(x: f32, y: f32) -> f32 {
  let m = maxf(x, y);
  if (isnan(m) || isinf(m) || (x == y && isinf(x))) { return m; }
  return m + log1pf(expf(-abs(x - y)));
}`,
  },
  logaddexp2f: {
    needs: ['isnan', 'isinf', 'maxf', 'exp2f', 'log1pf'],
    code: `fn logaddexp2f(x: f32, y: f32) -> f32 {
  let m = maxf(x, y);
  if (isnan(m) || isinf(m) || (x == y && isinf(x))) { return m; }
  return m + log1pf(exp2f(-abs(x - y))) * ${LOG2E};
}`,
  },
  xlogyf: {
    needs: ['logf', 'isnan'],
    code: 'fn xlogyf(x: f32, y: f32) -> f32 { if (isnan(y)) { return y; } if (x == 0.0) { return 0.0; } return x * logf(y); }',
  },
  xlog1pyf: {
    needs: ['log1pf', 'isnan'],
    code: 'fn xlog1pyf(x: f32, y: f32) -> f32 { if (isnan(y)) { return y; } if (x == 0.0) { return 0.0; } return x * log1pf(y); }',
  },
  logitf: {
    needs: ['logf', 'log1pf'],
    code: 'fn logitf(x: f32) -> f32 { return logf(x) - log1pf(-x); }',
  },
  entrf: {
    needs: ['logf', 'inf', 'isnan'],
    code: 'fn entrf(x: f32) -> f32 { if (isnan(x)) { return x; } if (x > 0.0) { return -x * logf(x); } if (x == 0.0) { return 0.0; } return -inf(); }',
  },
};

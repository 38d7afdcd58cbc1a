/** @file Quotients, powers, roots of sums of squares, and remainders. */
import { LOG2E, number, type FunctionTexts } from './text.js';

export const powers: FunctionTexts = {
  /** WGSL allows a device to return 0 for a division by more than 2¹²⁶. */
  dividef: {
    needs: ['rounded'],
    code: 'fn dividef(x: f32, y: f32) -> f32 { if (abs(y) > 8.0e37f) { return (0.25 * x) / rounded(0.25 * y); } return x / y; }',
  },
  powf: {
    needs: [
      ...['isnan', 'isinf', 'nan', 'inf', 'logParts', 'logTail', 'scaled', 'expTail', 'negative'],
      ...['rounded', 'productRest'],
    ],
    code: `fn powPositive(x: f32, y: f32) -> f32 {
  // y · log₂ x in two parts: the second holds the rounding errors, which a compiler would take to be 0.
  let q = logParts(x); let f = q.y; let tail = logTail(f);
  let l = rounded(f + tail); let rest = (f - l) + tail;
  let a = rounded(l * ${LOG2E}); let b = productRest(l, ${LOG2E}, a) + fma(l, ${number(Math.LOG2E - Math.fround(Math.LOG2E))}, rest * ${LOG2E});
  let s = rounded(q.x + a); let t = select((a - s) + q.x, (q.x - s) + a, abs(q.x) > abs(a)) + b;
  let e = rounded(y * s);
  if (e > 129.0) { return inf(); }
  if (e < -151.0) { return 0.0; }
  let low = productRest(y, s, e) + y * t;
  if (e + low >= 128.0) { return inf(); }
  if (e + low < -150.0) { return 0.0; }
  let n = round(e); let r = (rounded(e - n) + low) * 0.6931471805599453f;
  return scaled((expTail(r) + r) + 1.0, i32(n));
}
fn powf(x: f32, y: f32) -> f32 {
  if (y == 0.0 || x == 1.0) { return 1.0; }
  if (isnan(x)) { return x; }
  if (isnan(y)) { return y; }
  let a = abs(x);
  if (isinf(y)) { if (a == 1.0) { return 1.0; } return select(0.0, inf(), (a > 1.0) == (y > 0.0)); }
  let whole = floor(y) == y;
  let odd = whole && abs(y) < 16777216.0 && (i32(y) & 1) == 1;
  var r: f32;
  if (x == 0.0) { r = select(inf(), 0.0, y > 0.0); }
  else if (isinf(x)) { r = select(0.0, inf(), y > 0.0); }
  else {
    if (x < 0.0 && !whole) { return nan(); }
    if (y == 2.0) { return x * x; }
    r = powPositive(a, y);
  }
  return select(r, -r, odd && negative(x));
}`,
  },
  hypotf: {
    needs: ['isinf', 'isnan', 'inf'],
    code: `fn hypotf(x: f32, y: f32) -> f32 {
  if (isinf(x) || isinf(y)) { return inf(); }
  if (isnan(x)) { return x; } if (isnan(y)) { return y; }
  let a = max(abs(x), abs(y)); let b = min(abs(x), abs(y));
  if (a == 0.0) { return a + x + y; }
  let q = b / a;
  return a * sqrt(1.0 + q * q);
}`,
  },
  /** The remainder of x by y with the sign of x: exact, by subtracting multiples of powers of two. */
  fmodf: {
    needs: ['isnan', 'isinf', 'nan', 'withSign'],
    code: `fn fmodf(x: f32, y: f32) -> f32 {
  if (isnan(x)) { return x; } if (isnan(y)) { return y; }
  if (isinf(x) || y == 0.0) { return nan(); }
  if (isinf(y) || x == 0.0) { return x; }
  var a = abs(x); let b = abs(y);
  for (var k = 0u; k < 300u && a >= b; k++) {
    var m = b;
    let up = i32((bitcast<u32>(a) >> 23u) & 255u) - i32((bitcast<u32>(b) >> 23u) & 255u);
    if (up > 0) { m = b * bitcast<f32>(u32(min(up, 126) + 127) << 23u); if (m > a) { m = m * 0.5; } }
    a = a - m;
  }
  return withSign(a, x);
}`,
  },
  remainderf: {
    needs: ['fmodf'],
    code: 'fn remainderf(x: f32, y: f32) -> f32 { let r = fmodf(x, y); if (r != 0.0 && ((r < 0.0) != (y < 0.0))) { return r + y; } return r; }',
  },
  floorDividef: {
    needs: ['fmodf', 'isnan', 'negative', 'withSign'],
    code: `fn floorDividef(x: f32, y: f32) -> f32 {
  if (y == 0.0) { return x / y; }
  let r = fmodf(x, y);
  if (isnan(r)) { return r; }
  var q = (x - r) / y;
  if (r != 0.0 && ((r < 0.0) != (y < 0.0))) { q = q - 1.0; }
  if (q == 0.0) { return withSign(0.0, select(1.0, -1.0, negative(x) != negative(y))); }
  return floor(q + 0.5);
}`,
  },
};

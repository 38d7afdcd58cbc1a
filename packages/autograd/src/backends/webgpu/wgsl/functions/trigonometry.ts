/** @file The functions of the circle, and their inverses. */
import { horner, number, type FunctionTexts } from './text.js';

const SIN = [-1.95186149e-4, 0.00833219104, -0.166666552];
const COS = [2.44325602e-5, -0.00138873106, 0.0416666456];
const HALF_PI = [
  1.5706787109375, 1.1761486530303955e-4, 9.918039722833782e-10, 2.896073971621982e-13,
] as const;

export const trigonometry: FunctionTexts = {
  /** x minus a multiple of π/2: the remainder, its rounding error, and the quadrant. */
  reduceTrig: {
    needs: [],
    code: `fn reduceTrig(x: f32) -> vec3<f32> {
  let n = round(x * ${number(2 / Math.PI)});
  let r1 = fma(n, -${number(HALF_PI[0])}, x);
  let second = n * ${number(HALF_PI[1])};
  let r2 = r1 - second;
  let third = n * ${number(HALF_PI[2])};
  let r = r2 - third;
  let lost = ((r1 - r2) - second) + ((r2 - r) - third);
  return vec3<f32>(r, lost - n * ${number(HALF_PI[3])}, n);
}`,
  },
  /** Where single precision cannot reduce x: with the bits of 2/π that matter (Payne and Hanek, 1983). */
  reduceFar: {
    needs: [],
    code: `fn reduceFar(x: f32) -> vec3<f32> {
  const D = array<u32, 7>(0x0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u);
  let bits = bitcast<u32>(x); let e = i32((bits >> 23u) & 255u) - 150;
  let m = (bits & 0x7fffffu) | 0x800000u;
  let shift = u32(e + 30); let word = shift / 32u; let s = shift % 32u;
  var q = array<u32, 3>();
  var d = D;
  for (var i = 0u; i < 3u; i++) {
    let a = d[min(word + i, 6u)]; let b = d[min(word + i + 1u, 6u)];
    q[i] = select((a << s) | (b >> (32u - s)), a, s == 0u);
  }
  // m · (q0, q1, q2) modulo 2⁶⁴ of the two upper words.
  let l2 = m * (q[2] >> 24u);
  let a1 = m & 0xffffu; let a2 = m >> 16u; let b1 = q[1] & 0xffffu; let b2 = q[1] >> 16u;
  let t = a1 * b1; let u = a2 * b1 + (t >> 16u); let v = a1 * b2 + (u & 0xffffu);
  var low = (v << 16u) | (t & 0xffffu);
  var high = a2 * b2 + (u >> 16u) + (v >> 16u) + m * q[0];
  let more = l2 >> 8u;
  low = low + more; if (low < more) { high = high + 1u; }
  // The two upper bits are the quadrant, the others the fraction of π/2.
  var n = high >> 30u;
  var f = i32((high << 2u) | (low >> 30u));
  if (f < 0) { n = n + 1u; }
  let rest = f32(f) * 2.3283064365386963e-10f;
  var r = rest * 1.57079632679f;
  var k = f32(n & 3u);
  if (x < 0.0) { r = -r; k = -k; }
  return vec3<f32>(r, 0.0, k);
}`,
  },
  trig: {
    needs: ['reduceTrig', 'reduceFar', 'isnan', 'isinf', 'nan', 'withSign'],
    code: `fn trig(x: f32, turn: i32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x)) { return nan(); }
  var q: vec3<f32>;
  if (abs(x) > 1600.0) { q = reduceFar(x); } else { q = reduceTrig(x); }
  let r = q.x; let z = r * r;
  let quadrant = i32(q.z) + turn;
  var y: f32;
  if ((quadrant & 1) == 0) { y = withSign(r + fma(${horner('z', SIN)}, z * r, q.y), r); if (r == 0.0) { y = x * f32(1 - turn) * f32(select(0, 1, q.z == 0.0)); } }
  else { y = fma(${horner('z', COS)}, z * z, fma(z, -0.5, 1.0)); }
  return select(y, -y, (quadrant & 2) != 0);
}`,
  },
  sinf: { needs: ['trig'], code: 'fn sinf(x: f32) -> f32 { return trig(x, 0); }' },
  cosf: { needs: ['trig'], code: 'fn cosf(x: f32) -> f32 { return trig(x, 1); }' },
  tanf: {
    needs: ['trig'],
    code: 'fn tanf(x: f32) -> f32 { if (x == 0.0) { return x; } return trig(x, 0) / trig(x, 1); }',
  },
  atanf: {
    needs: ['isnan', 'withSign'],
    code: `fn atanf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x); var y = 0.0; var t = a;
  if (a > 2.414213562373095f) { y = 1.5707963267948966f; t = -1.0 / a; }
  else if (a > 0.4142135623730950f) { y = 0.7853981633974483f; t = (a - 1.0) / (a + 1.0); }
  let z = t * t;
  y = y + (fma(fma(fma(fma(8.05374449538e-2f, z, -1.38776856032e-1f), z, 1.99777106478e-1f), z, -3.33329491539e-1f) * z, t, t));
  return withSign(y, x);
}`,
  },
  atan2f: {
    needs: ['atanf', 'isnan', 'isinf', 'negative', 'withSign'],
    code: `fn atan2f(y: f32, x: f32) -> f32 {
  if (isnan(y)) { return y; } if (isnan(x)) { return x; }
  var a: f32;
  if (isinf(x) && isinf(y)) { a = select(0.7853981633974483f, 2.356194490192345f, x < 0.0); }
  else if (y == 0.0) { a = select(0.0, 3.141592653589793f, negative(x)); }
  else if (x == 0.0) { a = 1.5707963267948966f; }
  else { a = atanf(abs(y) / abs(x)); if (x < 0.0) { a = 3.141592653589793f - a; } }
  return withSign(a, y);
}`,
  },
  asinf: {
    needs: ['isnan', 'nan', 'withSign'],
    code: `fn asinf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 1.0) { return nan(); }
  let far = a > 0.5;
  let z = select(a * a, 0.5 * (1.0 - a), far);
  let t = select(a, sqrt(z), far);
  let q = fma(fma(fma(fma(fma(4.2163199048e-2f, z, 2.4181311049e-2f), z, 4.5470025998e-2f), z, 7.4953002686e-2f), z, 1.6666752422e-1f) * z, t, t);
  return withSign(select(q, 1.5707963267948966f - 2.0 * q, far), x);
}`,
  },
  acosf: {
    needs: ['asinf', 'isnan', 'nan'],
    code: `fn acosf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (abs(x) > 1.0) { return nan(); }
  if (x > 0.5) { return 2.0 * asinf(sqrt(0.5 * (1.0 - x))); }
  if (x < -0.5) { return 3.141592653589793f - 2.0 * asinf(sqrt(0.5 * (1.0 + x))); }
  return 1.5707963267948966f - asinf(x);
}`,
  },
  sinPi: {
    needs: ['sinf'],
    code: 'fn sinPi(x: f32) -> f32 { let n = round(x); let s = sinf(3.141592653589793f * (x - n)); return select(s, -s, (i32(n) & 1) == 1); }',
  },
};

/**
 * @file The functions that kernels call: those that WGSL does not have, or whose built-in form is off or leaves special
 * values open. The polynomials are those of the CPU's kernels (`backends/wasm/elements`); NaN is told by its bits.
 */

/** A function, and what it calls. */
interface LibraryFunction {
  readonly needs: readonly string[];
  readonly code: string;
}

/** `fma(fma(c₀, x, c₁), x, c₂) …`, the highest power first. */
function horner(x: string, coefficients: readonly number[]): string {
  const [first = 0, ...rest] = coefficients.map((c) => number(c));
  return rest.reduce<string>((y, c) => `fma(${y}, ${x}, ${c})`, String(first));
}

function number(x: number): string {
  const text = Math.fround(x).toString();
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

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
const LOG = [
  -0.0763833523, 0.127648279, -0.13160181, 0.142012686, -0.166233152, 0.200012505, -0.250008225,
  0.333333313,
];
const SIN = [-1.95186149e-4, 0.00833219104, -0.166666552];
const COS = [2.44325602e-5, -0.00138873106, 0.0416666456];
const HALF_PI = [
  1.5706787109375, 1.1761486530303955e-4, 9.918039722833782e-10, 2.896073971621982e-13,
] as const;
const ERF_NEAR = [
  7.06350693e-5, -7.7657972e-4, 0.00516025908, -0.0268392228, 0.112832561, -0.376126021,
  0.128379166,
];
const ERF_FAR = [
  0.012529755, -0.0325479135, 0.0793605372, 0.0101082297, 0.181683794, 0.379993051, 0.8111884,
  1.23337913, 1.73010528,
];
const CDF_OVER = [0.00409720326, 0.0405046307, 0.182853818, 0.43778047, 0.5];
const CDF_UNDER = [0.0102700405, 0.101536676, 0.468463928, 1.20091963, 1.67344594, 1];
const LN2_HIGH = '0.693359375f';
const LN2_LOW = '-2.1219444e-4f';
const LOG2E = number(Math.LOG2E);

const LIBRARY: Readonly<Record<string, LibraryFunction>> = {
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
  /** x less a multiple of π/2: the rest, what that lost, and the quadrant. */
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
  /** Beyond what single precision can take apart: the bits of 2/π that matter (Payne and Hanek, 1983). */
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
  sinhf: {
    needs: ['expm1f', 'expf', 'withSign', 'isnan'],
    code: `fn sinhf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 80.0) { let e = expf(0.5 * a); return withSign((0.5 * e) * e, x); }
  let m = expm1f(a);
  return withSign(0.5 * (m + m / (m + 1.0)), x);
}`,
  },
  coshf: {
    needs: ['expf', 'isnan'],
    code: 'fn coshf(x: f32) -> f32 { if (isnan(x)) { return x; } let e = expf(0.5 * abs(x)); let s = e * e; if (abs(x) > 20.0) { return (0.5 * e) * e; } return 0.5 * (s + 1.0 / s); }',
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
  erff: {
    needs: ['isnan', 'withSign'],
    code: `fn erff(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = min(abs(x), 4.0f);
  if (a < 1.125f) { let z = a * a; return withSign(fma(${horner('z', ERF_NEAR)}, a, a), x); }
  let b = a - 1.125f; let root = ${horner('b', ERF_FAR)}; let s = root * root;
  return withSign(1.0 - 1.0 / (s * s), x);
}`,
  },
  /** e^(−scale·x²), the square in two parts. */
  expSquare: {
    needs: ['expf', 'isnan', 'isinf'],
    code: `fn expSquare(x: f32, scale: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x)) { return 0.0; }
  let a = abs(x); let head = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  return expf(-scale * head * head) * expf(-scale * ((a - head) * (a + head)));
}`,
  },
  expNegSquaref: {
    needs: ['expSquare'],
    code: 'fn expNegSquaref(x: f32) -> f32 { return expSquare(x, 1.0); }',
  },
  normalPdff: {
    needs: ['expSquare'],
    code: `fn normalPdff(x: f32) -> f32 { return expSquare(x, 0.5) * ${number(1 / Math.sqrt(2 * Math.PI))}; }`,
  },
  normalCdff: {
    needs: ['expSquare', 'isnan'],
    code: `fn normalCdff(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = min(abs(x), 14.2f);
  let left = expSquare(a, 0.5) * ${horner('a', CDF_OVER)} / ${horner('a', CDF_UNDER)};
  return select(1.0 - left, left, x < 0.0);
}`,
  },
  /** eˣ² erfc x for x ≥ 0: a continued fraction beyond 2, below it the quotient of the normal distribution. */
  scaledErfc: {
    needs: [],
    code: `fn scaledErfc(a: f32) -> f32 {
  if (a > 8.0) { let z = 1.0 / (a * a); return 0.5641895835477563f / a * (1.0 - z * (0.5 - z * (0.75 - z * 1.875))); }
  let b = a * 1.4142135623730951f;
  return 2.0 * ${horner('b', CDF_OVER)} / ${horner('b', CDF_UNDER)};
}`,
  },
  erfcf: {
    needs: ['expSquare', 'scaledErfc', 'erff', 'isnan'],
    code: `fn erfcf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (abs(x) < 0.5) { return 1.0 - erff(x); }
  let a = min(abs(x), 10.07f);
  let right = expSquare(a, 1.0) * scaledErfc(a);
  return select(right, 2.0 - right, x < 0.0);
}`,
  },
  erfinvf: {
    needs: ['logf', 'log1pf', 'erff', 'erfcf', 'expSquare', 'isnan', 'nan', 'inf', 'withSign'],
    code: `fn erfinvf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 1.0) { return nan(); }
  if (a == 1.0) { return withSign(inf(), x); }
  let w = -log1pf(-a * a);
  var y: f32;
  if (w < 5.0) { let v = w - 2.5; y = a * ${horner('v', [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941])}; }
  else { let v = sqrt(w) - 3.0; y = a * ${horner('v', [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682])}; }
  var error: f32;
  if (a < 0.5) { error = erff(y) - a; } else { error = (1.0 - a) - erfcf(y); }
  let step = error / (1.1283791670955126f * expSquare(y, 1.0));
  return withSign(y - step / (1.0 + y * step), x);
}`,
  },
  powf: {
    needs: ['isnan', 'isinf', 'nan', 'inf', 'logParts', 'logTail', 'scaled', 'expTail', 'negative'],
    code: `fn powPositive(x: f32, y: f32) -> f32 {
  // y · log₂ x in two parts.
  let q = logParts(x); let f = q.y; let tail = logTail(f);
  let l = f + tail; let rest = (f - l) + tail;
  let a = l * ${LOG2E}; let b = fma(l, ${LOG2E}, -a) + fma(l, ${number(Math.LOG2E - Math.fround(Math.LOG2E))}, rest * ${LOG2E});
  let s = q.x + a; let t = select((a - s) + q.x, (q.x - s) + a, abs(q.x) > abs(a)) + b;
  let e = y * s; let low = fma(y, s, -e) + y * t;
  if (e + low >= 128.0) { return inf(); }
  if (e + low < -150.0) { return 0.0; }
  let n = round(e); let r = ((e - n) + low) * 0.6931471805599453f;
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
  /** The rest of x by y with the sign of x: exact, by subtracting multiples of powers of two. */
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
  signf: {
    needs: [],
    code: 'fn signf(x: f32) -> f32 { return select(select(0.0, -1.0, x < 0.0), 1.0, x > 0.0); }',
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
  ndtrif: {
    needs: ['erfinvf', 'logf', 'isnan', 'nan', 'inf', 'normalCdff', 'normalPdff'],
    code: `fn ndtrif(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < 0.0 || x > 1.0) { return nan(); }
  if (x == 0.0) { return -inf(); } if (x == 1.0) { return inf(); }
  let q = min(x, 1.0 - x);
  var y: f32;
  if (q > 0.02) { y = 1.4142135623730951f * erfinvf(1.0 - 2.0 * q); }
  else { let t = sqrt(-2.0 * logf(q)); y = t - (2.515517f + 0.802853f * t + 0.010328f * t * t) / (1.0 + 1.432788f * t + 0.189269f * t * t + 0.001308f * t * t * t);
    for (var k = 0u; k < 2u; k++) { let c = normalCdff(-y); let e = (c - q) / normalPdff(y); y = y + e / (1.0 - 0.5 * y * e); } }
  return select(y, -y, x < 0.5);
}`,
  },
  tanhshrinkf: {
    needs: ['tanhf'],
    code: `fn tanhshrinkf(x: f32) -> f32 {
  if (abs(x) < 0.5) { let z = x * x; return x * z * (0.333333333f - z * (0.133333333f - z * (0.0539682540f - z * (0.0218694885f - z * (0.00886323553f - z * 0.00359212803f))))); }
  return x - tanhf(x);
}`,
  },
  sinPi: {
    needs: ['sinf'],
    code: 'fn sinPi(x: f32) -> f32 { let n = round(x); let s = sinf(3.141592653589793f * (x - n)); return select(s, -s, (i32(n) & 1) == 1); }',
  },
  lgammaf: {
    needs: ['logf', 'log1pf', 'isnan', 'isinf', 'inf', 'sinPi'],
    code: `fn lgammaPositive(x: f32) -> f32 {
  if (x >= 8.0) { let z = 1.0 / (x * x); let s = 0.0833333333f + z * (-0.00277777778f + z * (7.93650794e-4f - z * 5.95238095e-4f)); return (x - 0.5) * logf(x) - x + 0.9189385332f + s / x; }
  var up = 1.0; var down = 1.0; var y = x;
  for (; y < 0.5; y = y + 1.0) { up = up * y; }
  for (; y > 2.5; y = y - 1.0) { down = down * (y - 1.0); }
  let low = y < 1.5; let d = select(y - 2.0, y - 1.0, low);
  var s = 0.0;
  const Z = array<f32, 21>(0.0, 0.0, 0.6449340668f, 0.2020569032f, 0.0823232337f, 0.0369277551f, 0.0173430620f, 0.0083492774f, 0.0040773562f, 0.0020083928f, 9.945751278e-4f, 4.941886041e-4f, 2.460865533e-4f, 1.227133476e-4f, 6.124813506e-5f, 3.058823631e-5f, 1.528225941e-5f, 7.637197638e-6f, 3.817293265e-6f, 1.908212717e-6f, 9.539620339e-7f);
  var zeta = Z;
  for (var k = 20u; k >= 2u; k--) { s = -d * (zeta[k] / f32(k) + s); }
  var r = d * (0.4227843351f - s);
  if (low) { r = r - log1pf(d); }
  if (up != 1.0) { return r - logf(abs(up)); }
  if (down != 1.0) { return r + logf(down); }
  return r;
}
fn lgammaf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x) || (x <= 0.0 && floor(x) == x)) { return inf(); }
  if (x > 1.0e17f) { return x * (logf(x) - 1.0); }
  if (x < 0.0) { return logf(3.141592653589793f / abs(sinPi(x))) - lgammaPositive(1.0 - x); }
  return lgammaPositive(x);
}`,
  },
  digammaf: {
    needs: ['logf', 'isnan', 'isinf', 'nan', 'inf', 'negative', 'tanf'],
    code: `fn digammaf(x: f32) -> f32 {
  if (x == 0.0) { return select(-inf(), inf(), negative(x)); }
  if (isnan(x)) { return x; }
  if (isinf(x)) { if (x > 0.0) { return x; } return nan(); }
  if (x < 0.0 && floor(x) == x) { return nan(); }
  var y = x; var sum = 0.0;
  if (x < -0.5) { y = 1.0 - x; sum = -3.141592653589793f / tanf(3.141592653589793f * (x - round(x))); }
  // Around its zero the difference to it counts.
  if (y > 1.0 && y < 2.0) {
    let d = (y - 1.4616321325302124f) - 1.2839021e-8f;
    if (abs(d) < 0.25) { return sum + d * (0.9676721f - d * (0.4427631f - d * (0.2584999f - d * (0.1639427f - d * (0.1078240f - d * (0.0721996f - d * (0.0488043f - d * (0.0331612f - d * 0.0225976f)))))))); }
  }
  for (; y < 8.0; y = y + 1.0) { sum = sum - 1.0 / y; }
  let z = 1.0 / (y * y);
  return sum + (logf(y) - 0.5 / y - z * (0.0833333333f - z * (0.00833333333f - z * (0.00396825397f - z * 0.00416666667f))));
}`,
  },
  /** Σ 1/(x + k)ˢ for x > 0, by Euler and Maclaurin. */
  zetaPositive: {
    needs: ['powf'],
    code: `fn zetaPositive(s: f32, x: f32) -> f32 {
  var sum = 0.0; var a = x;
  for (var k = 0u; k < 12u; k++) { let t = powf(a, -s); sum = sum + t; a = a + 1.0; if (t <= sum * 1.0e-9f) { return sum; } }
  let t = powf(a, -s);
  sum = sum + a * t / (s - 1.0) + 0.5 * t;
  var f = s * t / a;
  sum = sum + f / 12.0;
  f = f * (s + 1.0) * (s + 2.0) / (a * a);
  sum = sum - f / 720.0;
  f = f * (s + 3.0) * (s + 4.0) / (a * a);
  return sum + f / 30240.0;
}`,
  },
  zetaf: {
    needs: ['zetaPositive', 'isnan', 'isinf', 'nan', 'inf'],
    code: `fn zetaf(s: f32, q: f32) -> f32 {
  if (isnan(s)) { return s; } if (isnan(q)) { return q; }
  if (s == 1.0) { return inf(); }
  if (s < 1.0) { return nan(); }
  if (isinf(s)) { if (q > 1.0) { return 0.0; } if (q == 1.0) { return 1.0; } return select(nan(), inf(), q > 0.0); }
  if (q <= 0.0) { if (floor(q) == q) { return inf(); } if (floor(s) != s) { return nan(); } }
  if (isinf(q)) { return 0.0; }
  if (q > 0.0) { return zetaPositive(s, q); }
  let f = -q - floor(-q);
  let below = zetaPositive(s, f) - zetaPositive(s, 1.0 - q);
  return select(-below, below, (i32(s) & 1) == 0) + zetaPositive(s, 1.0 - f);
}`,
  },
  powi: {
    needs: [],
    code: `fn powi(x: i32, y: i32) -> i32 {
  if (y < 0) { if (x == 1) { return 1; } if (x == -1) { return select(1, -1, (y & 1) != 0); } return 0; }
  var r = 1; var b = x; var e = y;
  while (e > 0) { if ((e & 1) != 0) { r = r * b; } b = b * b; e = e >> 1u; }
  return r;
}`,
  },
  truth: {
    needs: [],
    code: 'fn truth(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) != 0u; }',
  },
  erfcxf: {
    needs: ['scaledErfc', 'expf', 'isnan', 'inf', 'erfcf'],
    code: `fn erfcxf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < -9.4f) { return inf(); }
  if (x < 0.0) { let head = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); return expf(head * head) * expf((x - head) * (x + head)) * erfcf(x); }
  return scaledErfc(x);
}`,
  },
  logNdtrf: {
    needs: ['normalCdff', 'logf', 'log1pf', 'scaledErfc', 'isnan', 'isinf'],
    code: `fn logNdtrf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x)) { return select(x, 0.0, x > 0.0); }
  if (x > 0.0) { return log1pf(-normalCdff(-x)); }
  if (x > -1.0) { return logf(normalCdff(x)); }
  return logf(0.5 * scaledErfc(-x * 0.7071067811865476f)) - 0.5 * x * x;
}`,
  },
  /** e^−|x| I₀(x) and e^−|x| I₁(x), by Cephes (Moshier 1989). */
  i0ef: {
    needs: ['isnan', 'isinf'],
    code: `fn chebyshev0(x: f32, far: bool) -> f32 {
  const A = array<f32, 18>(-1.30002501e-8f, 6.04699502e-8f, -2.67079385e-7f, 1.11738754e-6f, -4.41673836e-6f, 1.64484481e-5f, -5.75419501e-5f, 1.88502885e-4f, -5.76375575e-4f, 1.63947562e-3f, -4.32431000e-3f, 1.05464604e-2f, -2.37374148e-2f, 4.93052842e-2f, -9.49010970e-2f, 1.71620902e-1f, -3.04682672e-1f, 6.76795274e-1f);
  const B = array<f32, 7>(3.39623203e-9f, 2.26666899e-8f, 2.04891859e-7f, 2.89137052e-6f, 6.88975835e-5f, 3.36911648e-3f, 8.04490411e-1f);
  var a = A; var b = B; var b0 = 0.0; var b1 = 0.0; var b2 = 0.0;
  for (var k = 0u; k < select(18u, 7u, far); k++) { b2 = b1; b1 = b0; b0 = x * b1 - b2 + select(a[k], b[min(k, 6u)], far); }
  return 0.5 * (b0 - b2);
}
fn i0ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  if (a <= 8.0) { return chebyshev0(0.5 * a - 2.0, false); }
  return chebyshev0(32.0 / a - 2.0, true) / sqrt(a);
}`,
  },
  i1ef: {
    needs: ['isnan', 'isinf'],
    code: `fn chebyshev1(x: f32, far: bool) -> f32 {
  const A = array<f32, 17>(9.38153739e-9f, -4.44505913e-8f, 2.00329475e-7f, -8.56872026e-7f, 3.47025131e-6f, -1.32731637e-5f, 4.78156511e-5f, -1.61760816e-4f, 5.12285956e-4f, -1.51357245e-3f, 4.15642294e-3f, -1.05640849e-2f, 2.47264491e-2f, -5.29459812e-2f, 1.02643659e-1f, -1.76416518e-1f, 2.52587186e-1f);
  const B = array<f32, 7>(-3.83538038e-9f, -2.63146885e-8f, -2.51223624e-7f, -3.88256481e-6f, -1.10588939e-4f, -9.76109749e-3f, 7.78576235e-1f);
  var a = A; var b = B; var b0 = 0.0; var b1 = 0.0; var b2 = 0.0;
  for (var k = 0u; k < select(17u, 7u, far); k++) { b2 = b1; b1 = b0; b0 = x * b1 - b2 + select(a[k], b[min(k, 6u)], far); }
  return 0.5 * (b0 - b2);
}
fn i1ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  var y: f32;
  if (a <= 8.0) { y = chebyshev1(0.5 * a - 2.0, false) * a; } else { y = chebyshev1(32.0 / a - 2.0, true) / sqrt(a); }
  return select(y, -y, x < 0.0);
}`,
  },
  i0f: {
    needs: ['i0ef', 'expf'],
    code: 'fn i0f(x: f32) -> f32 { return expf(abs(x)) * i0ef(x); }',
  },
  i1f: {
    needs: ['i1ef', 'expf'],
    code: 'fn i1f(x: f32) -> f32 { if (x == 0.0) { return x; } return expf(abs(x)) * i1ef(x); }',
  },
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
  /** `(−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹`. */
  polygammaOf: {
    needs: ['zetaPositive', 'digammaf', 'powf', 'isnan', 'isinf', 'nan', 'inf'],
    code: `fn polygammaOf(n: u32, given: f32) -> f32 {
  var x = given;
  if (isnan(x)) { return x; }
  if (n == 0u) { return digammaf(x); }
  if (x <= 0.0 && floor(x) == x) { return select(nan(), inf(), (n & 1u) == 1u); }
  if (isinf(x) && x < 0.0) { return nan(); }
  var factor = select(-1.0, 1.0, (n & 1u) == 1u);
  for (var i = 2u; i <= n; i++) { factor = factor * f32(i); }
  let s = f32(n + 1u); var sum = 0.0;
  for (var k = 0u; x < 0.0 && k < 100000u; k++) { sum = sum + powf(x, -s); x = x + 1.0; }
  return factor * (sum + zetaPositive(s, x));
}`,
  },
  gcdi: {
    needs: [],
    code: 'fn gcdi(x: i32, y: i32) -> i32 { var a = u32(abs(x)); var b = u32(abs(y)); while (b != 0u) { let r = a % b; a = b; b = r; } return i32(a); }',
  },
  lcmi: {
    needs: ['gcdi'],
    code: 'fn lcmi(x: i32, y: i32) -> i32 { let g = gcdi(x, y); if (g == 0) { return 0; } return abs((x / g) * y); }',
  },
  floorDividei: {
    needs: [],
    code: 'fn floorDividei(x: i32, y: i32) -> i32 { if (y == 0) { return 0; } if (y == -1) { return 0 - x; } let q = x / y; if (x % y != 0 && ((x < 0) != (y < 0))) { return q - 1; } return q; }',
  },
  remainderi: {
    needs: [],
    code: 'fn remainderi(x: i32, y: i32) -> i32 { if (y == 0 || y == -1) { return 0; } let r = x % y; if (r != 0 && ((r < 0) != (y < 0))) { return r + y; } return r; }',
  },
  fmodi: {
    needs: [],
    code: 'fn fmodi(x: i32, y: i32) -> i32 { if (y == 0 || y == -1) { return 0; } return x % y; }',
  },
  toInt: {
    needs: ['isnan'],
    code: 'fn toInt(x: f32) -> i32 { if (isnan(x)) { return 0; } if (x >= 2147483648.0) { return 2147483647; } if (x <= -2147483648.0) { return -2147483647 - 1; } return i32(x); }',
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
};

/** The functions named and all that they call, in an order in which each stands after what it calls. */
export function withDependencies(names: Iterable<string>): string {
  const done = new Set<string>();
  let text = '';
  const visit = (name: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const found = LIBRARY[name];
    if (found === undefined) throw new Error(`webgpu: no function ${name} in the library`);
    found.needs.forEach(visit);
    text += `${found.code}\n`;
  };
  for (const name of names) visit(name);
  return text;
}

/** @file The error function and its complement in float32, four lanes at a time. */
import { expTail, nearestExponent, remainderParts, scaled } from './exponential32.js';
import type { Lanes, Register } from './lanes.js';
import { F32x4 } from '../assembler/opcodes.js';

const JOINT = 1.125;
/** p of erf x = x + x·p(x²) below `JOINT`. */
const ERF_NEAR = [
  7.06350693e-5, -7.7657972e-4, 0.00516025908, -0.0268392228, 0.112832561, -0.376126021,
  0.128379166,
];
/** p of erf x = 1 − p(x − `JOINT`)⁻⁴ above it. */
const ERF_FAR = [
  0.012529755, -0.0325479135, 0.0793605372, 0.0101082297, 0.181683794, 0.379993051, 0.8111884,
  1.23337913, 1.73010528,
];

export function erf(v: Lanes, x: Register): Register {
  // pmin(a, b) is b < a ? b : a, so NaN stays. From 3.92 on the result is 1.
  const a = v.bin(F32x4.pmin, v.abs(x), v.f32(4));
  const beyond = v.sub(a, v.f32(JOINT));
  const root = v.estrin(beyond, v.mul(beyond, beyond), ERF_FAR);
  const square = v.mul(root, root);
  const far = v.sub(v.f32(1), v.div(v.f32(1), v.mul(square, square)));
  const z = v.mul(a, a);
  const near = v.madd(v.estrin(z, v.mul(z, z), ERF_NEAR), a, a);
  return v.signed(x, v.select(v.bin(F32x4.lt, a, v.f32(JOINT)), near, far));
}

/** a² as `square` + `rest`, of which `square` is exact. */
function splitSquare(v: Lanes, a: Register): { square: Register; rest: Register } {
  const head = v.and(a, v.i32(0xfffff000));
  return { square: v.mul(head, head), rest: v.mul(v.sub(a, head), v.add(a, head)) };
}

/** The parameters of a tail: `e^(−scale·a²) / (1 + slope·a)` times `1 + t·p(t − 0.45)` with `t = a / (a + 5/2)`. */
interface Tail {
  readonly scale: 0.5 | 1;
  readonly slope: 1 | 2;
  readonly p: readonly number[];
  /** 1 / (1 + slope·a) as a polynomial in t, with an error of up to a quarter. */
  readonly reciprocal: readonly number[];
  /** From here on the tail is 0. */
  readonly zero: number;
}

const ERFC: Tail = {
  scale: 1,
  slope: 2,
  p: [
    0.0914349481, 0.237061203, -0.154467806, -0.505579233, 0.491575688, 0.778900981, -2.25547028,
    2.63143539, -1.79541075, 0.613145232,
  ],
  reciprocal: [1.023, -1.697, 0.761],
  zero: 10.07,
};

/** 2·Φ(−a). */
const NORMAL: Tail = {
  scale: 0.5,
  slope: 1,
  p: [
    -0.12912485, -0.109892853, 0.139689937, 0.241644949, -0.0553015992, -0.39466247, 0.00071889261,
    0.782345593, -0.768018484, 0.0150860939,
  ],
  reciprocal: [0.982, -1.863, 0.963],
  zero: 14.2,
};

/**
 * A tail, which is 1 at a = 0. The rounding errors of a², of 1 + slope·a and of the largest sums are carried along, which keeps
 * the result within 2 units.
 */
function tailOf(v: Lanes, x: Register, { scale, slope, p, reciprocal, zero }: Tail): Register {
  const a = v.bin(F32x4.pmin, v.abs(x), v.f32(zero));
  const split = splitSquare(v, a);
  const scaledBy = (y: Register): Register => (scale === 1 ? y : v.mul(y, v.f32(scale)));
  const [square, rest] = [scaledBy(split.square), scaledBy(split.rest)];
  const { bits, n } = nearestExponent(v, v.mul(a, a), -Math.LOG2E * scale);
  const { high, low } = remainderParts(v, square, rest, n);
  const r = v.sub(high, low);
  const tail = expTail(v, r);

  const t = v.div(a, v.add(a, v.f32(2.5)));
  const s = v.sub(t, v.f32(0.45));
  // The last two terms one by one, because their rounding errors count.
  const inner = v.estrin(s, v.mul(s, s), p.slice(0, -1));
  const q = v.mul(v.madd(inner, s, v.f32(p.at(-1) as number)), t);
  const sloped = slope === 1 ? a : v.add(a, a);
  const d = v.add(sloped, v.f32(1));
  const lostInD = v.sub(sloped, v.sub(d, v.f32(1)));

  // (1 + q)·eʳ: 1 + high, then q·eʳ, each with the rounding error of its sum.
  const one = v.add(high, v.f32(1));
  const lostInOne = v.sub(high, v.sub(one, v.f32(1)));
  const product = v.madd(q, v.add(tail, r), q);
  const sum = v.add(one, product);
  const lostInSum = v.sub(product, v.sub(sum, one));
  const small = v.add(v.add(v.sub(lostInOne, low), tail), lostInSum);
  const numerator = v.add(sum, small);
  const lost = v.sub(small, v.sub(numerator, sum));

  const quotient = v.div(numerator, d);
  const residue = v.sub(lost, v.mul(lostInD, quotient));
  return scaled(v, v.madd(residue, v.polynomial(t, reciprocal), quotient), bits);
}

/** The tail for x ≥ 0, 2 minus the tail for x < 0. */
export function erfc(v: Lanes, x: Register): Register {
  const right = tailOf(v, x, ERFC);
  return v.select(v.bin(F32x4.lt, x, v.f32(0)), v.sub(v.f32(2), right), right);
}

/** e^(−scale·x²) for a scale that is a power of two; 0 from `zero` on. */
function exponentialOfSquare(v: Lanes, x: Register, scale: 0.5 | 1, zero: number): Register {
  const a = v.bin(F32x4.pmin, v.abs(x), v.f32(zero));
  const { square, rest } = splitSquare(v, a);
  const { bits, n } = nearestExponent(v, v.mul(a, a), -Math.LOG2E * scale);
  const factor = v.f32(scale);
  const { high, low } = remainderParts(v, v.mul(square, factor), v.mul(rest, factor), n);
  const r = v.sub(high, low);
  return scaled(v, v.add(v.add(expTail(v, r), r), v.f32(1)), bits);
}

/** e^(−x²). */
export function expNegSquare(v: Lanes, x: Register): Register {
  return exponentialOfSquare(v, x, 1, 10.3);
}

/** The density of the normal distribution, e^(−x²/2) / √2π. */
export function normalPdf(v: Lanes, x: Register): Register {
  return v.mul(exponentialOfSquare(v, x, 0.5, 14.5), v.f32(1 / Math.sqrt(2 * Math.PI)));
}

/** The distribution function of the normal distribution, ½ erfc(−x/√2). */
export function normalCdf(v: Lanes, x: Register): Register {
  const left = v.mul(tailOf(v, x, NORMAL), v.f32(0.5));
  return v.select(v.bin(F32x4.lt, x, v.f32(0)), left, v.sub(v.f32(1), left));
}

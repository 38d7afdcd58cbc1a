/**
 * @file The angle of a point, hyperbolic functions and their inverses in float32, by pairs of doubles: where single precision
 * would lose digits to a difference, doubles have digits to spare.
 */
import type { Formula } from '../../../kernels/elements/vectorForms.js';
import { F64x2, V128 } from '../assembler/opcodes.js';
import type { Lanes, Register } from './lanes.js';
import { expD, expm1D, logD } from './math64.js';

const TAN_22 = Math.SQRT2 - 1;
const TAN_67 = Math.SQRT2 + 1;
/** p of atan t = t − t³·p(t²) for |t| ≤ tan 22.5°, after fdlibm. */
const ATAN = [
  1.62858201153657823623e-2, -3.6531572744216915527e-2, 4.97687799461593236017e-2,
  -5.83357013379057348645e-2, 6.66107313738753120669e-2, -7.69187620504482999495e-2,
  9.09088713343650656196e-2, -1.1111110405462355788e-1, 1.42857142725034663711e-1,
  -1.99999999998764832476e-1, 3.33333333333329318027e-1,
];

const absolute = (v: Lanes, x: Register): Register => v.un(F64x2.abs, x);
/** A non-negative y with the sign of x. */
const signed = (v: Lanes, x: Register, y: Register): Register => v.or(y, v.and(x, v.f64(-0)));
/** y where x is finite, otherwise x. */
const finite = (v: Lanes, x: Register, y: Register): Register =>
  v.select(v.bin(F64x2.lt, absolute(v, x), v.f64(Infinity)), y, x);

/** The angle whose tangent is x, from t = x, (x − 1)/(x + 1) or −1/x by one division. */
function arctangent(v: Lanes, x: Register): Register {
  const a = absolute(v, x);
  const far = v.bin(F64x2.gt, a, v.f64(TAN_67));
  const middle = v.bin(F64x2.gt, a, v.f64(TAN_22));
  const one = v.f64(1);
  const numerator = v.select(far, v.f64(-1), v.subD(a, v.and(middle, one)));
  const denominator = v.select(far, a, v.select(middle, v.addD(a, one), one));
  const offset = v.select(far, v.f64(Math.PI / 2), v.and(middle, v.f64(Math.PI / 4)));
  const t = v.divD(numerator, denominator);
  const z = v.mulD(t, t);
  const rest = v.mulD(v.mulD(t, z), v.polynomialD(z, ATAN));
  return signed(v, x, v.addD(offset, v.subD(t, rest)));
}

/**
 * The angle of a point, by its smaller coordinate over the larger: that quotient is 0 at the origin, and 1 if both are
 * infinite.
 */
function angle(v: Lanes, y: Register, x: Register): Register {
  const [a, b] = [absolute(v, x), absolute(v, y)];
  const steep = v.bin(F64x2.gt, b, a);
  const [small, large] = [v.select(steep, a, b), v.select(steep, b, a)];
  const quotient = v.divD(small, large);
  const same = v.bin(F64x2.eq, small, large);
  const nothing = v.bin(F64x2.eq, large, v.f64(0));
  const t = v.bin(V128.andnot, v.select(same, v.f64(1), quotient), nothing);
  const first = arctangent(v, t);
  const upright = v.select(steep, v.subD(v.f64(Math.PI / 2), first), first);
  const leftwards = v.bin(F64x2.lt, signed(v, x, v.f64(1)), v.f64(0));
  const turned = v.select(leftwards, v.subD(v.f64(Math.PI), upright), upright);
  const known = v.and(v.bin(F64x2.eq, x, x), v.bin(F64x2.eq, y, y));
  return v.select(known, signed(v, y, turned), v.addD(x, y));
}

/** `a + a² / (1 + √(1 + a²))`, whose logarithm plus 1 is the inverse of sinh. */
function arsinh(v: Lanes, x: Register): Register {
  const a = absolute(v, x);
  const square = v.mulD(a, a);
  const root = v.un(F64x2.sqrt, v.addD(square, v.f64(1)));
  const beyond = v.addD(a, v.divD(square, v.addD(root, v.f64(1))));
  return finite(v, x, signed(v, x, logD(v, beyond, true)));
}

function arcosh(v: Lanes, x: Register): Register {
  const t = v.subD(x, v.f64(1));
  const root = v.un(F64x2.sqrt, v.mulD(t, v.addD(t, v.f64(2))));
  const y = finite(v, x, logD(v, v.addD(t, root), true));
  return v.select(v.bin(F64x2.ge, x, v.f64(1)), y, v.f64(NaN));
}

function artanh(v: Lanes, x: Register): Register {
  const a = absolute(v, x);
  const ratio = v.divD(v.addD(a, a), v.subD(v.f64(1), a));
  const y = v.mulD(logD(v, ratio, true), v.f64(0.5));
  const inside = v.select(v.bin(F64x2.lt, a, v.f64(1)), y, v.f64(Infinity));
  return v.select(v.bin(F64x2.le, a, v.f64(1)), signed(v, x, inside), v.f64(NaN));
}

const single =
  (of: (v: Lanes, x: Register) => Register): Formula =>
  (v, x) =>
    v.throughDouble(x, (d) => of(v, d));

export const atan2: Formula = (v, y, x) => v.bothThroughDouble(y, x, (b, a) => angle(v, b, a));

export const asinh = single(arsinh);
export const acosh = single(arcosh);
export const atanh = single(artanh);

/** In terms of e = e^|x| − 1. */
export const sinh = single((v, x) => {
  const e = expm1D(v, absolute(v, x));
  const twice = v.addD(e, v.divD(e, v.addD(e, v.f64(1))));
  return signed(v, x, v.mulD(twice, v.f64(0.5)));
});

export const cosh = single((v, x) => {
  const e = expD(v, absolute(v, x));
  return v.mulD(v.addD(e, v.divD(v.f64(1), e)), v.f64(0.5));
});

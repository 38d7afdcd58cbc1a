/** @file Vector forms of the modified Bessel functions I₀ and I₁ of float32: polynomials through doubles. */
import { F64x2 } from '../../backends/wasm/assembler/opcodes.js';
import type { Lanes, Register } from '../../backends/wasm/elements/lanes.js';
import { expD } from '../../backends/wasm/elements/math64.js';
import type { VectorForm } from './vectorForms.js';

/**
 * Polynomials in x² for I₀(x) and I₁(x)/x up to |x| = 8, and in 1/x for √x·e^(−x) times either beyond; within 3e-12 by
 * Chebyshev interpolation.
 */
const POLYNOMIALS = [
  {
    near: [
      8.945227286481786e-34, 4.025388035510853e-31, 3.9693964093519767e-28, 2.585792216220012e-25,
      1.4971317807155651e-22, 7.24187672272501e-20, 2.8969167561484535e-17, 9.385963563008623e-15,
      2.402807613382039e-12, 4.709502788586949e-10, 6.78168402855519e-8, 6.7816840277310415e-6,
      0.00043402777777794754, 0.015624999999999676, 0.2500000000000002, 1,
    ],
    far: [
      -7844.045730702985, 4341.61152670509, -980.1906500671778, 122.78076974421289,
      -8.89963262731514, 0.5122724419761372, 0.03289347218696807, 0.029410440534384182,
      0.028049068225650405, 0.049867789977877386, 0.39894228039888224,
    ],
  },
  {
    near: [
      2.716505589516919e-35, 1.3808181584914298e-32, 1.408926251589232e-29, 9.956969230500738e-27,
      6.2370206832638684e-24, 3.2918259018287706e-21, 1.448455537254395e-18, 5.214425120919993e-16,
      1.5017547367976848e-13, 3.3639305668982475e-11, 5.651403356704746e-9, 6.781684027764357e-7,
      5.42534722222271e-5, 0.0026041666666666574, 0.06250000000000001, 0.5,
    ],
    far: [
      8357.36507515681, -4643.965239544842, 1051.1274341329574, -132.04690208535214,
      9.562392033788424, -0.5656940610425573, -0.044724434126781086, -0.041113771692735286,
      -0.04674935921975623, -0.14960336048566672, 0.39894228040419416,
    ],
  },
] as const;

/** Up to here the polynomials in x² are used. */
const NEAR = 8;
/** Beyond this the functions exceed float32. */
const MOST = 700;

function bessel(v: Lanes, x: Register, n: 0 | 1, scaled: boolean): Register {
  const { near, far } = POLYNOMIALS[n];
  const a = v.un(F64x2.abs, x);
  const square = v.mulD(a, a);
  const power = v.polynomialD(square, near);
  const inner = n === 0 ? power : v.mulD(power, a);
  const inverse = v.divD(v.f64(1), a);
  const outer = v.mulD(v.polynomialD(inverse, far), v.un(F64x2.sqrt, inverse));
  const isNear = v.bin(F64x2.le, a, v.f64(NEAR));
  // e^a or its reciprocal, for the form that needs it.
  const bounded = v.bin(F64x2.pmin, a, v.f64(MOST));
  const e = expD(v, scaled ? v.negD(bounded) : bounded);
  const y = scaled
    ? v.select(isNear, v.mulD(inner, e), outer)
    : v.select(isNear, inner, v.mulD(outer, e));
  const whole = scaled ? y : v.select(v.bin(F64x2.ge, a, v.f64(MOST)), v.f64(Infinity), y);
  return n === 0 ? whole : v.or(whole, v.and(x, v.f64(-0)));
}

const form = (n: 0 | 1, scaled: boolean): VectorForm => ({
  float32: (v, x) => v.throughDouble(x, (d) => bessel(v, d, n, scaled)),
});

export const i0Form = form(0, false);
export const i1Form = form(1, false);
export const i0eForm = form(0, true);
export const i1eForm = form(1, true);

/**
 * @file The error function, its complement and its inverse, of one double, to about one unit in the last place.
 *
 * The rational approximations of erf and erfc are those of FreeBSD's msun (s_erf.c): Copyright (C) 1993 by Sun
 * Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute this software is freely
 * granted, provided that this notice is preserved.
 */
import { made } from '../../kernels/elements/scalarFunctions.js';

/**
 * Makes the functions. Its source text is sent to worker threads, whose kernels call them too, so it refers to nothing outside
 * itself.
 */
/* istanbul ignore next -- @preserve */
export function errorFunctions() {
  /** `c[0] + c[1] x + c[2] x² + …` */
  function polynomial(c: readonly number[], x: number): number {
    let y = 0;
    for (let i = c.length - 1; i >= 0; i--) y = y * x + c[i]!;
    return y;
  }

  const ERX = 8.45062911510467529297e-1;
  /** 2/√π − 1. */
  const EFX = 1.28379167095512586316e-1;

  /** erf on [0, 0.84375]. */
  const PP = [
    1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2,
    -5.77027029648944159157e-3, -2.37630166566501626084e-5,
  ];
  const QQ = [
    1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3,
    1.32494738004321644526e-4, -3.9602282787753681232e-6,
  ];
  /** erf on [0.84375, 1.25], around 1. */
  const PA = [
    -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1,
    3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2,
    -2.166375594868790843e-3,
  ];
  const QA = [
    1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2,
    1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.1984499846799107417e-2,
  ];
  /** erfc on [1.25, 1/0.35], in 1/x². */
  const RA = [
    -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1,
    -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2,
    -8.12874355063065934246e1, -9.81432934416914548592,
  ];
  const SA = [
    1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2,
    6.45387271733267880336e2, 4.29008140027567833386e2, 1.08635005541779435134e2,
    6.57024977031928170135, -6.04244152148580987438e-2,
  ];
  /** erfc on [1/0.35, 28], in 1/x². */
  const RB = [
    -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1,
    -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3,
    -4.83519191608651397019e2,
  ];
  const SB = [
    1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3,
    3.19985821950859553908e3, 2.55305040643316442583e3, 4.74528541206955367215e2,
    -2.24409524465858183362e1,
  ];

  /** √½ in two parts, the first with few bits. */
  const ROOT_HEAD = 0.7071065902709961;
  const ROOT_REST = 1.9091555143065085e-7;

  const bits = new DataView(new ArrayBuffer(8));

  /** x with the lower half of its bits cleared, so that its square is exact. */
  function head(x: number): number {
    bits.setFloat64(0, x);
    bits.setUint32(4, 0);
    return bits.getFloat64(0);
  }

  /** ln(x·e^(x²)·erfc x) + 0.5625 for x ≥ 1.25. */
  function tailRatio(x: number): number {
    const s = 1 / (x * x);
    return x < 1 / 0.35
      ? polynomial(RA, s) / polynomial(SA, s)
      : polynomial(RB, s) / polynomial(SB, s);
  }

  /** `e · eᵇ` for a small b, which rounds less than a product of powers. */
  function raised(e: number, b: number): number {
    return e + e * Math.expm1(b);
  }

  /** erfc(x) for x ≥ 1.25. */
  function tail(x: number): number {
    if (x > 28) return 0;
    // e^(−x²) from an exact square and its remainder.
    const z = head(x);
    return raised(Math.exp(-z * z - 0.5625), (z - x) * (z + x) + tailRatio(x)) / x;
  }

  /** e^(x²)·erfc(x) for x ≥ 1.25, however large. */
  function scaledTail(x: number): number {
    return Math.exp(tailRatio(x) - 0.5625) / x;
  }

  /** e^(−scale·x²) for a scale that is a power of two: from an exact square and its remainder. */
  function expNegSquare(x: number, scale: number): number {
    const a = Math.min(Math.abs(x), 40);
    const z = head(a);
    return Math.exp(-scale * z * z) * Math.exp(scale * (z - a) * (z + a));
  }

  /** ½ erfc(−x/√2): on the left from the square of x itself, because that of a rounded x/√2 has a relative error of 10⁻¹³. */
  function normalCdf(x: number): number {
    const y = -x * Math.SQRT1_2;
    if (!(y >= 0.5)) return 0.5 * erfc(y);
    if (y > 28) return 0;
    const z = head(x);
    // The rounding error of y.
    const lost = -z * ROOT_HEAD - y - (x - z) * ROOT_HEAD - x * ROOT_REST;
    if (y < 1.25) return 0.5 * (erfc(y) - (1 + EFX) * Math.exp(-y * y) * lost);
    // ½ / y = √½ / −x, and √½ is nearly e^(0.5625 − 0.90625).
    const rest = 0.5 * (z - x) * (z + x) + (tailRatio(y) - 0.00282359027997264);
    return raised(Math.exp(-0.5 * z * z - 0.90625), rest) / -x;
  }

  /** 2/√π ∫₀ˣ e^(−t²) dt. */
  function erf(x: number): number {
    const a = Math.abs(x);
    if (a < 0.84375) {
      if (a < 2 ** -28) return x + EFX * x;
      const z = x * x;
      return x + x * (polynomial(PP, z) / polynomial(QQ, z));
    }
    if (a < 1.25) return Math.sign(x) * (ERX + polynomial(PA, a - 1) / polynomial(QA, a - 1));
    if (Number.isNaN(x)) return x;
    return Math.sign(x) * (a >= 6 ? 1 : 1 - tail(a));
  }

  /** 1 − erf(x), with every digit of its right tail. */
  function erfc(x: number): number {
    const a = Math.abs(x);
    if (a < 0.84375) {
      if (a < 2 ** -56) return 1 - x;
      const z = x * x;
      const y = polynomial(PP, z) / polynomial(QQ, z);
      return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
    }
    if (a < 1.25) {
      const y = polynomial(PA, a - 1) / polynomial(QA, a - 1);
      return x >= 0 ? 1 - ERX - y : 1 + (ERX + y);
    }
    if (Number.isNaN(x)) return x;
    if (x > 0) return tail(x);
    return x < -6 ? 2 : 2 - tail(-x);
  }

  /** The number whose erf is y: an approximation (M. Giles, 2010), then three steps of Halley's method. */
  function erfinv(y: number): number {
    if (!(Math.abs(y) < 1)) return Math.abs(y) === 1 ? y * Infinity : NaN;
    if (Math.abs(y) < 1e-150) return y / (1 + EFX);
    const a = Math.abs(y);
    let x = quantile(a);
    for (let i = 0; i < 3; i++) {
      // Near 1 the distance to 1 is exact, and so is erfc.
      const error = a < 0.5 ? erf(x) - a : 1 - a - erfc(x);
      const step = error / ((1 + EFX) * Math.exp(-x * x));
      x -= step / (1 + x * step);
    }
    return y < 0 ? -x : x;
  }

  /** erfinv on [0, 1) to a few digits. */
  function quantile(y: number): number {
    const w = -Math.log1p(-y) - Math.log1p(y);
    if (w > 15) {
      // erfc(x) ≈ e^(−x²) / (x √π)
      const l = -Math.log1p(-y);
      return Math.sqrt(l - 0.5 * Math.log(Math.PI * l));
    }
    if (w < 5) {
      const c = [
        1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6,
        -3.5233877e-6, 3.43273939e-7, 2.81022636e-8,
      ];
      return y * polynomial(c, w - 2.5);
    }
    const c = [
      2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844,
      0.00134934322, 0.000100950558, -0.000200214257,
    ];
    return y * polynomial(c, Math.sqrt(w) - 3);
  }
  return { erf, erfc, erfinv, expNegSquare, normalCdf, scaledTail };
}

export const { erf, erfc, erfinv, expNegSquare, normalCdf, scaledTail } = made(errorFunctions);

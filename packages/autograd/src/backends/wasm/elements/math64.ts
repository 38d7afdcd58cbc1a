/**
 * @file Vector exponential, logarithm and sine over pairs of doubles, after fdlibm.
 *
 * Accurate to about one unit in the last place of float64. Float32 functions that would lose digits in single
 * precision (`log1p`, `pow`, `tan` …) are computed with these and rounded once.
 */
import type { Lanes, Register } from './lanes.js';
import { F64x2, I64x2, V128 } from '../assembler/opcodes.js';

/** Adding this number rounds to an integer, which is then in the low bits of the mantissa. */
const MAGIC = 6755399441055744;

interface Reduced {
  /** exp(r) − 1. */
  readonly fraction: Register;
  /** n of x = n·ln 2 + r. */
  readonly n: Register;
}

function reduceExponent(v: Lanes, x: Register): Reduced {
  const n = v.subD(v.addD(v.mulD(x, v.f64(Math.LOG2E)), v.f64(MAGIC)), v.f64(MAGIC));
  const high = v.subD(x, v.mulD(n, v.f64(6.9314718036912381649e-1)));
  const low = v.mulD(n, v.f64(1.90821492927058770002e-10));
  const r = v.subD(high, low);
  const z = v.mulD(r, r);
  const p = v.polynomialD(
    z,
    [
      4.13813679705723846039e-8, -1.6533902205465251539e-6, 6.61375632143793436117e-5,
      -2.77777777770155933842e-3, 1.66666666666666019037e-1,
    ],
  );
  const c = v.subD(r, v.mulD(z, p));
  const quotient = v.divD(v.mulD(r, c), v.subD(v.f64(2), c));
  return { fraction: v.subD(high, v.subD(low, quotient)), n };
}

/** 2ⁿ for integers −1022 ≤ n ≤ 1023 held as doubles. */
export function powerOfTwo(v: Lanes, n: Register): Register {
  return v.shift(I64x2.shl, v.addD(n, v.f64(MAGIC + 1023)), 52);
}

/** eˣ. Overflows to infinity, underflows gradually; NaN stays. */
export function expD(v: Lanes, x: Register): Register {
  return v.one(() => {
    const { fraction, n } = reduceExponent(v, v.clampD(x, -746, 710));
    // In two steps, so that results below the normal range are rounded once.
    const half = v.subD(v.addD(v.mulD(n, v.f64(0.5)), v.f64(MAGIC)), v.f64(MAGIC));
    const y = v.mulD(v.addD(fraction, v.f64(1)), powerOfTwo(v, half));
    return v.mulD(y, powerOfTwo(v, v.subD(n, half)));
  });
}

/**
 * Adding and subtracting this number rounds a number below 64 to 26 bits, whose square is exact. Masking the last bits would do
 * the same, but the optimizing compiler of V8 13 loses the mask.
 */
const SPLIT = 1.5 * 2 ** 32;

/** e^(−scale·x²) for a scale that is a power of two: from an exact square and its remainder. */
export function expNegSquareD(v: Lanes, x: Register, scale: 0.5 | 1): Register {
  return v.one(() => {
    const a = v.clampD(v.un(F64x2.abs, x), 0, 40);
    const head = v.subD(v.addD(a, v.f64(SPLIT)), v.f64(SPLIT));
    const rest = v.mulD(v.subD(a, head), v.addD(a, head));
    const factor = v.f64(-scale);
    const left = expD(v, v.mulD(rest, factor));
    return v.mulD(expD(v, v.mulD(v.mulD(head, head), factor)), left);
  });
}

/** eˣ − 1 for results within float32: x is clamped to −50 and 100. */
export function expm1D(v: Lanes, x: Register): Register {
  return v.one(() => {
    const { fraction, n } = reduceExponent(v, v.clampD(x, -50, 100));
    const scale = powerOfTwo(v, n);
    return v.addD(v.mulD(scale, fraction), v.subD(scale, v.f64(1)));
  });
}

/** ln x, for positive normal x; ln(1 + x) when `plusOne`, for x > −1. */
export function logD(v: Lanes, x: Register, plusOne = false): Register {
  return v.one(() => {
    const u = plusOne ? v.addD(x, v.f64(1)) : x;
    // Mantissa in [√½, √2).
    const bits = v.bin(I64x2.add, u, v.i64(0x3ff00000 - 0x3fe6a09e, 0));
    const exponent = v.or(v.shift(I64x2.shrU, bits, 52), v.f64(2 ** 52));
    const k = v.subD(exponent, v.f64(2 ** 52 + 1023));
    const mantissa = v.bin(I64x2.add, v.and(bits, v.i64(0x000fffff, -1)), v.i64(0x3fe6a09e, 0));
    let f = v.subD(mantissa, v.f64(1));
    // Near 0 the sum 1 + x has lost digits of x.
    if (plusOne) f = v.select(v.bin(F64x2.eq, k, v.f64(0)), x, f);
    const half = v.mulD(v.mulD(f, v.f64(0.5)), f);
    const s = v.divD(f, v.addD(f, v.f64(2)));
    const z = v.mulD(s, s);
    const w = v.mulD(z, z);
    const even = v.mulD(
      w,
      v.polynomialD(w, [1.531383769920937332e-1, 2.222219843214978396e-1, 3.999999999940941908e-1]),
    );
    const odd = v.mulD(
      z,
      v.polynomialD(
        w,
        [
          1.479819860511658591e-1, 1.818357216161805012e-1, 2.857142874366239149e-1,
          6.66666666666673513e-1,
        ],
      ),
    );
    const tail = v.addD(
      v.mulD(s, v.addD(half, v.addD(even, odd))),
      v.mulD(k, v.f64(1.90821492927058770002e-10)),
    );
    return v.addD(v.addD(v.subD(tail, half), f), v.mulD(k, v.f64(6.9314718036912381649e-1)));
  });
}

/** ln of any double: denormal numbers are scaled first. */
export function logOf(v: Lanes, x: Register): Register {
  const small = v.bin(F64x2.lt, x, v.f64(2 ** -1022));
  const scaled = v.select(small, v.mulD(x, v.f64(2 ** 54)), x);
  const y = v.subD(logD(v, scaled), v.and(small, v.f64(54 * Math.LN2)));
  const finite = v.select(v.bin(F64x2.eq, x, v.f64(Infinity)), x, y);
  const edge = v.select(v.bin(F64x2.eq, x, v.f64(0)), v.f64(-Infinity), finite);
  return v.select(v.bin(F64x2.ge, x, v.f64(0)), edge, v.f64(NaN));
}

/** The largest |x| for which the three-part reduction of `sincosD` is accurate. */
export const SINCOS_LIMIT = 1e6;

/** Sine, cosine or tangent for |x| ≤ 10⁶. */
export function trigD(v: Lanes, x: Register, name: 'sin' | 'cos' | 'tan'): Register {
  return v.one(() => {
    const quadrant = v.addD(v.mulD(x, v.f64(2 / Math.PI)), v.f64(MAGIC));
    const n = v.subD(quadrant, v.f64(MAGIC));
    // π/2 in three parts, of which the first two have 33 bits: their products with n are exact.
    let r = v.subD(x, v.mulD(n, v.f64(1.57079632673412561417)));
    r = v.subD(r, v.mulD(n, v.f64(6.0771005063039659766e-11)));
    r = v.subD(r, v.mulD(n, v.f64(2.02226624879595063154e-21)));
    const z = v.mulD(r, r);
    const sine = v.addD(
      r,
      v.mulD(
        v.mulD(r, z),
        v.polynomialD(
          z,
          [
            1.58969099521155010221e-10, -2.50507602534068634195e-8, 2.75573137070700676789e-6,
            -1.98412698298579493134e-4, 8.33333333332248946124e-3, -1.66666666666666324348e-1,
          ],
        ),
      ),
    );
    const cosine = v.addD(
      v.subD(v.f64(1), v.mulD(z, v.f64(0.5))),
      v.mulD(
        v.mulD(z, z),
        v.polynomialD(
          z,
          [
            -1.13596475577881948265e-11, 2.0875723212981748279e-9, -2.75573143513906633035e-7,
            2.48015872894767294178e-5, -1.38888888888741095749e-3, 4.16666666666666019037e-2,
          ],
        ),
      ),
    );
    const turned = name === 'cos' ? v.bin(I64x2.add, quadrant, v.i64(0, 1)) : quadrant;
    const odd = v.bin(I64x2.eq, v.and(turned, v.i64(0, 1)), v.i64(0, 1));
    if (name === 'tan') {
      const numerator = v.select(odd, v.negD(cosine), sine);
      return v.divD(numerator, v.select(odd, sine, cosine));
    }
    const sign = v.shift(I64x2.shl, v.and(turned, v.i64(0, 2)), 62);
    return v.bin(V128.xor, v.select(odd, cosine, sine), sign);
  });
}

/** erfc(x) for results within float32, accurate to 4·10⁻¹¹: e^(−x²) times a polynomial in (x − 4)/(x + 4). */
export function erfcD(v: Lanes, x: Register): Register {
  return v.one(() => {
    const a = v.clampD(v.un(F64x2.abs, x), 0, 10.2);
    const t = v.divD(v.subD(a, v.f64(4)), v.addD(a, v.f64(4)));
    const u = v.divD(v.addD(t, v.f64(0.28169014084507044)), v.f64(0.7183098591549295));
    const p = v.polynomialD(
      u,
      [
        -1.4314683279995473e-7, 1.446024628291655e-7, 3.0815895684099814e-6, -1.2955236737103146e-5,
        -1.533774869447565e-5, 4.008910610968031e-4, -2.3705967296661712e-3, 9.209310988880606e-3,
        -2.7364422500147256e-2, 6.578679053268355e-2, -1.3133752226071077e-1, 2.2032240735697967e-1,
        -3.1138974747738146e-1, 2.318187224210406e-1,
      ],
    );
    const tail = v.mulD(expD(v, v.negD(v.mulD(a, a))), p);
    return v.select(v.bin(F64x2.lt, x, v.f64(0)), v.subD(v.f64(2), tail), tail);
  });
}

/**
 * @file The incomplete gamma functions for large a, around x = a (N. M. Temme, "The asymptotic expansion of the incomplete
 * gamma functions", 1979).
 */
import type { DoubleDouble } from './doubleDouble.js';
import { erfcx } from './scaledTail.js';

/** The coefficients of a⁻ᵏ, as power series in η, `η²/2 = φ(x/a)`: enough for a of at least 10⁴. */
const COEFFICIENTS: readonly (readonly number[])[] = [
  [
    -0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
    0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-5, -2.185448510679992e-6,
    -1.85406221071516e-6, 8.296711340953087e-7, -1.7665952736826078e-7, 6.707853543401498e-9,
    1.0261809784240309e-8, -4.382036018453353e-9, 9.14769958223679e-10, -2.5514193994946248e-11,
    -5.830772132550426e-11, 2.4361948020667415e-11,
  ],
  [
    -0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596,
    0.00020576131687242798, -4.018775720164609e-7, -1.8098550334489977e-5, 7.64916091608111e-6,
    -1.6120900894563446e-6, 4.647127802807434e-9, 1.378633446915721e-7, -5.752545603517705e-8,
    1.1951628599778148e-8, -1.7543241719747647e-11, -1.0091543710600413e-9,
  ],
  [
    0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-6,
    -0.0001073665322636516, 5.2923448829120125e-5, -1.2760635188618728e-5, 3.423578734096138e-8,
    1.3721957309062934e-6, -6.298992138380055e-7, 1.4280614206064242e-7, -2.0477098421990866e-10,
  ],
  [
    0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557, 0.00026772063206283885,
    -7.561801671883977e-5, -2.396505113867297e-7, 1.1082654115347302e-5, -5.6749528269915965e-6,
    1.4230900732435883e-6,
  ],
];

/** Q (`side` 1) or P (−1), where `y = a φ(x/a)`. */
export function temmeTail(a: number, x: number, y: DoubleDouble, side: 1 | -1): number {
  const above = x >= a ? 1 : -1;
  const eta = above * Math.sqrt((2 * y.hi) / a);
  let sum = 0;
  for (let k = COEFFICIENTS.length - 1; k >= 0; k--)
    sum = sum / a + polynomial(COEFFICIENTS[k]!, eta);
  // Only e^(−y) is small: nothing else has to be exact.
  const power = Math.exp(-y.hi) * (1 - y.lo);
  const small = power * (0.5 * erfcx(Math.sqrt(y.hi)) + (above * sum) / Math.sqrt(2 * Math.PI * a));
  return above === side ? small : 1 - small;
}

/** `c[0] + c[1] x + c[2] x² + …` */
function polynomial(c: readonly number[], x: number): number {
  let y = 0;
  for (let i = c.length - 1; i >= 0; i--) y = y * x + c[i]!;
  return y;
}

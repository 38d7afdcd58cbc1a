/**
 * @file The logarithm of the gamma function and its derivatives, of one double.
 *
 * Large arguments by Stirling's series, small ones moved to where a series is good, negative ones reflected; next to zeros,
 * where that would cancel, by Taylor series around them, so that the relative error stays near 1e-15 (lgamma: to x = −12).
 */
import { made } from '../../kernels/elements/scalarFunctions.js';

/**
 * Makes the functions. Its source text is sent to worker threads, whose kernels call them too, so it refers to nothing outside
 * itself.
 */
/* istanbul ignore next -- @preserve */
export function gammaFunctions() {
  /** Bernoulli numbers B₂, B₄, … B₃₀. */
  const BERNOULLI = [
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
    8553103 / 6,
    -23749461029 / 870,
    8615841276005 / 14322,
  ];

  const HALF_LOG_2_PI = 0.91893853320467274178;

  /** ln |Γ(x)|; +Inf at 0, −1, −2, … and at ±Inf. */
  function lgamma(x: number): number {
    if (Number.isNaN(x)) return x;
    if (Math.abs(x) === Infinity || (x <= 0 && Number.isInteger(x))) return Infinity;
    if (x >= 10) return stirling(x);
    if (x < -15) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
    if (x < -2) {
      const near = nearZero(LGAMMA_ZEROS, x, (k, z) => polygamma(k - 1, z));
      if (near !== null) return near;
    }
    // Shifted into [0.5, 2.5]; the logarithm of the product of the factors passed on the way is small where the result is.
    let up = 1;
    let down = 1;
    let y = x;
    for (; y < 0.5; y++) up *= y;
    for (; y > 2.5; y--) down *= y - 1;
    const rest = y < 1.3 ? aroundTwo(y - 1) - Math.log1p(y - 1) : aroundTwo(y - 2);
    return up !== 1 ? rest - Math.log(Math.abs(up)) : down !== 1 ? rest + Math.log(down) : rest;
  }

  /** lgamma(2 + d) for −0.7 ≤ d ≤ ½: `(1 − γ) d + Σ (ζ(k) − 1) (−d)ᵏ / k`. */
  function aroundTwo(d: number): number {
    let y = 0;
    for (let k = ZETA.length - 1; k >= 2; k--) y = -d * (ZETA[k]! / k + y);
    return d * (1 - EULER_GAMMA - y + EULER_REST);
  }

  const EULER_GAMMA = 0.57721566490153286061;
  /** The rounding error of 1 − γ. */
  const EULER_REST = 4.942915152430645e-18;

  function stirling(x: number): number {
    if (x > 1e300) return x * (Math.log(x) - 1);
    const z = 1 / (x * x);
    let series = 0;
    for (let k = 9; k >= 1; k--) series = series * z + BERNOULLI[k - 1]! / (2 * k * (2 * k - 1));
    return (x - 0.5) * Math.log(x) - x + HALF_LOG_2_PI + series / x;
  }

  /** ln 10.5 in two parts. */
  const LOG_MIDDLE = 2.3513752571634776;
  const LOG_MIDDLE_REST = 7.035472405308644e-17;

  /** The derivative of lgamma. ∓Inf at ±0, NaN at −1, −2, … and −Inf. */
  function digamma(x: number): number {
    if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
    if (Number.isNaN(x) || x === Infinity) return x;
    if (x < 0 && (Number.isInteger(x) || x === -Infinity)) return NaN;
    const near = nearZero(DIGAMMA_ZEROS, x, polygamma);
    if (near !== null) return near;
    if (x < -0.5) return digamma(1 - x) - Math.PI / tanPi(x);
    // Shifted towards the zero, where less cancels.
    if (x < 1) return digamma(x + 1) - 1 / x;
    if (x > 1.9 && x < 2.9) return digamma(x - 1) + 1 / (x - 1);
    let sum = 0;
    let lost = 0;
    let y = x;
    for (; y < 10; y++) {
      const next = sum - 1 / y;
      lost += sum - next - 1 / y;
      sum = next;
    }
    const z = 1 / (y * y);
    let series = 0;
    for (let k = 10; k >= 1; k--) series = series * z + BERNOULLI[k - 1]! / (2 * k);
    const rest = 0.5 / y + series * z;
    if (x >= 10) return Math.log(y) - rest;
    // The sum and the logarithm cancel, so the logarithm is taken in two parts, with y between 10 and 11.
    const whole = LOG_MIDDLE + sum;
    const rounded = sum - (whole - LOG_MIDDLE);
    return whole + (rounded + lost + LOG_MIDDLE_REST + Math.log1p((y - 10.5) / 10.5) - rest);
  }

  /**
   * The derivative of order n ≥ 1 of digamma: `(−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹`. At 0, −1, −2, … infinite for odd n, NaN for even n.
   */
  function polygamma(n: number, x: number): number {
    if (n === 0) return digamma(x);
    if (Number.isNaN(x)) return x;
    if (x <= 0 && Number.isInteger(x)) return n % 2 === 1 ? Infinity : NaN;
    if (x === -Infinity) return NaN;
    if (x < 0) return reflected(n, x);
    return (n % 2 === 1 ? 1 : -1) * factorial(n) * zeta(n + 1, x);
  }

  /**
   * The Hurwitz zeta function, `Σ 1/(x + k)ˢ` for x > 0, by Euler-Maclaurin summation: terms up to a, an integral, corrections.
   */
  function zeta(s: number, x: number): number {
    if (x === Infinity) return 0;
    let sum = 0;
    let a = x;
    for (let k = 1; a < 9 + s; a = x + k++) {
      // Includes the rounding error of x + k, which the power magnifies.
      const roundingError = x - (a - (k - 1));
      const term = a ** -s * (1 - (s * roundingError) / a);
      sum += term;
      if (term <= sum * 1e-17) return sum;
    }
    sum += a ** (1 - s) / (s - 1) + 0.5 * a ** -s;
    let factor = s * a ** (-s - 1);
    for (let k = 1; k <= BERNOULLI.length; k++) {
      const term = (BERNOULLI[k - 1]! / factorial(2 * k)) * factor;
      sum += term;
      if (Math.abs(term) < sum * 1e-17) break;
      factor *= ((s + 2 * k - 1) * (s + 2 * k)) / (a * a);
    }
    return sum;
  }

  /** `(−1)ⁿ ψₙ(1 − x) − π dⁿ/dxⁿ cot πx`, with the derivatives of the cotangent as polynomials in it. */
  function reflected(n: number, x: number): number {
    const c = 1 / tanPi(x);
    let p = [0, 1];
    for (let k = 0; k < n; k++) {
      // d/dx p(cot πx) = −π (1 + cot²) p'(cot πx)
      const next = new Array<number>(p.length + 1).fill(0);
      for (let i = 1; i < p.length; i++) {
        next[i - 1]! -= i * p[i]!;
        next[i + 1]! -= i * p[i]!;
      }
      p = next;
    }
    let y = 0;
    for (let i = p.length - 1; i >= 0; i--) y = y * c + p[i]!;
    return (n % 2 === 0 ? 1 : -1) * polygamma(n, 1 - x) - Math.PI ** (n + 1) * y;
  }

  function factorial(n: number): number {
    let f = 1;
    for (let i = 2; i <= n; i++) f *= i;
    return f;
  }

  /** sin πx, exact where x is near a whole number. */
  function sinPi(x: number): number {
    const whole = Math.round(x);
    const sine = Math.sin(Math.PI * (x - whole));
    return whole % 2 === 0 ? sine : -sine;
  }

  /** tan πx, exact where x is near a whole number. */
  function tanPi(x: number): number {
    return Math.tan(Math.PI * (x - Math.round(x)));
  }

  /** ζ(k) − 1. */
  const ZETA: readonly number[] = Array.from({ length: 42 }, (_, k) => (k < 2 ? 0 : zeta(k, 2)));

  /** The double nearest to a zero, and the value of the function there. */
  type Zero = readonly [at: number, value: number];

  /**
   * Zeros of lgamma below −2; those at 1 and 2 need no special care. Below −12 zeros lie so close to poles that they are not
   * listed.
   */
  const LGAMMA_ZEROS: readonly Zero[] = [
    [-2.7476826467274127, 1.733509244024501e-16],
    [-2.4570247382208006, 5.619192358950097e-17],
    [-3.955294284858598, -4.14382750757705e-16],
    [-3.14358088834998, 1.6978655906121085e-15],
    [-4.991544640560048, 1.7683619350849613e-14],
    [-4.039361839740537, -5.664578074060335e-15],
    [-5.998607480080875, -2.3721063667118474e-13],
    [-5.0082181683225935, 5.4188509265538106e-15],
    [-6.999801507890638, 5.313011065735902e-14],
    [-6.001385294453155, -4.6433836942838004e-14],
    [-7.999975197095821, -2.1213071311827735e-12],
    [-7.000198333407325, -1.263203743493977e-12],
    [-8.999997244250977, -8.050618056741812e-11],
    [-8.000024800270682, 1.75595561986039e-11],
    [-9.99999972442663, 1.7719543958825935e-9],
    [-9.000002755714823, 3.444263328391509e-11],
    [-10.99999997494789, 7.92108817813105e-9],
    [-10.000000275573013, 1.2668051387565237e-9],
    [-11.999999997912324, -4.799928255018621e-8],
    [-11.000000025052106, 2.734640389948086e-8],
  ];

  /** Zeros of digamma. */
  const DIGAMMA_ZEROS: readonly Zero[] = [
    [1.4616321449683622, -9.241265521729427e-17],
    [-0.5040830082644554, 7.289763902976895e-17],
    [-1.5734984731623904, 1.5649788481838454e-16],
    [-2.6107208684441447, -1.0720275936410002e-15],
    [-3.635293366436901, -6.354883894064686e-16],
    [-4.653237761743142, 3.1533529982387494e-15],
    [-5.6671624415568855, 4.1867794464524804e-17],
    [-6.678418213073427, -4.72682938045534e-15],
    [-7.687788325031626, 1.9153452498708634e-15],
    [-8.695764163816401, 4.825794938582724e-15],
    [-9.702672540001863, 4.939256869086382e-15],
    [-10.708740838254144, 9.822169913611686e-15],
    [-11.714133061228955, -1.3802039605351374e-14],
  ];

  const TERMS = 36;
  const seriesOf = new Map<Zero, readonly number[]>();

  /**
   * The function at `x` if `x` is close to one of its zeros, otherwise null; `derivative(k, z)` is its derivative of order k at
   * z. Close is up to a third of the way to the nearest pole, so that 36 terms suffice. They are computed when first needed.
   */
  function nearZero(
    zeros: readonly Zero[],
    x: number,
    derivative: (k: number, z: number) => number,
  ): number | null {
    for (const zero of zeros) {
      const [z, value] = zero;
      const pole = z > 0 ? z : Math.abs(z - Math.round(z));
      if (Math.abs(x - z) > 0.35 * pole) continue;
      let c = seriesOf.get(zero);
      if (c === undefined) {
        let factorial = 1;
        c = Array.from({ length: TERMS }, (_, k) =>
          k === 0 ? value : derivative(k, z) / (factorial *= k),
        );
        seriesOf.set(zero, c);
      }
      let y = 0;
      for (let k = TERMS - 1; k >= 0; k--) y = y * (x - z) + c[k]!;
      return y;
    }
    return null;
  }
  return { lgamma, digamma, polygamma, factorial, zeta, aroundTwo };
}

const functions = made(gammaFunctions);

export const { lgamma, digamma, polygamma, factorial } = functions;

const { zeta, aroundTwo } = functions;

/** `ln Γ(1 + x)` for |x| ≤ ½, with every digit around 0. */
export function lgamma1p(x: number): number {
  return aroundTwo(x) - Math.log1p(x);
}

/**
 * The Riemann and Hurwitz zeta function, `Σ 1/(q + k)ˢ` for s > 1 and k = 0, 1, …: +Inf for s = 1 and at q = 0, −1, −2, …; NaN
 * for s < 1, and for negative q unless s is a whole number.
 */
export function hurwitzZeta(s: number, q: number): number {
  if (s !== s || q !== q) return NaN;
  if (s === 1) return Infinity;
  if (s < 1) return NaN;
  if (s === Infinity) return q > 1 ? 0 : q === 1 ? 1 : q > 0 ? Infinity : NaN;
  if (q <= 0) {
    if (Number.isInteger(q)) return Infinity;
    if (!Number.isInteger(s)) return NaN;
  }
  if (q > 1e8) return (1 / (s - 1) + 1 / (2 * q)) * q ** (1 - s);
  if (q > 0) return zeta(s, q);
  // The terms below 0 are powers of f, 1 + f, … −q; those above 0 of 1 − f, 2 − f, ….
  const f = -q - Math.floor(-q);
  const below = zeta(s, f) - zeta(s, 1 - q);
  return (s % 2 === 0 ? below : -below) + zeta(s, 1 - f);
}

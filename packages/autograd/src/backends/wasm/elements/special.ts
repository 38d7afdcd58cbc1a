/**
 * @file Scalar functions in double precision that kernels import for what they have no vector form of.
 *
 * One self-contained function makes them all: its text travels to the worker threads, so it may refer to nothing
 * outside itself. V8 turns imports of `Math.sin` and its kin into direct calls.
 */

export type ScalarFunction = (x: number, y: number) => number;

/**
 * The functions by the name of their primitive. `erf` and `erfc` follow fdlibm (Sun Microsystems, 1993); `lgamma` and
 * `digamma` use the series at 1 and Stirling's asymptotic series; `erfinv` refines Giles' approximation.
 */
/* istanbul ignore next -- @preserve */
export function scalarFunctions(): Record<string, ScalarFunction> {
  const polynomial = (x: number, coefficients: readonly number[]): number => {
    let sum = 0;
    for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] as number);
    return sum;
  };
  const pp = [
    1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2,
    -5.77027029648944159157e-3, -2.37630166566501626084e-5,
  ];
  const qq = [
    1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3,
    1.32494738004321644526e-4, -3.9602282787753681232e-6,
  ];
  const pa = [
    -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1,
    3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2,
    -2.166375594868790843e-3,
  ];
  const qa = [
    1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2,
    1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.1984499846799107417e-2,
  ];
  const ra = [
    -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1,
    -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2,
    -8.12874355063065934246e1, -9.81432934416914548592,
  ];
  const sa = [
    1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2,
    6.45387271733267880336e2, 4.29008140027567833386e2, 1.08635005541779435134e2,
    6.57024977031928170135, -6.04244152148580987438e-2,
  ];
  const rb = [
    -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1,
    -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3,
    -4.83519191608651397019e2,
  ];
  const sb = [
    1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3,
    3.19985821950859553908e3, 2.55305040643316442583e3, 4.74528541206955367215e2,
    -2.24409524465858183362e1,
  ];
  const erx = 8.45062911510467529297e-1;
  const float = new Float32Array(1);

  /** ln(x·e^(x²)·erfc x) + 0.5625, for x ≥ 1.25. */
  const tailRatio = (x: number): number => {
    const s = 1 / (x * x);
    return x < 1 / 0.35
      ? polynomial(s, ra) / polynomial(s, sa)
      : polynomial(s, rb) / polynomial(s, sb);
  };
  /** exp(−x²)·r(1/x²)/x of fdlibm, for x ≥ 1.25. */
  const erfcTail = (x: number): number => {
    float[0] = x;
    const high = float[0];
    return (Math.exp(-high * high - 0.5625) * Math.exp((high - x) * (high + x) + tailRatio(x))) / x;
  };
  const erf = (x: number): number => {
    const a = Math.abs(x);
    if (!(a >= 0.84375)) {
      if (a < 2 ** -28) return x + x * 1.28379167095512586316e-1;
      const z = x * x;
      return x + x * (polynomial(z, pp) / polynomial(z, qq));
    }
    let y = 1;
    if (a < 1.25) y = erx + polynomial(a - 1, pa) / polynomial(a - 1, qa);
    else if (a < 6) y = 1 - erfcTail(a);
    return x < 0 ? -y : y;
  };
  const erfc = (x: number): number => {
    const a = Math.abs(x);
    if (!(a >= 0.84375)) {
      const z = x * x;
      const y = polynomial(z, pp) / polynomial(z, qq);
      return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
    }
    if (a < 1.25) {
      const y = polynomial(a - 1, pa) / polynomial(a - 1, qa);
      return x < 0 ? 1 + erx + y : 1 - erx - y;
    }
    if (a < 28) return x > 0 ? erfcTail(a) : x < -6 ? 2 : 2 - erfcTail(a);
    return x > 0 ? 0 : 2;
  };
  /** ½ erfc(−x/√2): on the left from the square of x itself, as that of a rounded x/√2 is off. */
  const normalCdf = (x: number): number => {
    const y = -x * Math.SQRT1_2;
    if (!(y >= 1.25)) return 0.5 * erfc(y);
    if (y > 28) return 0;
    float[0] = x;
    const high = float[0];
    const e = Math.exp(-0.5 * high * high - 0.5625);
    return (0.5 * e * Math.exp(0.5 * (high - x) * (high + x) + tailRatio(y))) / y;
  };
  const erfinv = (x: number): number => {
    if (!(Math.abs(x) < 1)) return x === 1 ? Infinity : x === -1 ? -Infinity : NaN;
    if (x === 0) return x;
    // Giles 2010, single precision; Halley's steps on erfc (no cancellation near ±1) do the rest.
    const a = Math.abs(x);
    let w = -Math.log1p(-a) - Math.log1p(a);
    let y;
    if (w < 5) {
      w -= 2.5;
      y = polynomial(
        w,
        [
          1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6,
          -3.5233877e-6, 3.43273939e-7, 2.81022636e-8,
        ],
      );
    } else {
      w = Math.sqrt(w) - 3;
      y = polynomial(
        w,
        [
          2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844,
          0.00134934322, 0.000100950558, -0.000200214257,
        ],
      );
    }
    y *= a;
    for (let step = 0; step < 2; step++) {
      const error = a < 0.5 ? erf(y) - a : 1 - a - erfc(y);
      const t = error / (1.1283791670955126 * Math.exp(-y * y));
      y -= t / (1 + y * t);
    }
    return x < 0 ? -y : y;
  };

  const zeta: number[] = [];
  for (let k = 2; k < 56; k++) {
    // Euler–Maclaurin after nine terms.
    let sum = 0;
    for (let n = 1; n < 10; n++) sum += n ** -k;
    sum += 10 ** (1 - k) / (k - 1) + 0.5 * 10 ** -k + (k * 10 ** (-k - 1)) / 12;
    sum -= (k * (k + 1) * (k + 2) * 10 ** (-k - 3)) / 720;
    sum += (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * 10 ** (-k - 5)) / 30240;
    sum -=
      (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * (k + 5) * (k + 6) * 10 ** (-k - 7)) / 1209600;
    zeta.push(sum);
  }
  const euler = 0.5772156649015328606;
  /** ln Γ(1 + z) for |z| ≤ 1/2. */
  const lgammaAtOne = (z: number): number => {
    let sum = 0;
    for (let k = 55; k >= 2; k--)
      sum = ((zeta[k - 2] as number) / k) * (k % 2 === 0 ? 1 : -1) + sum * z;
    return z * (z * sum - euler);
  };
  const lgamma = (x: number): number => {
    if (x !== x) return x;
    if (Math.abs(x) === Infinity) return Infinity;
    if (x <= 0) {
      const f = x - Math.floor(x);
      if (f === 0) return Infinity;
      // Where x is tiny the reflection only restates ln(1/|x|).
      if (x > -1e-17) return -Math.log(-x);
      return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * f))) - lgamma(1 - x);
    }
    if (x < 0.5) return lgammaAtOne(x) - Math.log(x);
    if (x <= 1.5) return lgammaAtOne(x - 1);
    if (x <= 2.5) return lgammaAtOne(x - 2) + Math.log1p(x - 2);
    let shift = 0;
    let y = x;
    if (y < 10) {
      let product = 1;
      while (y < 10) product *= y++;
      shift = Math.log(product);
    }
    const w = 1 / (y * y);
    const series =
      polynomial(w, [
        1 / 12,
        -1 / 360,
        1 / 1260,
        -1 / 1680,
        1 / 1188,
        -691 / 360360,
        1 / 156,
        -3617 / 122400,
      ]) / y;
    return (y - 0.5) * Math.log(y) - y + 0.91893853320467274178 + series - shift;
  };
  const digamma = (x: number): number => {
    if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
    if (x < 0) {
      const f = x - Math.floor(x);
      if (f === 0 || x === -Infinity) return NaN;
      return digamma(1 - x) - Math.PI / Math.tan(Math.PI * f);
    }
    let sum = 0;
    let y = x;
    while (y < 10) sum -= 1 / y++;
    const w = 1 / (y * y);
    const series =
      w *
      polynomial(w, [
        1 / 12,
        -1 / 120,
        1 / 252,
        -1 / 240,
        1 / 132,
        -691 / 32760,
        1 / 12,
        -3617 / 8160,
      ]);
    return y === Infinity ? Infinity : sum + Math.log(y) - 0.5 / y - series;
  };

  const {
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    expm1,
    log,
    log1p,
    log2,
    log10,
  } = Math;
  return {
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    expm1,
    log,
    log1p,
    log2,
    log10,
    erf,
    erfc,
    normalCdf,
    erfinv,
    lgamma,
    digamma,
    exp2: (x) => Math.pow(2, x),
    softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    atan2: Math.atan2,
    hypot: (x, y) => Math.hypot(x, y),
    // IEEE 754: 1 to any power is 1, as is (−1)^±∞; JavaScript says NaN.
    pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y)),
    // From the remainder, as PyTorch: -1 for -2.5 by infinity, NaN for infinity by anything.
    floorDivide: (x, y) => {
      if (y === 0) return x / y;
      const r = x % y;
      const q = (x - r) / y - (r !== 0 && r < 0 !== y < 0 ? 1 : 0);
      return q === 0 ? (x / y < 0 || Object.is(x / y, -0) ? -0 : 0) : Math.round(q);
    },
    fmod: (x, y) => x % y,
    remainder: (x, y) => {
      const r = x % y;
      return r !== 0 && r < 0 !== y < 0 ? r + y : r;
    },
  };
}

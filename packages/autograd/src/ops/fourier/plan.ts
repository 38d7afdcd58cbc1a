/**
 * @file The discrete Fourier transform of one row of doubles, real and imaginary parts apart, in O(n log n) for any n: mixed
 * radix where n has small prime factors (T. G. Stockham's order, which needs no reordering), L. I. Bluestein's convolution
 * elsewhere.
 */

type Row = Float64Array;

/** Transforms a row in place: `X[k] = Σ x[j] e^(−2πi jk/n)`. For the inverse sign exchange the two parts. */
export type Transform = (real: Row, imag: Row) => void;

/** Prime factors up to this one are transformed as they are, in p² steps. */
const LARGEST_RADIX = 13;

const plans = new Map<number, Transform>();
const PLANS_KEPT = 16;

/** The transform of rows of n; the last few are kept. */
export function planOf(n: number): Transform {
  const known = plans.get(n);
  if (known !== undefined) return known;
  const { factors, rest } = factorsOf(n);
  const made = rest === 1 ? mixedRadix(n, factors) : bluestein(n);
  if (plans.size >= PLANS_KEPT) plans.delete(plans.keys().next().value as number);
  plans.set(n, made);
  return made;
}

function factorsOf(n: number): { factors: number[]; rest: number } {
  const factors: number[] = [];
  let rest = n;
  for (const p of [4, 2, 3, 5, 7, 11, LARGEST_RADIX]) {
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return { factors, rest };
}

/** `e^(−2πi k/n)`, from angles up to π/4. */
export function rootsOfUnity(n: number): { cos: Row; sin: Row } {
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    // Eighths of the circle, and what is left of the nearest quarter.
    const quarter = Math.round((4 * k) / n);
    const angle = (Math.PI / 2) * ((4 * k - quarter * n) / n);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const turn = quarter % 4;
    cos[k] = turn === 0 ? c : turn === 1 ? -s : turn === 2 ? -c : s;
    sin[k] = -(turn === 0 ? s : turn === 1 ? c : turn === 2 ? -s : -c);
  }
  return { cos, sin };
}

function mixedRadix(n: number, factors: readonly number[]): Transform {
  const { cos, sin } = rootsOfUnity(n);
  const [otherReal, otherImag] = [new Float64Array(n), new Float64Array(n)];
  return (real, imag) => {
    let [xr, xi, yr, yi]: [Row, Row, Row, Row] = [real, imag, otherReal, otherImag];
    let length = n;
    let stride = 1;
    for (const p of factors) {
      const pass = p === 2 ? radix2 : p === 4 ? radix4 : anyRadix;
      pass(xr, xi, yr, yi, length, stride, cos, sin, p);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      length /= p;
      stride *= p;
    }
    if (xr !== real) {
      real.set(xr);
      imag.set(xi);
    }
  };
}

/**
 * A pass turns columns of p elements, `length / p` apart, into rows of p sums, each times a power of a root of unity; there
 * are `stride` of them side by side.
 */
type Pass = (
  xr: Row,
  xi: Row,
  yr: Row,
  yi: Row,
  length: number,
  stride: number,
  cos: Row,
  sin: Row,
  p: number,
) => void;

const radix2: Pass = (xr, xi, yr, yi, length, s, cos, sin) => {
  const m = length / 2;
  for (let q = 0; q < m; q++) {
    const [c, d] = [cos[q * s]!, sin[q * s]!];
    for (let k = 0; k < s; k++) {
      const [a, b] = [k + s * q, k + s * (q + m)];
      const [ar, ai, br, bi] = [xr[a]!, xi[a]!, xr[b]!, xi[b]!];
      const to = k + 2 * s * q;
      const [dr, di] = [ar - br, ai - bi];
      yr[to] = ar + br;
      yi[to] = ai + bi;
      yr[to + s] = dr * c - di * d;
      yi[to + s] = dr * d + di * c;
    }
  }
};

const radix4: Pass = (xr, xi, yr, yi, length, s, cos, sin) => {
  const m = length / 4;
  for (let q = 0; q < m; q++) {
    const c1 = cos[q * s]!;
    const d1 = sin[q * s]!;
    const c2 = cos[2 * q * s]!;
    const d2 = sin[2 * q * s]!;
    const c3 = cos[3 * q * s]!;
    const d3 = sin[3 * q * s]!;
    for (let k = 0; k < s; k++) {
      const at = k + s * q;
      const step = s * m;
      const pr = xr[at]! + xr[at + 2 * step]!;
      const pi = xi[at]! + xi[at + 2 * step]!;
      const mr = xr[at]! - xr[at + 2 * step]!;
      const mi = xi[at]! - xi[at + 2 * step]!;
      const qr = xr[at + step]! + xr[at + 3 * step]!;
      const qi = xi[at + step]! + xi[at + 3 * step]!;
      // −i times the difference
      const nr = xi[at + step]! - xi[at + 3 * step]!;
      const ni = xr[at + 3 * step]! - xr[at + step]!;
      const to = k + 4 * s * q;
      yr[to] = pr + qr;
      yi[to] = pi + qi;
      const [ur, ui] = [mr + nr, mi + ni];
      yr[to + s] = ur * c1 - ui * d1;
      yi[to + s] = ur * d1 + ui * c1;
      const [vr, vi] = [pr - qr, pi - qi];
      yr[to + 2 * s] = vr * c2 - vi * d2;
      yi[to + 2 * s] = vr * d2 + vi * c2;
      const [wr, wi] = [mr - nr, mi - ni];
      yr[to + 3 * s] = wr * c3 - wi * d3;
      yi[to + 3 * s] = wr * d3 + wi * c3;
    }
  }
};

const anyRadix: Pass = (xr, xi, yr, yi, length, s, cos, sin, p) => {
  const m = length / p;
  const n = length * s;
  for (let q = 0; q < m; q++) {
    for (let u = 0; u < p; u++) {
      const turn = (q * u * s) % n;
      const [c, d] = [cos[turn]!, sin[turn]!];
      for (let k = 0; k < s; k++) {
        let [sr, si] = [0, 0];
        for (let r = 0; r < p; r++) {
          const at = k + s * (q + m * r);
          const root = (((r * u) % p) * n) / p;
          sr += xr[at]! * cos[root]! - xi[at]! * sin[root]!;
          si += xr[at]! * sin[root]! + xi[at]! * cos[root]!;
        }
        const to = k + s * (p * q + u);
        yr[to] = sr * c - si * d;
        yi[to] = sr * d + si * c;
      }
    }
  }
};

/** With `jk = (j² + k² − (k − j)²)/2` a transform is a convolution with a chirp, which has a length of two's power. */
function bluestein(n: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = mixedRadix(size, factorsOf(size).factors);
  const { cos, sin } = rootsOfUnity(2 * n);
  const [chirpReal, chirpImag] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const turn = (k * k) % (2 * n);
    chirpReal[k] = cos[turn]!;
    chirpImag[k] = sin[turn]!;
  }
  const [filterReal, filterImag] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < n; k++) {
    for (const at of k === 0 ? [0] : [k, size - k]) {
      filterReal[at] = chirpReal[k]! / size;
      filterImag[at] = -chirpImag[k]! / size;
    }
  }
  inner(filterReal, filterImag);
  const [yr, yi] = [new Float64Array(size), new Float64Array(size)];
  return (real, imag) => {
    yr.fill(0, n);
    yi.fill(0, n);
    for (let k = 0; k < n; k++) {
      yr[k] = real[k]! * chirpReal[k]! - imag[k]! * chirpImag[k]!;
      yi[k] = real[k]! * chirpImag[k]! + imag[k]! * chirpReal[k]!;
    }
    inner(yr, yi);
    for (let k = 0; k < size; k++) {
      const [a, b] = [yr[k]!, yi[k]!];
      yr[k] = a * filterReal[k]! - b * filterImag[k]!;
      yi[k] = a * filterImag[k]! + b * filterReal[k]!;
    }
    inner(yi, yr);
    for (let k = 0; k < n; k++) {
      real[k] = yr[k]! * chirpReal[k]! - yi[k]! * chirpImag[k]!;
      imag[k] = yr[k]! * chirpImag[k]! + yi[k]! * chirpReal[k]!;
    }
  };
}

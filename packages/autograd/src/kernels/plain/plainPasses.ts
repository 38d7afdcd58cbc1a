/** @file The passes of a Fourier transform over one row, one for each factor of its length. */

/** One part, real or imaginary, of a row of numbers. */
export type Row = Float64Array;

/** The pass for a factor p. */
export function passOf(p: number): Pass {
  return p === 4 ? radix4 : anyRadix;
}

/**
 * A pass turns columns of p elements, `length / p` apart, into rows of p sums, each times a power of a root of unity;
 * `stride` such columns lie side by side.
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
      const ur = mr + nr;
      const ui = mi + ni;
      yr[to + s] = ur * c1 - ui * d1;
      yi[to + s] = ur * d1 + ui * c1;
      const vr = pr - qr;
      const vi = pi - qi;
      yr[to + 2 * s] = vr * c2 - vi * d2;
      yi[to + 2 * s] = vr * d2 + vi * c2;
      const wr = mr - nr;
      const wi = mi - ni;
      yr[to + 3 * s] = wr * c3 - wi * d3;
      yi[to + 3 * s] = wr * d3 + wi * c3;
    }
  }
};

const anyRadix: Pass = (xr, xi, yr, yi, length, s, cos, sin, p) => {
  const m = length / p;
  const n = length * s;
  const [rootReal, rootImag] = [new Float64Array(p * p), new Float64Array(p * p)];
  for (let u = 0; u < p; u++) {
    for (let r = 0; r < p; r++) {
      rootReal[u * p + r] = cos[(((r * u) % p) * n) / p]!;
      rootImag[u * p + r] = sin[(((r * u) % p) * n) / p]!;
    }
  }
  for (let q = 0; q < m; q++) {
    for (let u = 0; u < p; u++) {
      const c = cos[q * u * s]!;
      const d = sin[q * u * s]!;
      for (let k = 0; k < s; k++) {
        let sr = 0;
        let si = 0;
        for (let r = 0, at = k + s * q, root = u * p; r < p; r++, at += s * m, root++) {
          const a = xr[at]!;
          const b = xi[at]!;
          sr += a * rootReal[root]! - b * rootImag[root]!;
          si += a * rootImag[root]! + b * rootReal[root]!;
        }
        const to = k + s * (p * q + u);
        yr[to] = sr * c - si * d;
        yi[to] = sr * d + si * c;
      }
    }
  }
};

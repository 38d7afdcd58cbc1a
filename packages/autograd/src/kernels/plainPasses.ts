/** @file The passes of a Fourier transform over one row, one for each factor of its length. */

/** One part, real or imaginary, of a row of numbers. */
export type Row = Float64Array;

/** The pass for a factor p. */
export function passOf(p: number): Pass {
  return p === 8 ? radix8 : p === 4 ? radix4 : p === 2 ? radix2 : anyRadix;
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
    const c = cos[q * s]!;
    const d = sin[q * s]!;
    for (let k = 0; k < s; k++) {
      const a = k + s * q;
      const b = a + s * m;
      const to = k + 2 * s * q;
      const dr = xr[a]! - xr[b]!;
      const di = xi[a]! - xi[b]!;
      yr[to] = xr[a]! + xr[b]!;
      yi[to] = xi[a]! + xi[b]!;
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

const radix8: Pass = (xr, xi, yr, yi, length, s, cos, sin) => {
  const m = length / 8;
  const step = s * m;
  for (let q = 0; q < m; q++) {
    const c1 = cos[q * s]!;
    const d1 = sin[q * s]!;
    const c2 = cos[2 * q * s]!;
    const d2 = sin[2 * q * s]!;
    const c3 = cos[3 * q * s]!;
    const d3 = sin[3 * q * s]!;
    const c4 = cos[4 * q * s]!;
    const d4 = sin[4 * q * s]!;
    const c5 = cos[5 * q * s]!;
    const d5 = sin[5 * q * s]!;
    const c6 = cos[6 * q * s]!;
    const d6 = sin[6 * q * s]!;
    const c7 = cos[7 * q * s]!;
    const d7 = sin[7 * q * s]!;
    for (let k = 0; k < s; k++) {
      const at = k + s * q;
      const to = k + 8 * s * q;
      // Transforms of the four even elements, and of the four odd ones.
      let pr = xr[at]! + xr[at + 4 * step]!;
      let pi = xi[at]! + xi[at + 4 * step]!;
      let mr = xr[at]! - xr[at + 4 * step]!;
      let mi = xi[at]! - xi[at + 4 * step]!;
      let qr = xr[at + 2 * step]! + xr[at + 6 * step]!;
      let qi = xi[at + 2 * step]! + xi[at + 6 * step]!;
      let nr = xi[at + 2 * step]! - xi[at + 6 * step]!;
      let ni = xr[at + 6 * step]! - xr[at + 2 * step]!;
      const e0r = pr + qr;
      const e0i = pi + qi;
      const e1r = mr + nr;
      const e1i = mi + ni;
      const e2r = pr - qr;
      const e2i = pi - qi;
      const e3r = mr - nr;
      const e3i = mi - ni;
      pr = xr[at + step]! + xr[at + 5 * step]!;
      pi = xi[at + step]! + xi[at + 5 * step]!;
      mr = xr[at + step]! - xr[at + 5 * step]!;
      mi = xi[at + step]! - xi[at + 5 * step]!;
      qr = xr[at + 3 * step]! + xr[at + 7 * step]!;
      qi = xi[at + 3 * step]! + xi[at + 7 * step]!;
      nr = xi[at + 3 * step]! - xi[at + 7 * step]!;
      ni = xr[at + 7 * step]! - xr[at + 3 * step]!;
      // The odd ones times powers of (1 − i)/√2.
      const o0r = pr + qr;
      const o0i = pi + qi;
      const o2r = pi - qi;
      const o2i = qr - pr;
      const fr = mr + nr;
      const fi = mi + ni;
      const gr = mr - nr;
      const gi = mi - ni;
      const o1r = (fr + fi) * Math.SQRT1_2;
      const o1i = (fi - fr) * Math.SQRT1_2;
      const o3r = (gi - gr) * Math.SQRT1_2;
      const o3i = -(gi + gr) * Math.SQRT1_2;
      yr[to] = e0r + o0r;
      yi[to] = e0i + o0i;
      let r = e1r + o1r;
      let i = e1i + o1i;
      yr[to + s] = r * c1 - i * d1;
      yi[to + s] = r * d1 + i * c1;
      r = e2r + o2r;
      i = e2i + o2i;
      yr[to + 2 * s] = r * c2 - i * d2;
      yi[to + 2 * s] = r * d2 + i * c2;
      r = e3r + o3r;
      i = e3i + o3i;
      yr[to + 3 * s] = r * c3 - i * d3;
      yi[to + 3 * s] = r * d3 + i * c3;
      r = e0r - o0r;
      i = e0i - o0i;
      yr[to + 4 * s] = r * c4 - i * d4;
      yi[to + 4 * s] = r * d4 + i * c4;
      r = e1r - o1r;
      i = e1i - o1i;
      yr[to + 5 * s] = r * c5 - i * d5;
      yi[to + 5 * s] = r * d5 + i * c5;
      r = e2r - o2r;
      i = e2i - o2i;
      yr[to + 6 * s] = r * c6 - i * d6;
      yi[to + 6 * s] = r * d6 + i * c6;
      r = e3r - o3r;
      i = e3i - o3i;
      yr[to + 7 * s] = r * c7 - i * d7;
      yi[to + 7 * s] = r * d7 + i * c7;
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

/** @file Sums and products of doubles in twice their precision, as the truth of long reductions. */

/** A number as an unevaluated sum of two doubles: some 32 digits (Dekker 1971). */
export class Twice {
  hi = 0;
  lo = 0;

  add(x: number): this {
    const sum = this.hi + x;
    const part = sum - this.hi;
    this.lo += this.hi - (sum - part) + (x - part);
    this.hi = sum;
    return this;
  }

  addProduct(x: number, y: number): this {
    const p = x * y;
    return this.add(p).add(lostIn(x, y, p));
  }

  times(x: number): this {
    const p = this.hi * x;
    const lo = lostIn(this.hi, x, p) + this.lo * x;
    this.hi = p + lo;
    this.lo = p - this.hi + lo;
    return this;
  }

  /** How far `x` is from this number. */
  from(x: number): number {
    return Math.abs(x - this.hi - this.lo);
  }
}

/** What `p`, the rounded product of x and y, lacks. */
function lostIn(x: number, y: number, p: number): number {
  const [xh, yh] = [upperHalf(x), upperHalf(y)];
  const [xl, yl] = [x - xh, y - yh];
  return xl * yl - (p - xh * yh - xl * yh - xh * yl);
}

function upperHalf(x: number): number {
  const c = x * (2 ** 27 + 1);
  return c - (c - x);
}

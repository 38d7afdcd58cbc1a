/** @file Floats of 16 bits and fewer: the meaning of their bits. */

/** A float narrower than float32. */
export interface FloatFormat {
  /** The bits of the mantissa, without the implicit leading one. */
  readonly mantissa: number;
  /** The exponent bias. */
  readonly bias: number;
  /** The largest finite number. */
  readonly max: number;
  /**
   * The bits that are not finite numbers: `ieee` has infinities and NaN; `fn` only NaN, with all bits set; `fnuz` one NaN in
   * place of −0; `none` neither. `scale` is a power of two without a sign, with NaN as all bits set.
   */
  readonly special: 'ieee' | 'fn' | 'fnuz' | 'none' | 'scale';
}

/** Decodes a number of `bits` bits. */
export function numberOf(code: number, bits: number, format: FloatFormat): number {
  const { mantissa, bias, special } = format;
  const all = 2 ** bits - 1;
  if (special === 'scale') return code === all ? NaN : 2 ** (code - bias);
  const negative = code >> (bits - 1) === 1;
  const rest = code & (all >> 1);
  const exponent = rest >> mantissa;
  const fraction = rest & (2 ** mantissa - 1);
  if (special === 'fn' && rest === all >> 1) return NaN;
  if (special === 'fnuz' && negative && rest === 0) return NaN;
  const sign = negative ? -1 : 1;
  if (special === 'ieee' && exponent === all >> (mantissa + 1))
    return fraction === 0 ? sign * Infinity : NaN;
  const whole = exponent === 0 ? fraction : fraction + 2 ** mantissa;
  return sign * whole * 2 ** (Math.max(exponent, 1) - bias - mantissa);
}

/** The nearest number of an `ieee` format, ties to even. */
export function nearestNumber(x: number, { mantissa, bias, max }: FloatFormat): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || size === 0 || size === Infinity) return x;
  // A logarithm may be off by one next to a power of two.
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent--;
  if (2 ** (exponent + 1) <= size) exponent++;
  const unit = 2 ** (Math.max(exponent, 1 - bias) - mantissa);
  const [steps, whole] = [size / unit, Math.floor(size / unit)];
  const up = steps - whole > 0.5 || (steps - whole === 0.5 && whole % 2 === 1);
  const y = (whole + (up ? 1 : 0)) * unit;
  return Math.sign(x) * (y > max ? Infinity : y);
}

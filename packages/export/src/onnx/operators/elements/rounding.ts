/** @file Rounds numbers to the values that a float of 16 bits or fewer can hold. */
import * as cr from '@chainrule/autograd';
import type { FloatFormat } from '../../schema/floatFormat.js';
import { range, vectorOf } from '../helpers.js';

export interface Rounding {
  /** Whether numbers that are too large become the largest number; otherwise infinity, or NaN if the format has none. */
  readonly saturate: boolean;
  /** How a `scale` rounds; `up` is away from zero. */
  readonly direction?: 'up' | 'down' | 'nearest';
}

/** The nearest numbers of a format, ties to even, in float32; a gradient passes through unchanged. */
export function rounded(x: cr.Tensor, format: FloatFormat, rounding: Rounding): cr.Tensor {
  if (x.dtype === 'int32' || x.dtype === 'bool')
    return nearest(x.cast('float64'), format, rounding);
  const through = cr.customGrad({
    forward: (_, y: cr.Tensor) => nearest(y.cast('float64'), format, rounding),
    backward: (_, ct) => ct.cast(x.dtype),
  });
  return through(x);
}

function nearest(x: cr.Tensor, format: FloatFormat, rounding: Rounding): cr.Tensor {
  const { mantissa, bias, max, special } = format;
  const scale = special === 'scale';
  const low = scale ? -bias : 1 - bias;
  const exponents = range(Math.floor(Math.log2(max)) - low + 1).map((i) => low + i);
  const size = x.abs();
  // Comparison with powers of two gives the exact exponent, unlike a logarithm.
  const powers = vectorOf(
    exponents.map((e) => 2 ** e),
    'float64',
  );
  const at = cr
    .searchsorted(powers, size, { right: true })
    .sub(1)
    .clamp(0, exponents.length - 1);
  const unit = cr.take(powers.mul(2 ** -mantissa), at);
  const steps = size.div(unit);
  const { saturate, direction = 'nearest' } = rounding;
  const whole =
    scale && direction === 'up'
      ? steps.ceil()
      : scale && direction === 'down'
        ? steps.floor()
        : steps.round();
  const over = saturate || special === 'none' ? max : special === 'ieee' ? Infinity : NaN;
  const fit = (y: cr.Tensor): cr.Tensor => cr.where(y.gt(max), over, y);
  const y = fit(whole.mul(unit));
  if (scale) return cr.where(y.lt(2 ** low), saturate ? 2 ** low : NaN, y).cast('float32');
  // −0 stays −0. If the format has no NaN, NaN becomes 0, as in the reference implementation.
  const small = special === 'none' ? cr.where(x.isNan(), 0, x) : x;
  const plain = special === 'none' ? x.eq(0).logicalOr(x.isNan()) : x.eq(0);
  return cr.where(plain, small, cr.where(x.lt(0), y.neg(), y)).cast('float32');
}

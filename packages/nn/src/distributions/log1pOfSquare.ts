/** @file `ln(1 + z²)`, a term of the distributions with heavy tails. */
import { log1p, where, type Tensor } from '@chainrule/autograd';

/** `ln(1 + z²)`; the square of a large z, which would overflow, is taken out of the logarithm. */
export function log1pOfSquare(z: Tensor): Tensor {
  const far = z.abs().gt(1);
  const large = where(far, z, 1).abs();
  const outside = large.log().mul(2).add(log1p(large.reciprocal().square()));
  return where(far, outside, log1p(where(far, 0, z).square()));
}

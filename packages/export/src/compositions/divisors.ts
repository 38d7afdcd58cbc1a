/** @file Common divisors and multiples of whole numbers. */
import { where, whileLoop, type Tensor } from '@chainrule/autograd';
import type { Compositions } from './composition.js';

/** By Euclid, all at once. */
function gcd(x: Tensor, y: Tensor): Tensor {
  type Carry = [Tensor, Tensor];
  const [a] = whileLoop(
    ([, b]: Carry) => b.ne(0).any(),
    ([a, b]: Carry): Carry => {
      const isDone = b.eq(0);
      return [where(isDone, a, b), where(isDone, b, a.remainder(where(isDone, 1, b)))];
    },
    // Of all arguments' shapes together; remainders have the sign of the divisor.
    [x.add(y.mul(0)), y.add(x.mul(0))] as Carry,
    // Each two steps halve a number.
    { maxIterations: 64 },
  );
  return a.abs();
}

export const divisors: Compositions = {
  gcd: ([x, y]) => gcd(x as Tensor, y as Tensor),
  lcm: ([first, second]) => {
    const [x, y] = [first as Tensor, second as Tensor];
    const divisor = gcd(x, y);
    const parts = x.floorDivide(where(divisor.eq(0), 1, divisor));
    return parts.mul(y).abs();
  },
};

/** @file Functions of one or two doubles that JavaScript lacks or defines differently. */
import { made } from '../../kernels/elements/scalarFunctions.js';

/**
 * Makes the functions. Its source text is sent to worker threads, whose kernels call them too, so it refers to nothing outside
 * itself.
 */
/* istanbul ignore next -- @preserve */
export function plainFunctions() {
  const exp2 = (x: number): number => 2 ** x;

  /** `ln(1 + eˣ)`, without overflow and with every digit of its left tail. */
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

  /** `pow` as in C: 1 for (±1)^±Inf and 1^NaN, where JavaScript returns NaN. */
  const power = (x: number, y: number): number =>
    x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;

  /** Takes exactly two numbers: `Math.hypot` would also read further arguments of a caller. */
  const hypot = (x: number, y: number): number => Math.hypot(x, y);

  const fmod = (x: number, y: number): number => x % y;

  /** With the sign of y. */
  const remainder = (x: number, y: number): number => {
    const r = x % y;
    return r !== 0 && r < 0 !== y < 0 ? r + y : r;
  };

  /** Computed from the remainder, as in PyTorch: −1 for −2.5 by infinity, NaN for infinity by anything. */
  const floorDivide = (x: number, y: number): number => {
    if (y === 0) return x / y;
    const r = x % y;
    const q = (x - r) / y - (r !== 0 && r < 0 !== y < 0 ? 1 : 0);
    // Rounds away the error of the quotient; a zero keeps the sign of the quotient.
    return q === 0 ? (x / y < 0 || Object.is(x / y, -0) ? -0 : 0) : Math.round(q);
  };

  return { exp2, softplus, power, hypot, fmod, remainder, floorDivide };
}

export const { exp2, softplus, power, hypot, fmod, remainder, floorDivide } = made(plainFunctions);

/**
 * @file Vector forms of the element functions for float32, four lanes at a time.
 *
 * Within 2 units in the last place (`sigmoid` and `tanh` 3) over the whole range; infinities, NaN, signed zeros and denormal
 * numbers as in IEEE 754. They stay in single precision where it suffices: V8's revectorizer fuses pairs of such vectors, but
 * not those that are widened to doubles or lie around a branch. The polynomials come from tools/minimax.py. `madd` may round
 * once or twice: no formula relies on either.
 */
import { exp, exp2, expm1, hyperbolicTangent, logistic, softplus } from './exponential32.js';
import type { Curve } from './exponential32.js';
import { vectorForms, type Formula } from '../../../kernels/elements/vectorForms.js';
import type { Lanes, Register } from './lanes.js';
import { log, log10, log1p, log2 } from './logarithm32.js';
import { expD, logD } from './math64.js';
import { F32x4 } from '../assembler/opcodes.js';

/** Element functions of float32 that have a vector form here; the forms of others come with their primitives. */
const vectorFunctions: Readonly<Record<string, Formula>> = {
  exp,
  exp2,
  expm1,
  log,
  log2,
  log10,
  log1p,
  tanh: (v, x) => hyperbolicTangent(v, x).value,
  tanhDerivative: (v, x) => hyperbolicTangent(v, x).derivative(),
  sigmoid: (v, x) => logistic(v, x).value,
  sigmoidDerivative: (v, x) => logistic(v, x).derivative(),
  softplus,
};

/** The vector form of an element function of float32, if it has one. */
export function vectorFunction(op: string): Formula | undefined {
  return vectorFunctions[op] ?? vectorForms.get(op)?.float32;
}

/** Element functions that share an exponential with their derivative if a body has both. */
export const curves: ReadonlyMap<
  string,
  { derivative: string; of: (v: Lanes, x: Register) => Curve }
> = new Map([
  ['sigmoid', { derivative: 'sigmoidDerivative', of: logistic }],
  ['tanh', { derivative: 'tanhDerivative', of: hyperbolicTangent }],
]);

/** xʸ: by logarithms in double precision for positive finite x and finite y, otherwise one lane at a time. */
export function pow(v: Lanes, x: Register, y: Register): Register {
  const [xLow, xHigh] = v.widen(x);
  const [yLow, yHigh] = v.widen(y);
  const half = (a: Register, b: Register): Register => v.one(() => expD(v, v.mulD(b, logD(v, a))));
  const result = v.copy(v.narrow(half(xLow, yLow), half(xHigh, yHigh)));
  const usual = v.and(
    v.and(v.bin(F32x4.gt, x, v.f32(0)), v.bin(F32x4.lt, x, v.f32(Infinity))),
    v.bin(F32x4.lt, v.un(F32x4.abs, y), v.f32(Infinity)),
  );
  v.repair(result, v.not(usual), () => v.call('pow', x, y));
  return result;
}

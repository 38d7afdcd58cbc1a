/** @file Dormand–Prince 5(4): a step in tensors, with its error estimate and dense output. */
import { stack } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import type { Vector } from '../lbfgs/vector.js';
import type { Step, Stepper } from './stepper.js';
import { evaluator, tensorOf } from './vector.js';

/** The right-hand side of `y' = f(t, y)`, with the tensors that it captures. */
export type RightSide = (t: Tensor, y: Tensor, captured: readonly Tensor[]) => Tensor;

// Dormand & Prince 1980; the dense output is that of Hairer, Nørsett & Wanner, II.6.
const C = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const A = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];
const DENSE = [
  -12715105075 / 11282082432,
  0,
  87487479700 / 32700410799,
  -10690763975 / 1880347072,
  701980252875 / 199316789632,
  -1453857185 / 822651844,
  69997945 / 29380423,
];

/** Makes steppers for one equation; a step is one compiled graph. */
export function dopri5(
  f: RightSide,
  dtype: 'float32' | 'float64',
): (captured: readonly Tensor[]) => Stepper {
  const slope = evaluator((t, y, ...others) => [f(t, y, others)]);
  const step = evaluator((t, h, y, k1, ...others) => {
    const ks = [k1];
    let next = y;
    for (let i = 1; i < 7; i++) {
      next = y.add(combined(A[i] as number[], ks).mul(h));
      ks.push(f(t.add(h.mul(C[i] as number)), next, others));
    }
    const error = combined(ERROR, ks).mul(h);
    return [stack([next, error, ks[6] as Tensor, combined(DENSE, ks).mul(h)])];
  });
  const number = (x: number): Tensor => tensorOf(Float64Array.of(x), dtype, []);
  return (captured) => {
    let [t0, y0]: [number, Vector] = [0, new Float64Array(0)];
    let first: Vector | null = null;
    let last: { t: number; k: Vector } | null = null;
    const slopeAt = (t: number, y: Vector): Vector =>
      slope(number(t), tensorOf(y, dtype), ...captured)[0] as Vector;
    return {
      order: 5,
      slope: slopeAt,
      begin: (t, y) => {
        [t0, y0] = [t, y];
        // The last stage of a step is the first stage of the next.
        first = last?.t === t ? last.k : slopeAt(t, y);
      },
      step: (h): Step => {
        const k1 = first as Vector;
        const [flat] = step(
          number(t0),
          number(h),
          tensorOf(y0, dtype),
          tensorOf(k1, dtype),
          ...captured,
        ) as [Vector];
        const n = y0.length;
        const part = (i: number): Vector => flat.subarray(i * n, (i + 1) * n);
        const [start, y, error, k7, bend] = [y0, part(0), part(1), part(2), part(3)];
        last = { t: t0 + h, k: k7 };
        const between = (s: number): Vector =>
          start.map((a, i) => {
            const rise = y[i]! - a;
            const left = h * k1[i]! - rise;
            const right = rise - h * k7[i]! - left;
            return a + s * (rise + (1 - s) * (left + s * (right + (1 - s) * bend[i]!)));
          });
        return { y, error, between };
      },
    };
  };
}

function combined(weights: readonly number[], ks: readonly Tensor[]): Tensor {
  const terms = weights.flatMap((w, i) => (w === 0 ? [] : [(ks[i] as Tensor).mul(w)]));
  return terms.reduce((sum, term) => sum.add(term));
}

/** @file RODAS: a stiffly accurate Rosenbrock method of order 4(3), for stiff equations. */
import { jacfwd, jvp, onesLike } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { addScaled, type Vector } from '../lbfgs/vector.js';
import { factorLU, plus, solveLU } from './dense.js';
import type { RightSide } from './dopri5.js';
import type { Step, Stepper } from './stepper.js';
import { evaluator, tensorOf } from './vector.js';

// Hairer & Wanner, Solving Ordinary Differential Equations II, IV.7: the coefficients of their code RODAS.
const GAMMA = 0.25;
const C = [0, 0.386, 0.21, 0.63, 1, 1];
const D = [0.25, -0.1043, 0.1035, -0.0362, 0, 0];
const A = [
  [],
  [1.544],
  [0.9466785280815826, 0.2557011698983284],
  [3.314825187068521, 2.896124015972201, 0.9986419139977817],
  [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895],
  [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1],
];
const G = [
  [],
  [-5.6688],
  [-2.430093356833875, -0.2063599157091915],
  [-0.1073529058151375, -9.594562251023355, -20.47028614809616],
  [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616],
  [
    8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
    -6.058818238834054,
  ],
];
const DENSE = [
  [
    10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823,
    1.025137723295662,
  ],
  [
    -0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386,
    -6.594389125716872,
  ],
];

/** Makes steppers for one equation; each step solves six systems with one factorization. */
export function rodas(
  f: RightSide,
  dtype: 'float32' | 'float64',
): (captured: readonly Tensor[]) => Stepper {
  const slope = evaluator((t, y, ...others) => [f(t, y, others)]);
  const linear = evaluator((t, y, ...others) => {
    const [time, state] = [t, y];
    const byTime = jvp((s: Tensor) => f(s, state, others), [time], [onesLike(time)]);
    return [byTime[0], byTime[1], jacfwd((v: Tensor) => f(time, v, others))(state)];
  });
  const number = (x: number): Tensor => tensorOf(Float64Array.of(x), dtype, []);
  return (captured) => {
    let [t0, y0]: [number, Vector] = [0, new Float64Array(0)];
    let [f0, ft, J]: Vector[] = [];
    const slopeAt = (t: number, y: Vector): Vector =>
      slope(number(t), tensorOf(y, dtype), ...captured)[0] as Vector;
    return {
      order: 4,
      slope: slopeAt,
      begin: (t, y) => {
        [t0, y0] = [t, y];
        [f0, ft, J] = linear(number(t), tensorOf(y, dtype), ...captured);
      },
      step: (h): Step | null => {
        const n = y0.length;
        const matrix = (J as Vector).map((v) => -v);
        for (let i = 0; i < n; i++) matrix[i * n + i]! += 1 / (h * GAMMA);
        const lu = factorLU(matrix, n);
        if (lu.singular) return null;
        const ks: Vector[] = [];
        let y = y0;
        for (let i = 0; i < 6; i++) {
          y = y0.slice();
          A[i]!.forEach((a, j) => addScaled(y, a, ks[j]!));
          const right = (i === 0 ? (f0 as Vector) : slopeAt(t0 + C[i]! * h, y)).slice();
          G[i]!.forEach((g, j) => addScaled(right, g / h, ks[j]!));
          addScaled(right, h * D[i]!, ft as Vector);
          ks.push(solveLU(lu, right));
        }
        const [start, end] = [y0, plus(y, 1, ks[5]!)];
        const [bend, twist] = DENSE.map((weights) => {
          const sum: Vector = new Float64Array(n);
          weights.forEach((w, j) => addScaled(sum, w, ks[j]!));
          return sum;
        }) as [Vector, Vector];
        const between = (s: number): Vector =>
          start.map((a, i) => (1 - s) * a + s * (end[i]! + (1 - s) * (bend[i]! + s * twist[i]!)));
        return { y: end, error: ks[5]!, between };
      },
    };
  };
}

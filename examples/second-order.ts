// %% [markdown]
// # Second derivatives and per-example gradients
//
// Gradients point downhill; second derivatives say how far to go. The problem: tell malignant from
// benign tumours by 30 measurements of cell nuclei (Wisconsin breast cancer data, 569 patients), with
// logistic regression. Its error is convex, and Newton's method finds the minimum in a handful of
// steps. `hessian`, `hvp`, `grad` and `vmap` take functions and return functions.

// %%
import { grad, hessian, hvp, linalg, vmap } from '@chainrule/autograd';
import { manualSeed, randn, tensor, zeros, type Tensor } from '@chainrule/autograd';
import { plotCurves } from './lib/curves.js';
import { expectScore, parseShort, percent } from './lib/score.js';
import { meanOf, readData, shuffled, standardizer } from './lib/table.js';

parseShort('Newton’s method, Hessian-vector products, per-example gradients.');
manualSeed(0);

// %% [markdown]
// ## The data
//
// 400 patients to learn from, 169 for the test; the columns are scaled by the mean and deviation of the 400.
// The last column is 1 for benign. float64, because digits matter here.

// %%
const lines = readData('breast_cancer.csv.gz').trim().split('\n').slice(1);
const rows = shuffled(lines.map((line) => line.split(',').map(Number)));
const features = rows.map((row) => row.slice(0, -1));
const labels = rows.map((row) => row.at(-1) ?? NaN);
const TRAIN = 400;
const scale = standardizer(features.slice(0, TRAIN));
const columns = Float64Array.from(features.flatMap((row) => [...scale(row), 1]));
const WEIGHTS = columns.length / rows.length;
const parts = [TRAIN, rows.length - TRAIN];
const all = tensor(columns, { shape: [rows.length, WEIGHTS] });
const [X, testX] = all.split(parts) as [Tensor, Tensor];
const [y, testY] = tensor(Float64Array.from(labels)).split(parts) as [Tensor, Tensor];

// %% [markdown]
// ## The error
//
// Cross-entropy and a little weight decay: $L(w) = \frac1n \sum_i \log(1 + e^{-s_i x_i \cdot w}) + \frac\lambda2 |w|^2$
// with $s_i = \pm 1$.

// %%
const errorOf = (w: Tensor, x: Tensor, label: Tensor): Tensor =>
  x.matmul(w).mul(label.mul(-2).add(1)).softplus();
const HALF_LAMBDA = 1e-3 / 2;
const decay = (w: Tensor): Tensor => w.square().sum().mul(HALF_LAMBDA);
const loss = (w: Tensor): Tensor => errorOf(w, X, y).mean().add(decay(w));

// %% [markdown]
// ## Newton's method and gradient descent
//
// Newton's method jumps to the minimum of the parabola that touches the error: $w \leftarrow w - H^{-1} g$.
// The Hessian $H$ is a 31 × 31 matrix; the equations are solved, not inverted. Near the minimum each step
// doubles the number of correct digits.

// %%
const start = zeros([WEIGHTS], { dtype: 'float64' });
let newton: Tensor = start;
const newtonNorms: number[] = [];
for (let step = 0; step < 12; step++) {
  const gradient = grad(loss)(newton);
  newtonNorms.push(gradient.norm().item());
  newton = newton.sub(linalg.solve(hessian(loss)(newton), gradient)).detach();
}
let descent: Tensor = start;
const descentNorms: number[] = [];
for (let step = 0; step < 300; step++) {
  const gradient = grad(loss)(descent);
  descentNorms.push(gradient.norm().item());
  descent = descent.sub(gradient.mul(0.5)).detach();
}
const digits = (norm: number): string => norm.toExponential(0);
console.log('|g| after each step of Newton', newtonNorms.map(digits).join(' '));
const curve = (norms: number[]) => norms.map((norm, step) => ({ x: step + 1, y: norm }));
plotCurves(
  { Newton: curve(newtonNorms), descent: curve(descentNorms) },
  {
    title: 'Length of the gradient',
    file: 'second-order-newton.svg',
    x: { type: 'log', label: 'step', ticks: [1, 3, 10, 30, 100, 300], tickFormat: String },
    y: { type: 'log', ticks: 6, tickFormat: digits },
  },
);
expectScore('length of the gradient after 12 Newton steps', newtonNorms.at(-1) ?? NaN, {
  atMost: 1e-12,
  baseline: descentNorms.at(-1) ?? NaN,
});

// %% [markdown]
// ## Without the matrix
//
// A million parameters have a Hessian of $10^{12}$ numbers, but its product with a vector costs only about
// as much as two gradients: $Hv$ is the derivative of the gradient in the direction $v$, forward mode over
// reverse mode. Repeated products find the largest eigenvalue (the direction of greatest curvature), which
// bounds the step of gradient descent: $2 / \lambda_{max}$.

// %%
let direction: Tensor = randn([WEIGHTS], { dtype: 'float64' });
let sharpest = 0;
for (let i = 0; i < 100; i++) {
  const [, product] = hvp(loss, newton, direction.div(direction.norm()));
  sharpest = product.norm().item();
  direction = product.detach();
}
const exact = linalg.eigh(hessian(loss)(newton)).values.max().item();
console.log(`largest eigenvalue: ${sharpest.toFixed(8)} by products, ${exact.toFixed(8)} by eigh`);
expectScore('relative difference', Math.abs(sharpest / exact - 1), { atMost: 1e-6 });

// %% [markdown]
// ## A gradient for each example
//
// `grad` of one example's error, under `vmap`, gives all 400 gradients at once: `[400, 31]`. Their
// lengths show which patients pull hardest at the model. With the Hessian they predict how far the weights
// would move without one of them, $H^{-1} g_i / n$ (the influence of Cook & Weisberg 1982). Fitting again
// without the most influential patient tests the prediction.

// %%
const perExample = vmap(grad(errorOf), [null, 0, 0])(newton, X, y);
const influence = linalg.solve(hessian(loss)(newton), perExample.t()).t().div(TRAIN);
const strength = influence.norm({ dim: 1 });
const strongest = strength.argmax().item();

const others = y.mul(0).add(1).dataSync();
others[strongest] = 0;
const keep = tensor(others);
const lossWithout = (w: Tensor): Tensor =>
  errorOf(w, X, y).mul(keep).sum().div(TRAIN).add(decay(w));
let without = newton;
for (let step = 0; step < 12; step++) {
  const step = linalg.solve(hessian(lossWithout)(without), grad(lossWithout)(without));
  without = without.sub(step).detach();
}
const [moved, predicted] = [without.sub(newton), influence.at(strongest)];
const cosine = moved.dot(predicted).div(moved.norm().mul(predicted.norm())).item();
expectScore('cosine of the predicted and the true change', cosine, { atLeast: 0.95 });

// %% [markdown]
// ## The test
//
// The accuracy on 169 unseen patients; the baseline always says "benign". The notebook takes 3 seconds on
// 2 cores; the short run is the same.

// %%
const right = testX.matmul(newton).gt(0).eq(testY.gt(0.5)).cast('float32').mean().item();
expectScore('test accuracy', right, {
  atLeast: 0.9,
  baseline: meanOf(testY.dataSync()),
  format: percent,
});

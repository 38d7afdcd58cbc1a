// %% [markdown]
// # Your own operation
//
// Some functions deserve a hand-written derivative, because a formula is more accurate than the composition of operations,
// or cheaper. The example is $\log(2\cosh x)$, a smooth absolute value (the "log-cosh" loss up to a constant). This notebook
// writes it, checks it on random inputs, lets the check find a planted mistake, and fits a curve with it where outliers
// spoil least squares.

// %%
import {
  customGrad,
  grad,
  linspace,
  manualSeed,
  rand,
  randn,
  tensor,
  where,
  type Tensor,
} from '@chainrule/autograd';
import { arbTensor, checkGradients } from '@chainrule/autograd/testing';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { plotCurves } from './lib/curves.js';
import { expectScore, parseShort } from './lib/score.js';

const short = parseShort('Writes an operation with its derivative, and checks it.');
manualSeed(1);

// %% [markdown]
// ## Why not just write the formula?
//
// Because in float32 $\cosh x$ is infinite beyond 89, and so is everything computed from it.

// %%
const naive = (x: Tensor): Tensor => x.cosh().mul(2).log();
console.log('naive:', String(naive(tensor([1, 20, 100]))));

// %% [markdown]
// $\log(2\cosh x) = |x| + \log(1 + e^{-2|x|})$ never overflows, and its derivative is plain $\tanh x$. `forward` keeps
// what `backward` needs; `backward` receives the derivative of the loss with respect to the result and returns the
// derivative with respect to the argument. It uses tensor operations, so it can be differentiated again.

// %%
const logCosh = customGrad({
  name: 'logCosh',
  forward: (ctx, x: Tensor) => {
    ctx.save(x);
    return x.abs().add(x.abs().mul(-2).exp().log1p());
  },
  backward: (ctx, g) => g.mul(ctx.saved[0]?.tanh() ?? 0),
});
console.log('custom:', String(logCosh(tensor([1, 20, 100]))));

// %% [markdown]
// ## The check
//
// `checkGradients` tries random tensors of random shapes. Reverse mode, forward mode and second
// derivatives must agree with central differences, $\frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\varepsilon}$.

// %%
const inputs = arbTensor({ domain: [-4, 4] });
checkGradients(logCosh, inputs, { numRuns: short ? 30 : 200, seed: 1 });
console.log(`logCosh: its derivatives hold on ${short ? 30 : 200} random tensors`);

// %% [markdown]
// ## A planted mistake
//
// Suppose someone uses the cheaper $x / (1 + |x|)$ for $\tanh x$. It has the right sign, is 0 at 0 and 1 at infinity; a
// network would even learn with it. The check is not fooled. It shrinks the counterexample to the smallest tensor that
// shows the mistake: one element.

// %%
const mistaken = customGrad({
  name: 'mistaken',
  forward: (ctx, x: Tensor) => {
    ctx.save(x);
    return x.abs().add(x.abs().mul(-2).exp().log1p());
  },
  backward: (ctx, g) => g.mul(ctx.saved[0]?.softsign() ?? 0),
});
let complaint = '';
try {
  checkGradients(mistaken, inputs, { seed: 1 });
} catch (error) {
  complaint = (error as Error).message;
}
console.log(complaint.split('\n').slice(0, 6).join('\n'));
expectScore('planted mistakes found', complaint.includes('Counterexample') ? 1 : 0, { atLeast: 1 });

const grid = linspace(-4, 4, 161);
const slope = (f: (x: Tensor) => Tensor) => {
  const slopes = grad((x: Tensor) => f(x).sum())(grid).dataSync();
  return Array.from(grid.dataSync(), (x, i) => ({ x, y: slopes[i] ?? NaN }));
};
plotCurves(
  { right: slope(logCosh), mistaken: slope(mistaken) },
  { title: 'The derivative, and the one with the mistake', file: 'custom-derivative.svg' },
);

// %% [markdown]
// ## A robust fit
//
// 200 measurements of $\sin 3x$, of which one in five is far too high. With squared errors the outliers pull hardest;
// with log-cosh no point pulls harder than 1. Both networks start out the same and never see the curve they are
// compared with.

// %%
const x = rand([200, 1]).mul(4).sub(2);
const truth = x.mul(3).sin();
const wild = rand([200, 1]).lt(0.2);
const y = where(wild, rand([200, 1]).mul(6).add(2), truth.add(randn([200, 1]).mul(0.1)));
const grids = linspace(-2, 2, 201).unsqueeze(1);

function fit(loss: (difference: Tensor) => Tensor): { curve: Tensor; error: number } {
  manualSeed(2);
  const [first, second, last] = [new nn.Linear(1, 32), new nn.Linear(32, 32), new nn.Linear(32, 1)];
  const model = new nn.Sequential(first, new nn.Tanh(), second, new nn.Tanh(), last);
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  for (let step = 0; step < (short ? 600 : 1500); step++) {
    optimizer.zeroGrad();
    loss(model.forward(x).sub(y)).mean().backward();
    optimizer.step();
  }
  const curve = model.forward(grids);
  return { curve, error: curve.sub(grids.mul(3).sin()).square().mean().sqrt().item() };
}
const squared = fit((d) => d.square());
const robust = fit((d) => logCosh(d.mul(8)).div(8)); // the larger the factor, the closer to |d|

const pointsOf = (xs: Tensor, ys: Tensor) => {
  const values = ys.dataSync();
  return Array.from(xs.dataSync(), (x, i) => ({ x, y: values[i] ?? NaN }));
};
const curves = {
  'log-cosh': pointsOf(grids, robust.curve),
  squares: pointsOf(grids, squared.curve),
  truth: pointsOf(grids, grids.mul(3).sin()),
};
const points = pointsOf(x, y);
plotCurves(curves, { title: 'Two fits of the same points', file: 'custom-fit.svg', points });

// %% [markdown]
// The error is the root mean square distance from the true curve: 0.09 with log-cosh and 1.5 with least squares in
// the full run, which takes 4 seconds on 2 cores.

// %%
expectScore('error with log-cosh', robust.error, {
  atMost: squared.error / 2,
  baseline: squared.error,
});

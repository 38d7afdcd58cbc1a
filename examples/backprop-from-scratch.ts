// %% [markdown]
// # Backpropagation from scratch
//
// A network learns to tell two kinds of points apart. It is first built from single numbers, to show each
// step of learning: the forward pass, the error, the backward pass, the update. Then the same network is
// written with tensors and gives the same numbers.

// %%
import { graph, manualSeed, noGrad, Parameter, randn, scalar, stack } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { SGD } from '@chainrule/optim';
import { accuracyOn, plotRegions, twoMoons } from './lib/points.js';
import { plotLosses, showSvg } from './lib/plot.js';
import { expectScore, parseShort, percent } from './lib/score.js';

const short = parseShort('Backpropagation, number by number.');
manualSeed(4);

// %% [markdown]
// ## One neuron, one example
//
// A neuron multiplies its input by a weight, adds a bias and bends the result: $\hat y = \tanh(wx + b)$. The
// error is $L = (\hat y - y)^2$. Every operation becomes a node of a graph, which remembers its inputs.

// %%
const w = new Parameter(scalar(0.6));
const b = new Parameter(scalar(-0.2));
const [x, y] = [scalar(1.5), scalar(-1)];
const prediction = w.mul(x).add(b).tanh();
const error = prediction.sub(y).square();
console.log(`prediction ${prediction.item().toFixed(4)}, error ${error.item().toFixed(4)}`);
showSvg(graph(error).toSVG(), 'the graph of the error', 'backprop-graph.svg');

// %% [markdown]
// The backward pass walks through that graph from the error to its inputs. By the chain rule, each
// node passes on the derivative it received, times its own:
// $\frac{\partial L}{\partial \hat y} = 2(\hat y - y)$, then through the bend
// $\cdot\,(1 - \hat y^2)$, then to the weight $\cdot\,x$ and to the bias $\cdot\,1$.

// %%
error.backward();
const p = prediction.item();
const byHand = 2 * (p + 1) * (1 - p * p);
console.log('by backward()', w.grad?.item().toFixed(6), b.grad?.item().toFixed(6));
console.log('by hand      ', (byHand * 1.5).toFixed(6), byHand.toFixed(6));

// %% [markdown]
// ## A network of single numbers
//
// Eight such neurons look at a point; a ninth, without the bend, combines their answers into a score. If the
// score is positive, the answer is class 1.

// %%
const HIDDEN = 8;
const [train, test] = [twoMoons(60), twoMoons(400)];
const start = randn([HIDDEN, 3]);
const startOut = randn([HIDDEN + 1]).mul(0.5);
const hidden = [...start].map((row) => [...row].map((value) => new Parameter(value)));
const out = [...startOut].map((value) => new Parameter(value));

/** The weighted sum of the inputs, plus the bias, which is the last of the weights. */
const neuron = (weights: Tensor[], inputs: Tensor[]): Tensor =>
  [...inputs, 1].map((input, i) => (weights[i] as Tensor).mul(input)).reduce((a, b) => a.add(b));
function network(point: Tensor[]): Tensor {
  const answers = hidden.map((weights) => neuron(weights, point).tanh());
  return neuron(out, answers);
}

// %% [markdown]
// ## Learning, epoch by epoch
//
// The error of a point is the cross-entropy of its class: $\log(1 + e^{-s})$ for a score $s$ that
// should be positive. After each pass over all points, every parameter takes a small step against its
// derivative. This is gradient descent.

// %%
const points = [...train.positions].map((point) => [...point]);
const labels = [...train.labels].map((label) => label.item());
const parameters = [...hidden.flat(), ...out];
const LR = 0.3;
const epochs = short ? 200 : 600;
const losses: number[] = [];
for (let epoch = 1; epoch <= epochs; epoch++) {
  const scores = points.map(network); // forward
  const errors = scores.map((score, i) => score.mul(labels[i] === 1 ? -1 : 1).softplus()); // error
  const loss = errors.reduce((sum, each) => sum.add(each)).div(errors.length);
  for (const parameter of parameters) parameter.grad = null;
  loss.backward(); // backward
  noGrad(() => {
    for (const parameter of parameters) {
      parameter.assign(parameter.sub(parameter.grad?.mul(LR) ?? 0)); // update
    }
  });
  losses.push(loss.item());
  if (epoch <= 3 || epoch % Math.ceil(epochs / 5) === 0)
    console.log(`epoch ${epoch}: loss ${loss.item().toFixed(4)}`);
}
plotLosses(losses, points.length, 'points', 'backprop-loss.svg');

// %% [markdown]
// ## The same with tensors
//
// All neurons of a layer form one matrix, all points another. From the same start the losses are equal,
// apart from the rounding of sums taken in a different order, and an epoch takes a few operations instead
// of thousands.

// %%
const model = new nn.Sequential(new nn.Linear(2, HIDDEN), new nn.Tanh(), new nn.Linear(HIDDEN, 1));
model.loadStateDict({
  '0.weight': start.narrow(1, 0, 2),
  '0.bias': start.at(':', 2),
  '2.weight': startOut.narrow(0, 0, HIDDEN).unsqueeze(0),
  '2.bias': startOut.narrow(0, HIDDEN, 1),
});
const optimizer = new SGD(model.parameters(), { lr: LR });
const tensorLosses: number[] = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  const scores = model.forward(train.positions).squeeze(1);
  const loss = nn.functional.bceWithLogits(scores, train.labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  tensorLosses.push(loss.item());
}
const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - (tensorLosses[i] ?? NaN))));
expectScore('largest difference between the two losses', difference, { atMost: 1e-4 });

// %% [markdown]
// ## New points
//
// 400 points that neither network has seen, compared with the best straight line (a network without hidden
// neurons). After 600 epochs the network is right on 96.5 % of them and the line on 87.0 %; this takes 9 seconds.
// The short run stops after 200 epochs.

// %%
const line = new nn.Linear(2, 1);
const lineOptimizer = new SGD(line.parameters(), { lr: 1 });
for (let epoch = 0; epoch < 500; epoch++) {
  lineOptimizer.zeroGrad();
  nn.functional.bceWithLogits(line.forward(train.positions).squeeze(1), train.labels).backward();
  lineOptimizer.step();
}
const scalarScores = stack([...test.positions].map((point) => network([...point])));
plotRegions(test, (at) => model.forward(at).squeeze(1), 'backprop-regions.svg');
const baseline = accuracyOn(test, line.forward(test.positions).squeeze(1));
expectScore('accuracy on new points', accuracyOn(test, scalarScores), {
  atLeast: baseline,
  baseline,
  format: percent,
});

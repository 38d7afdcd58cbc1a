/**
 * @file What `fit` costs beside the bare compiled loop on MNIST's network: epochs of both in turns, in one process, each with
 * one call of its own. Usage, after a build: `node bench/fit.mjs [epochs] [onNonFinite]`.
 */
import { compile, manualSeed, randint, randn } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit } from '@chainrule/nn/train';
import { Adam } from '@chainrule/optim';

const BATCHES = 300;
const WARM_UP = 5;
const epochs = Number(process.argv[2] ?? 40);
const onNonFinite = process.argv[3] ?? 'throw';

manualSeed(1);
const images = randn([64 * BATCHES, 784]);
const labels = randint(0, 10, [64 * BATCHES]);

function setUp() {
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
  const optimizer = new Adam(model.parameters());
  const data = new DataLoader(new TensorDataset(images, labels), {
    batchSize: 64,
    shuffle: true,
    seed: 1,
  });
  const loss = nn.functional.crossEntropy;
  const step = compile((x, y) => {
    optimizer.zeroGrad();
    const value = loss(model.forward(x), y);
    value.backward();
    optimizer.step();
    return value;
  });
  return { model, data, optimizer, loss, step };
}

const bare = setUp();
const { model, data, optimizer, loss } = setUp();
/** Microseconds a step, an epoch each. */
const times = { bare: [], fit: [] };
const iterate = data[Symbol.asyncIterator];
let begun = null;
// `fit` asks for its data at the begin of an epoch: an epoch of the bare loop comes before.
data[Symbol.asyncIterator] = () => {
  const asked = performance.now();
  if (begun !== null) times.fit.push(((asked - begun) / BATCHES) * 1000);
  for (const [x, y] of bare.data) bare.step(x, y).item();
  begun = performance.now();
  times.bare.push(((begun - asked) / BATCHES) * 1000);
  return iterate.call(data);
};
await fit(model, { data, optimizer, loss, epochs, onNonFinite });

const part = (list, p) =>
  list.slice(WARM_UP).sort((a, b) => a - b)[Math.floor((list.length - WARM_UP) * p)];
for (const [name, p] of [
  ['least', 0],
  ['tenth', 0.1],
  ['quarter', 0.25],
  ['median', 0.5],
]) {
  const [loop, whole] = [part(times.bare, p), part(times.fit, p)];
  console.log(
    `${name.padEnd(8)} ${loop.toFixed(0)} µs, fit ${whole.toFixed(0)} µs (+${((whole / loop - 1) * 100).toFixed(1)} %)`,
  );
}

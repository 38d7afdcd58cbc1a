/** @file A project of your own: a model, data, a training loop. */
import { compile, manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { AdamW, CosineAnnealingLR } from '@chainrule/optim';

class Classifier extends nn.Module {
  hidden = new nn.Linear(2, 32);
  deeper = new nn.Linear(32, 32);
  out = new nn.Linear(32, 2);

  forward(x: Tensor): Tensor {
    return this.out.forward(this.deeper.forward(this.hidden.forward(x).tanh()).tanh());
  }
}

/** Points of two interleaved spirals, and the spiral that each point lies on. */
function spirals(n: number): [points: Tensor, labels: Tensor] {
  const points = new Float32Array(2 * n);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const t = 0.5 + (2.5 * i) / n;
    const label = i % 2;
    points.set(
      [t * Math.cos(3 * t + Math.PI * label), t * Math.sin(3 * t + Math.PI * label)],
      2 * i,
    );
    labels[i] = label;
  }
  return [tensor(points, { shape: [n, 2] }), tensor(labels)];
}

manualSeed(1);
const [x, y] = spirals(512);
const model = new Classifier();
const criterion = new nn.CrossEntropyLoss();
const optimizer = new AdamW(model.parameters(), { lr: 0.02, onNonFinite: 'throw' });
const epochs = 60;
const batches = new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 1 });
const schedule = new CosineAnnealingLR(optimizer, { tMax: epochs });

const step = compile((points: Tensor, labels: Tensor) => {
  optimizer.zeroGrad();
  const loss = criterion.forward(model.forward(points), labels);
  loss.backward();
  optimizer.step();
  return loss;
});

for (let epoch = 1; epoch <= epochs; epoch++) {
  let loss = 0;
  for (const [points, labels] of batches) loss += step(points, labels).item() / batches.length;
  schedule.step();
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}
const right = noGrad(() => model.forward(x).argmax(1).eq(y).sum().item());
console.log(`accuracy ${((100 * right) / 512).toFixed(1)}%`);

/** @file MNIST's network with its bare compiled step on random pictures: the baseline for `fit`, in Node and in a page. */
import { compile, manualSeed, randint, randn } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { Adam } from '@chainrule/optim';

/** Returns a function that sets up such a network at each call, all with the same batches of 64. */
export function mnistNetworks(batches) {
  manualSeed(1);
  const images = randn([64 * batches, 784]);
  const labels = randint(0, 10, [64 * batches]);
  return () => {
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
  };
}

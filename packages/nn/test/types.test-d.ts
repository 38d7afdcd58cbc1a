/** @file What the types of layers and loaders say: checked by the compiler, never run. */
import { type Tensor, tensor, zeros } from '@chainrule/autograd';
import { DataLoader, TensorDataset } from '../src/data/index.js';
import * as nn from '../src/index.js';

const layer: nn.Linear<784, 128> = new nn.Linear(784, 128);
declare const images: Tensor<[64, 784]>;
declare const narrow: Tensor<[64, 100]>;
declare const unknownShape: Tensor;
declare const someRows: Tensor<[number, 784]>;

const hidden: Tensor<readonly [64, 128]> = layer.forward(images);
const rows: Tensor<readonly [number, 128]> = layer.forward(someRows);
const any: Tensor = layer.forward(unknownShape);
// @ts-expect-error the last dimension is 100, the layer takes 784
layer.forward(narrow);
// @ts-expect-error one layer's outputs are not the next one's inputs
new nn.Linear(64, 10).forward(layer.forward(images));

class Net extends nn.Module {
  hidden = new nn.Linear(784, 128);
  out = new nn.Linear(128, 10);

  forward(x: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(x).relu());
  }
}
const logits: Tensor = nn.functionalCall(new Net(), {}, zeros([1, 784]));
// @ts-expect-error forward takes a tensor
nn.functionalCall(new Net(), {}, 5);

for (const [x, y] of new DataLoader(new TensorDataset(zeros([4, 2]), zeros([4])))) {
  const sum: Tensor = x.add(y);
}
for (const batch of new DataLoader([{ x: tensor([1]), name: 'a' }])) {
  const x: Tensor = batch.x;
  const names: string[] = batch.name;
}

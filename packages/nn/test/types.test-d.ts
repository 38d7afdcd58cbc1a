/** @file The types of layers and loaders: checked by the compiler, never run. */
import { type Tensor, tensor, zeros } from '@chainrule/autograd';
import { DataLoader, TensorDataset } from '../src/data/index.js';
import * as nn from '../src/index.js';

const layer: nn.Linear<784, 128> = new nn.Linear(784, 128);
declare const images: Tensor<[64, 784]>;
declare const narrow: Tensor<[64, 100]>;
declare const unknownShape: Tensor;
declare const someRows: Tensor<[number, 784]>;

const hidden: Tensor<[64, 128]> = layer.forward(images);
const rows: Tensor<[number, 128]> = layer.forward(someRows);
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

// Weights can be shared.
const embedding = new nn.Embedding(11, 8);
const decoder = new nn.Linear(8, 11, { bias: false });
decoder.weight = embedding.weight;
// @ts-expect-error a tensor is not a parameter
decoder.weight = zeros([11, 8]);

for (const [x, y] of new DataLoader(new TensorDataset(zeros([4, 2]), zeros([4])))) {
  const sum: Tensor = x.add(y);
}
for (const batch of new DataLoader([{ x: tensor([1]), name: 'a' }])) {
  const x: Tensor = batch.x;
  const names: string[] = batch.name;
}

// Layers know their channels, leave a shape as it is, or flatten it.
declare const pictures: Tensor<[64, 1, 28, 28]>;
const convolution = new nn.Conv2d(1, 16, 3, { padding: 1 });
const maps: Tensor<[64, 16, number, number]> = convolution.forward(pictures);
const oneMap: Tensor<[16, number, number]> = convolution.forward(zeros([1, 28, 28]));
const unknownMaps: Tensor = convolution.forward(unknownShape);
// @ts-expect-error [64, 3, 28, 28] has 3 channels, the layer takes 1
convolution.forward(zeros([64, 3, 28, 28]));
// @ts-expect-error a matrix is no image
convolution.forward(images);
const flat: Tensor<[64, 784]> = new nn.Flatten().forward(pictures);
const classified: Tensor<[64, 128]> = layer.forward(new nn.Flatten().forward(pictures));
const activated: Tensor<[64, 128]> = new nn.GELU().forward(hidden);
const dropped: Tensor<[64, 128]> = new nn.Dropout(0.5).forward(activated);
const normed: Tensor<[64, 128]> = new nn.LayerNorm(128).forward(dropped);
// @ts-expect-error 64 is not 65
const misnamed: Tensor<[65, 128]> = new nn.ReLU().forward(hidden);
// @ts-expect-error the weight is [128, 784]
const turned: nn.Parameter<[784, 128]> = layer.weight;
// Layers of different sizes in one list, sizes known only at run time, a number in a field.
const layers: nn.Linear[] = [784, 128, 10].slice(1).map((out, i) => new nn.Linear(i + 1, out));
const either: nn.Linear[] = [layer, new nn.Linear(128, 10)];
const modules: nn.Module[] = [layer, convolution, new nn.Flatten()];
const anywhere: Tensor = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU()).forward(images);
let depth: Tensor = images;
for (const each of either) depth = each.forward(depth);

// Layers that normalize know their sizes.
const normal: Tensor<[2, 3]> = new nn.LayerNorm(3).forward(zeros([2, 3]));
new nn.LayerNorm([2, 3]).forward(zeros([2, 3]));
new nn.BatchNorm1d(3).forward(zeros([2, 3]));
new nn.BatchNorm2d(3).forward(unknownShape);
declare const size: number;
new nn.LayerNorm(size).forward(new nn.RMSNorm([3]).forward(zeros([2, 3])));
// @ts-expect-error 3 is not 5
new nn.LayerNorm(5).forward(zeros([2, 3]));
// @ts-expect-error [2, 3] is not [3, 3]
new nn.LayerNorm([3, 3]).forward(zeros([2, 3]));
// @ts-expect-error 3 is not 5
new nn.BatchNorm1d(5).forward(zeros([2, 3]));

// A variable holds any module that can be called on a tensor.
class Gate extends nn.Module {
  readonly inner: nn.Module<[Tensor], Tensor> | null;
  constructor(inner: nn.Module<[Tensor], Tensor> | null) {
    super();
    this.inner = inner;
  }
  forward(x: Tensor): Tensor {
    return this.inner === null ? x : this.inner.forward(x);
  }
}
const callable: nn.Module<[Tensor], Tensor>[] = [
  new nn.Linear(2, 3),
  new nn.Conv2d(1, 2, 3),
  new nn.ReLU(),
  new nn.Sequential(new nn.Linear(2, 2)),
  new nn.BatchNorm1d(3),
  new Gate(new nn.Identity()),
];
const whole: nn.Module = new nn.Sequential(...callable);
const called: Tensor[] = callable.map((each) => each.forward(zeros([1, 2])));
// @ts-expect-error it takes a tensor
new Gate(null).inner?.forward('x');
// @ts-expect-error a recurrent layer gives its state too
const wrong: nn.Module<[Tensor], Tensor> = new nn.LSTM(2, 2);
void [whole, called, wrong];

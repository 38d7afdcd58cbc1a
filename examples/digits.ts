// %% [markdown]
// # Reading handwritten digits
//
// A network learns to read the digits of MNIST: 60,000 to train on, 10,000 to test on. `--model mlp` trains a simpler
// one, `--short` uses only the first 6,000 and tests 2,000; `--help` shows the other options. Plots are written to `out/`.

// %%
import { enableWideSimd, manualSeed, noGrad, type Tensor } from '@chainrule/autograd';
import { loadSafetensors, saveSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { Adam, OneCycleLR } from '@chainrule/optim';
import { parseOptions, UserError } from './lib/cli.js';
import { accuracyOf, answersOf, confusionMatrix, confusionText } from './lib/confusion.js';
import { plotConfusion, worstMistakes } from './lib/confusion.js';
import { imageGrid } from './lib/images.js';
import { batchOf, loadMnist, type Images } from './lib/mnist.js';
import { outPath, plotLosses, showSvg } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, isShort } from './lib/score.js';

const { epochs, batchSize, lr, seed, ...options } = parseOptions('Learns to read digits.', {
  epochs: { type: 'integer', default: 3, min: 1, help: 'passes over the training images' },
  'batch-size': { type: 'integer', default: 64, min: 1, max: 60_000, help: 'images per step' },
  lr: { type: 'number', default: 4e-3, min: 0, help: 'highest learning rate of Adam' },
  model: { type: 'choice', choices: ['mlp', 'cnn'], default: 'cnn', help: 'the network' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);
enableWideSimd(); // twice the vector width, where Node has it (24 and later)

// %% [markdown]
// ## The data
//
// An image is 28 × 28 gray values, kept as bytes until they are needed: `batchOf` makes tensors of one batch.

// %%
const all = loadMnist();
const first = (set: Images, count: number): Images =>
  short ? { ...set, labels: set.labels.subarray(0, count), count } : set;
const [train, test] = [first(all.train, 6000), first(all.test, 2000)];
const loaderOf = (set: Images, batchSize: number, shuffle: boolean) => {
  const collate = (positions: number[]) => batchOf(set, positions);
  return new DataLoader([...set.labels.keys()], { batchSize, shuffle, seed, collate });
};

// %% [markdown]
// ## The network

// %%
/** One hidden layer, in which every neuron sees every pixel. */
class Mlp extends nn.Module {
  hidden = new nn.Linear(28 * 28, 128);
  out = new nn.Linear(128, 10);

  forward(images: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(images.flatten(1)).relu());
  }
}

/** Two layers of small filters, each followed by halving the image; then two layers as above. */
class Cnn extends nn.Module {
  strokes = new nn.Conv2d(1, 16, 3, { padding: 1 });
  shapes = new nn.Conv2d(16, 32, 3, { padding: 1 });
  halve = new nn.MaxPool2d(2);
  hidden = new nn.Linear(32 * 7 * 7, 64);
  out = new nn.Linear(64, 10);

  forward(images: Tensor): Tensor {
    const strokes = this.halve.forward(this.strokes.forward(images).relu()); // [n, 16, 14, 14]
    const shapes = this.halve.forward(this.shapes.forward(strokes).relu()); // [n, 32, 7, 7]
    return this.out.forward(this.hidden.forward(shapes.flatten(1)).relu());
  }
}

const makeModel = () => (options.model === 'cnn' ? new Cnn() : new Mlp());
const model = makeModel();
console.log(String(model));

// %% [markdown]
// ## Learning
//
// Adam (Kingma & Ba 2015) minimizes the cross-entropy of the right digit. The learning rate rises and falls
// once (Smith & Topin 2018): large steps first, small ones to settle.

// %%
const optimizer = new Adam(model.parameters(), { lr });
const totalSteps = epochs * Math.ceil(train.count / batchSize);
const schedule = new OneCycleLR(optimizer, { maxLr: lr, totalSteps });
const losses: number[] = [];
const loader = loaderOf(train, batchSize, true);
const progress = startProgress({ total: epochs * train.count, unit: 'images' });
for (let epoch = 0; epoch < epochs; epoch++) {
  for (const { images, labels } of loader) {
    const logits = model.forward(images);
    const loss = nn.functional.crossEntropy(logits, labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    schedule.step();
    losses.push(loss.item());
    const accuracy = logits.argmax(1).eq(labels).cast('float32').mean().item();
    progress.advance(labels.size, { loss: loss.item(), accuracy });
  }
}
progress.finish();
plotLosses(losses, batchSize, 'images', 'digits-loss.svg');

// %% [markdown]
// ## The test
//
// What the network says about images it has never seen.

// %%
function testOf(network: Mlp | Cnn) {
  network.eval();
  return [...loaderOf(test, 500, false)].flatMap(({ images }) => {
    const { values, indices } = noGrad(() => network.forward(images).softmax(1).max(1));
    return answersOf(indices, values);
  });
}

const answers = testOf(model);
const predictions = answers.map(({ prediction }) => prediction);
const confusion = confusionMatrix(test.labels, predictions, 10);
console.log(confusionText(confusion));
plotConfusion(confusion, 'digits-confusion.svg');

// %% [markdown]
// The worst mistakes: the true digit, and the one the network was so sure about.

// %%
const worst = worstMistakes(answers, test.labels, 24);
const pictures = worst.map(({ position, label, prediction, certainty }) => ({
  pixels: test.pixels.subarray(784 * position, 784 * (position + 1)),
  caption: `${label}, not ${prediction} (${Math.round(100 * certainty)} %)`,
}));
showSvg(imageGrid(pictures, { width: 28, height: 28 }), 'worst mistakes', 'digits-mistakes.svg');

// %% [markdown]
// ## Saving the model
//
// The weights are saved under PyTorch's names, in a format that Python can read too. A new network that loads them gives
// the same answers to the last bit.

// %%
const path = outPath(`digits-${options.model}.safetensors`);
await saveSafetensors(path, model.stateDict());
const copy = makeModel();
copy.loadStateDict(await loadSafetensors(path));
if (JSON.stringify(testOf(copy)) !== JSON.stringify(answers))
  throw new Error(`the weights in ${path} give other predictions`);
console.log(`weights saved to ${path}, and loaded again with equal predictions`);
const accuracy = accuracyOf(confusion);
console.log(`test accuracy ${(100 * accuracy).toFixed(2)} %`);
const required = short ? 0.9 : 0.96;
if (!(accuracy >= required))
  throw new UserError(`the required accuracy is at least ${100 * required} %`);

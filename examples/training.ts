// %% [markdown]
// # A training run with everything
//
// Which piece of clothing is it? 2,400 images of Fashion-MNIST (Xiao et al. 2017) to train on, 600 for validation. A
// network soon memorises so few images and then gets worse on new ones, so it must be validated, averaged and stopped in
// time. `fit` does that, and resumes bit for bit after an interruption.

// %%
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cdist, manualSeed, noGrad, oneHot, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { Accuracy, ConfusionMatrix, TopKAccuracy } from '@chainrule/nn/metrics';
import { csvLogger, earlyStopping, fit } from '@chainrule/nn/train';
import { AdamW, ExponentialMovingAverage, OneCycleLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotConfusion } from './lib/confusion.js';
import { plotCurves } from './lib/curves.js';
import { display } from './lib/notebook.js';
import { labelledPhotos, loadFashion, photoBatch, type Photos } from './lib/photos.js';
import { showSvg } from './lib/plot.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';

const { epochs, seed, ...options } = parseOptions('Learns to tell clothes apart.', {
  epochs: { type: 'integer', default: 30, min: 2, help: 'passes over the pictures, at most' },
  ...commonOptions,
});
const total = isShort(options.short) ? Math.min(epochs, 8) : epochs;
const { train, test } = loadFashion();
showSvg(labelledPhotos(test, 16), 'clothes', 'training-clothes.svg');

// %% [markdown]
// ## What is trained
//
// A function creates everything that has a state, so the same training run can start twice. Images are shifted by up to
// two pixels and mirrored, to make the most of a small set.

// %%
/** Pairs, as `fit` takes them. The loader remembers its place, so training can resume in the middle of an epoch. */
const loaderOf = (photos: Photos, shift: number) =>
  new DataLoader([...photos.labels.keys()], {
    batchSize: shift > 0 ? BATCH : 200,
    shuffle: shift > 0,
    dropLast: shift > 0,
    seed,
    collate: (positions: number[]): [images: Tensor, labels: Tensor] => {
      const { images, labels } = photoBatch(photos, positions, shift);
      return [images, labels];
    },
  });
const [BATCH, CLASSES] = [32, train.classes.length];
function begin() {
  manualSeed(seed);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(0.3),
    new nn.Linear(32 * 7 * 7, CLASSES),
  );
  const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.02 });
  const totalSteps = total * Math.floor(train.count / BATCH);
  const schedule = new OneCycleLR(optimizer, { maxLr: 0.01, totalSteps });
  const average = new ExponentialMovingAverage(model.parameters(), { decay: 0.98 });
  return { model, optimizer, schedule, average };
}
const loss = (scores: Tensor, labels: Tensor): Tensor =>
  nn.functional.crossEntropy(scores, labels, { labelSmoothing: 0.05 });

// %% [markdown]
// ## Learning
//
// Gradients are clipped, the rate rises and falls at every step, the averaged weights are the ones validated, the best
// epoch is kept, and training stops after five epochs without improvement. Progress arrives as events, which here fill
// a table and two curves.

// %%
const folder = mkdtempSync(join(tmpdir(), 'training-'));
const table = join(folder, 'epochs.csv');
const learning = (parts: ReturnType<typeof begin>, signal?: AbortSignal, resume = false) =>
  fit(parts.model, {
    data: loaderOf(train, 2),
    validate: loaderOf(test, 0),
    loss,
    optimizer: parts.optimizer,
    schedule: parts.schedule,
    scheduleEvery: 'step',
    average: parts.average,
    epochs: total,
    clip: 1,
    metrics: { accuracy: new Accuracy() },
    monitor: 'accuracy',
    restoreBest: { monitor: 'accuracy', mode: 'max' },
    callbacks: [earlyStopping({ monitor: 'accuracy', mode: 'max', patience: 5 }), csvLogger(table)],
    checkpoint: { dir: join(folder, 'checkpoints'), keep: 2 },
    resume,
    ...(signal && { signal }),
  });

const whole = begin();
const curves = { training: [] as number[], validation: [] as number[] };
for await (const event of learning(whole)) {
  if (event.type === 'compiled') display(`compiled: ${event.compiled}`);
  if (event.type === 'epoch') {
    curves.training.push(event.loss);
    curves.validation.push(Number(event.figures['loss']));
  }
  if (event.type === 'end') display(`${event.ending}: ${event.reason ?? 'all epochs are over'}`);
}
const rounded = (text: string): string =>
  text.replace(/\d+\.\d+(e-\d+)?/g, (x) => `${Number(Number(x).toPrecision(3))}`);
display(rounded(readFileSync(table, 'utf8').trim()));
plotCurves(curves, {
  title: 'Loss',
  file: 'training-loss.svg',
  x: { label: 'epoch' },
  y: { label: 'loss' },
});

// %% [markdown]
// ## Stopped and resumed
//
// The same training run again, but stopped in its second epoch, as if by Ctrl-C or a power cut, and resumed as a new
// program would: with a new model that loads the checkpoint. Every weight ends up with the same bits.

// %%
rmSync(join(folder, 'checkpoints'), { recursive: true });
const halfway = Math.floor(train.count / BATCH / 2);
const stop = new AbortController();
for await (const event of learning(begin(), stop.signal))
  if (event.type === 'batch' && event.epoch === 1 && event.batch === halfway) stop.abort();
const resumed = begin();
const history = await learning(resumed, undefined, true);
const differences = resumed.model.parameters().map((p, i) => {
  const other = whole.model.parameters()[i];
  return other === undefined ? NaN : p.sub(other).abs().max().item();
});
expectScore('largest difference after resuming', Math.max(...differences), { atMost: 0 });

// %% [markdown]
// ## What it has learned
//
// The weights of the best epoch, on the images held back for the test. Metrics are streaming: they take one batch at a
// time. A shirt is hard to tell from a pullover, even for people; the right label is far more often among the first two
// answers. The baseline picks the class whose mean image is nearest.

// %%
const [first, second] = [new Accuracy(), new TopKAccuracy(2)];
const confusion = new ConfusionMatrix({ numClasses: CLASSES });
whole.model.eval();
for (const [images, labels] of loaderOf(test, 0)) {
  const scores = noGrad(() => whole.model.forward(images));
  for (const metric of [first, second, confusion]) metric.update(scores, labels);
}
plotConfusion(confusion.compute(), 'training-confusion.svg', [...train.classes]);

const everything = (photos: Photos): { images: Tensor; labels: Tensor } => {
  const { images, labels } = photoBatch(photos, [...photos.labels.keys()], 0);
  return { images: images.flatten(1), labels };
};
const [known, asked] = [everything(train), everything(test)];
const members = oneHot(known.labels, CLASSES).cast('float32');
const means = members.t().matmul(known.images).div(members.sum(0).unsqueeze(1));
const nearest = cdist(asked.images, means).argmin(1).eq(asked.labels).cast('float32').mean();

rmSync(folder, { recursive: true });
console.log(`best epoch ${(history.best?.epoch ?? NaN) + 1} of ${curves.training.length}`);
console.log(`among the first two: ${percent(second.compute())}`);
expectScore('right', first.compute(), {
  atLeast: nearest.item(),
  baseline: nearest.item(),
  format: percent,
});

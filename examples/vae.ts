// %% [markdown]
// # Drawing digits that nobody wrote
//
// A variational autoencoder (Kingma & Welling 2014) learns to describe every digit of MNIST with a handful of numbers,
// its code, and to draw the digit from it. Each image is encoded as a distribution rather than a point, so codes between
// two digits mean something too, and random codes make digits.

// %%
import {
  compile,
  linspace,
  manualSeed,
  noGrad,
  randn,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Bernoulli, klDivergence, Normal } from '@chainrule/nn/distributions';
import { Adam, OneCycleLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotCurves } from './lib/curves.js';
import { imageGrid } from './lib/images.js';
import { loadMnist } from './lib/mnist.js';
import { plotLosses, showSvg } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort } from './lib/score.js';
import { chunks, meanOf, shuffled } from './lib/table.js';

const { epochs, seed, ...options } = parseOptions('Learns to draw digits.', {
  epochs: { type: 'integer', default: 10, min: 1, help: 'passes over the images' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Each pixel is ink (1) or paper (0): ink where it is more than half black.

// %%
const mnist = loadMnist();
const PIXELS = 784;
const images = ({ pixels }: typeof mnist.train, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS));
const train = images(mnist.train, short ? 6000 : mnist.train.count);
const test = images(mnist.test, short ? 1000 : mnist.test.count);
const batchOf = (some: readonly Uint8Array[]): Tensor => {
  const ink = new Float32Array(some.length * PIXELS);
  some.forEach((image, i) =>
    image.forEach((gray, p) => (ink[i * PIXELS + p] = gray > 127 ? 1 : 0)),
  );
  return tensor(ink, { shape: [some.length, PIXELS] });
};

// %% [markdown]
// ## The model
//
// The encoder maps an image to a normal distribution over the code $z$; the decoder maps a code to the probability of
// ink at every pixel.

// %%
const [CODE, HIDDEN] = [10, short ? 200 : 400];
class Autoencoder extends nn.Module {
  read = new nn.Linear(PIXELS, HIDDEN);
  code = new nn.Linear(HIDDEN, 2 * CODE);
  imagine = new nn.Linear(CODE, HIDDEN);
  ink = new nn.Linear(HIDDEN, PIXELS);

  encode(images: Tensor): Normal {
    const [mean, spread] = this.code.forward(this.read.forward(images).relu()).chunk(2, 1);
    return new Normal(mean as Tensor, (spread as Tensor).mul(0.5).exp());
  }

  decode(codes: Tensor): Bernoulli {
    return new Bernoulli({ logits: this.ink.forward(this.imagine.forward(codes).relu()) });
  }

  /** The evidence lower bound of each image, `[batch]`: a lower bound on its log-likelihood. */
  override forward(images: Tensor): Tensor {
    const code = this.encode(images);
    const drawn = code.rsample(); // with a gradient: mean + spread · noise
    const likelihood = this.decode(drawn).logProb(images).sum(1);
    return likelihood.sub(klDivergence(code, new Normal(0, 1)).sum(1));
  }
}
const model = new Autoencoder();

// %% [markdown]
// ## Learning
//
// Two goals: the image should be likely given its code, and the code's distribution should be close to a standard normal,
// so that codes can be sampled from it.

// %%
const BATCH = 100;
const passes = short ? Math.min(epochs, 3) : epochs;
const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
const totalSteps = passes * Math.ceil(train.length / BATCH);
const schedule = new OneCycleLR(optimizer, { maxLr: short ? 6e-3 : 3e-3, totalSteps });
const step = compile((images: Tensor) => {
  const loss = model.forward(images).mean().neg();
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
const losses: number[] = [];
const progress = startProgress({ total: passes * train.length, unit: 'images' });
for (let epoch = 0; epoch < passes; epoch++)
  for (const some of chunks(shuffled(train), BATCH)) {
    losses.push(step(batchOf(some)).item());
    schedule.step();
    progress.advance(some.length, { loss: losses.at(-1) ?? NaN });
  }
progress.finish();
plotLosses(losses, BATCH, 'images', 'vae-loss.svg');

// %% [markdown]
// ## Drawn at random
//
// Codes from a standard normal distribution, and what the decoder draws from them.

// %%
const pictures = (codes: Tensor): { pixels: Uint8Array }[] => {
  const ink = noGrad(() => model.decode(codes).probs.mul(255).dataSync());
  return Array.from({ length: ink.length / PIXELS }, (_, i) => ({
    pixels: Uint8Array.from(ink.subarray(i * PIXELS, (i + 1) * PIXELS)),
  }));
};
const side = { width: 28, height: 28, scale: 2, columns: 12 };
showSvg(imageGrid(pictures(randn([36, CODE])), side), 'digits that nobody wrote', 'vae-drawn.svg');

// %% [markdown]
// From one digit to another: twelve codes on the line between those of two test images, shown at the ends. In between
// are new digits, never a blend of the two images.

// %%
const rows = [0, 1, 2].map((i) => {
  const [from, to] = noGrad(() =>
    model.encode(batchOf(test.slice(2 * i, 2 * i + 2))).mean.unbind(),
  );
  return linspace(0, 1, 12)
    .unsqueeze(1)
    .mul((to as Tensor).sub(from as Tensor))
    .add(from as Tensor);
});
showSvg(imageGrid(rows.flatMap(pictures), side), 'from one digit to another', 'vae-between.svg');

// %% [markdown]
// ## What the numbers are used for
//
// The divergence of each number of the code from a standard normal: how many nats it tells about an image. Unused numbers
// stay at 0.

// %%
const asked = batchOf(test.slice(0, 1000));
const told = noGrad(() => klDivergence(model.encode(asked), new Normal(0, 1)).mean(0).dataSync());
const sorted = Array.from(told).sort((a, b) => b - a);
plotCurves(
  { nats: sorted },
  {
    title: 'What each number of the code tells',
    file: 'vae-code.svg',
    x: { label: 'number' },
    y: { label: 'nats' },
  },
);

// %% [markdown]
// ## The test
//
// The bound on images it has never seen, in nats per image: the cost of transmitting one. The baseline knows how often
// each pixel is ink.

// %%
const cost = meanOf(
  chunks(test, 500).map((some) => noGrad(() => model.forward(batchOf(some)).mean().neg().item())),
);
const often = batchOf(train.slice(0, 5000)).mean(0).clamp(0.001, 0.999);
const pixelCost = new Bernoulli({ probs: often }).logProb(batchOf(test)).sum(1).mean().neg().item();
expectScore('nats per image', cost, { atMost: pixelCost, baseline: pixelCost });

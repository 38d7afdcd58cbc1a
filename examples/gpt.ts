// %% [markdown]
// # A small GPT that writes
//
// The network in [language-model.ts](language-model.ts) remembers what it has read in 256 numbers. A transformer (Vaswani
// et al. 2017; Radford et al. 2018) looks back at the letters themselves. In training it sees all positions of a window at
// once; when it writes, it takes one letter at a time and keeps the keys and values of earlier ones in a cache. Both must
// give the same result. The book and the test are those of that notebook; `--short` learns from the first 22 chapters.

// %%
import { arange, cell, compile, manualSeed, multinomial, noGrad } from '@chainrule/autograd';
import {
  randint,
  scaledDotProductAttention,
  stack,
  tensor,
  where,
  zeros,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { AdamW, OneCycleLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { readMobyDick } from './lib/mobyDick.js';
import { display } from './lib/notebook.js';
import { lineY, plot, plotLosses, ruleY } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort } from './lib/score.js';
import { countedSurprise, windows } from './lib/text.js';

const { steps, temperature, seed, ...options } = parseOptions('Learns to write with a GPT.', {
  steps: { type: 'integer', default: 2000, min: 10, help: 'steps of 32 windows of 64 letters' },
  temperature: { type: 'number', default: 0.8, min: 0.01, help: 'how freely it writes' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

const { alphabet, train, test } = readMobyDick({ short });
const bigram = countedSurprise(train, test, alphabet.size, 1);
console.log(`${train.length} letters to learn from, ${alphabet.size} different ones`);

// %% [markdown]
// ## The model
//
// A block reads from its stream and adds to it twice: through attention, which looks at earlier positions, and through a
// network that sees each position alone. With a cache, attention receives one position, stores its key and value, and looks
// at everything stored so far. The cache has its full length from the start, so every step has the same shapes.

// %%
const [LENGTH, WIDTH, HEADS, BLOCKS] = short ? [48, 64, 4, 2] : [64, 128, 4, 4];
class Attention extends nn.Module {
  ask = new nn.Linear(WIDTH, 3 * WIDTH, { bias: false });
  mix = new nn.Linear(WIDTH, WIDTH, { bias: false });
  keys = cell(zeros([1, HEADS, LENGTH, WIDTH / HEADS]));
  values = cell(zeros([1, HEADS, LENGTH, WIDTH / HEADS]));

  /** `[batch, time, width]`: all positions at once, or with `place` only the one at that position. */
  override forward(x: Tensor, place?: Tensor): Tensor {
    const [batch = 0, time = 0] = x.shape;
    const heads = (part: Tensor): Tensor =>
      part.reshape([batch, time, HEADS, WIDTH / HEADS]).transpose(1, 2);
    const [q, k, v] = this.ask.forward(x).chunk(3, -1).map(heads) as [Tensor, Tensor, Tensor];
    const seen =
      place === undefined
        ? scaledDotProductAttention(q, k, v, { isCausal: true })
        : this.recall(q, k, v, place);
    return this.mix.forward(seen.transpose(1, 2).reshape([batch, time, WIDTH]));
  }

  private recall(q: Tensor, k: Tensor, v: Tensor, place: Tensor): Tensor {
    const places = arange(LENGTH);
    const here = places.eq(place).reshape([1, 1, LENGTH, 1]);
    this.keys.assign(where(here, k, this.keys));
    this.values.assign(where(here, v, this.values));
    return scaledDotProductAttention(q, this.keys, this.values, { attnMask: places.le(place) });
  }
}

class Block extends nn.Module {
  before = new nn.LayerNorm(WIDTH);
  attention = new Attention();
  between = new nn.LayerNorm(WIDTH);
  wide = new nn.Linear(WIDTH, 4 * WIDTH);
  narrow = new nn.Linear(4 * WIDTH, WIDTH);

  override forward(x: Tensor, place?: Tensor): Tensor {
    const seen = x.add(this.attention.forward(this.before.forward(x), place));
    return seen.add(this.narrow.forward(this.wide.forward(this.between.forward(seen)).gelu()));
  }
}

class Gpt extends nn.Module {
  letters = new nn.Embedding(alphabet.size, WIDTH);
  places = new nn.Embedding(LENGTH, WIDTH);
  blocks = Array.from({ length: BLOCKS }, () => new Block());
  last = new nn.LayerNorm(WIDTH);

  /** Letters `[batch, time]` → the scores of the next letters. The embedding is also the output layer. */
  override forward(x: Tensor, place?: Tensor): Tensor {
    const places = place === undefined ? arange(x.shape[1] ?? 0) : place.unsqueeze(0);
    const start = this.letters.forward(x).add(this.places.forward(places));
    const read = this.blocks.reduce((stream, block) => block.forward(stream, place), start);
    return this.last.forward(read).matmul(this.letters.weight.t());
  }
}
const model = new Gpt();
for (const { weight } of [model.letters, model.places]) nn.init.normal(weight, { std: 0.08 });
console.log(
  `${model.parameters().reduce((n, p) => n + p.shape.reduce((a, b) => a * b, 1), 0)} parameters`,
);

// %% [markdown]
// ## Learning

// %%
const BATCH = 32;
const total = short ? Math.min(steps, 250) : steps;
const optimizer = new AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.05 });
const schedule = new OneCycleLR(optimizer, { maxLr: 3e-3, totalSteps: total, pctStart: 0.1 });
const step = compile((x: Tensor, y: Tensor) => {
  const loss = nn.functional.crossEntropy(model.forward(x).flatten(0, 1), y.flatten());
  optimizer.zeroGrad();
  loss.backward();
  nn.utils.clipGradNorm(model.parameters(), 1);
  optimizer.step();
  return loss;
});
function batch(): [Tensor, Tensor] {
  const starts = randint(0, train.length - LENGTH, [BATCH]).dataSync();
  const cut = (shift: number): Tensor => {
    const values = new Int32Array(BATCH * LENGTH);
    starts.forEach((at, i) =>
      values.set(train.subarray(at + shift, at + shift + LENGTH), i * LENGTH),
    );
    return tensor(values, { shape: [BATCH, LENGTH] });
  };
  return [cut(0), cut(1)];
}
const losses: number[] = [];
const progress = startProgress({ total: total * BATCH * LENGTH, unit: 'letters' });
while (losses.length < total) {
  const loss = step(...batch());
  schedule.step();
  losses.push(loss.item());
  progress.advance(BATCH * LENGTH, { loss: loss.item() });
}
progress.finish();
plotLosses(losses, BATCH * LENGTH, 'letters', 'gpt-loss.svg');

// %% [markdown]
// ## Writing
//
// A compiled step takes the last letter and its position, and returns the scores of the next. When the cache is full, the
// second half of the text is read again from position 0.

// %%
const next = compile((letter: Tensor, place: Tensor) =>
  noGrad(() => model.forward(letter.reshape([1, 1]), place).flatten()),
);
const whole = (int: number): Tensor => tensor(int, { dtype: 'int32' });
function write(beginning: string, length: number): string {
  const written = [...alphabet.encode(beginning)];
  let place = 0;
  for (let i = 0; written.length < beginning.length + length; i++) {
    if (place === LENGTH) [place, i] = [0, i - Math.floor(LENGTH / 2)];
    const scores = next(whole(written[i] ?? 0), whole(place++));
    if (i + 1 === written.length)
      written.push(multinomial(scores.div(temperature).softmax(0), 1).item());
  }
  return alphabet.decode(written);
}
model.eval();
const started = performance.now();
display(write('The whale ', 300));
console.log(`${((performance.now() - started) / 310).toFixed(2)} ms a letter`);

// %% [markdown]
// The cache does not change the result: the scores at every position equal those of the whole window at once. Without it,
// each letter would cost as much as the whole window.

// %%
const window = test.subarray(0, LENGTH);
const once = noGrad(() => model.forward(tensor(window, { shape: [1, LENGTH] }))).squeeze(0);
const oneByOne = Array.from(window, (letter, place) => next(whole(letter), whole(place)).clone());
const farthest = oneByOne.map((scores, place) => scores.sub(once.at(place)).abs().max().item());
expectScore('largest difference with the cache', Math.max(...farthest), { atMost: 1e-3 });

// %% [markdown]
// ## The test
//
// The mean surprise per letter on the last pages, in nats. The baseline knows how often each letter follows another. The
// first letters of a window are guessed with little before them; the plot shows how much a longer look back helps.

// %%
const surprises = [...windows(test, 20, LENGTH)].map(({ x, y }) => {
  const scores = noGrad(() => model.forward(x).flatten(0, 1));
  const each = nn.functional.crossEntropy(scores, y.flatten(), { reduction: 'none' });
  return each.reshape(y.shape).mean(0);
});
const byPlace = stack(surprises).mean(0);
plot({
  title: 'Surprise by the number of letters that the model has read',
  file: 'gpt-surprise.svg',
  height: 300,
  x: { label: 'letters read' },
  y: { label: 'nats', domain: [0, 4], grid: true },
  marks: [
    ruleY([bigram], { stroke: '#d29922', strokeDasharray: '4 3' }),
    lineY(
      Array.from(byPlace.dataSync(), (nats, place) => ({ read: place + 1, nats })),
      { x: 'read', y: 'nats', stroke: '#2f81f7', strokeWidth: 2 },
    ),
  ],
});
expectScore('nats per letter', byPlace.mean().item(), { atMost: bigram, baseline: bigram });

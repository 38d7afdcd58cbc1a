// %% [markdown]
// # Writing like Melville
//
// A recurrent network reads *Moby Dick* letter by letter and learns to predict the next one; fed its own
// predictions, it writes. The first run fetches the book (1.5 MB). `--short` uses only the first 22 chapters,
// which come with the repository (public domain).

// %%
import { compile, manualSeed, noGrad, rand, tensor, zeros } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { AdamW, OneCycleLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { readMobyDick } from './lib/mobyDick.js';
import { display } from './lib/notebook.js';
import { plotLosses } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort } from './lib/score.js';
import { plotSurprise } from './lib/surprise.js';
import { meanOf } from './lib/table.js';
import { countedSurprise, reading, windows } from './lib/text.js';

const { steps, lr, temperature, seed, ...options } = parseOptions('Learns to write.', {
  steps: { type: 'integer', default: 4000, min: 10, help: 'steps of 32 × 64 letters' },
  lr: { type: 'number', default: 4e-3, min: 0, help: 'highest learning rate' },
  temperature: { type: 'number', default: 0.7, min: 0.01, help: 'how freely it writes' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// The last tenth of the book is kept for the test. The score is the mean surprise per letter, $-\ln p$, in nats.
// The baselines know how frequent each letter is, overall or after the letter before it.

// %%
const { alphabet, train, test } = readMobyDick({ short });
const unigram = countedSurprise(train, test, alphabet.size, 0);
const bigram = countedSurprise(train, test, alphabet.size, 1);
console.log(`${train.length} letters to learn from, ${alphabet.size} different ones`);
console.log(`nats per letter: by frequency ${unigram.toFixed(3)}, by pairs ${bigram.toFixed(3)}`);

// %% [markdown]
// ## The network
//
// A gated recurrent unit (Cho et al. 2014). Its state of 256 numbers (128 in the short run) is all it remembers.

// %%
const [LAYERS, HIDDEN] = [1, short ? 128 : 256];
class Writer extends nn.Module {
  embedding = new nn.Embedding(alphabet.size, 64);
  memory = new nn.GRU(64, HIDDEN, { numLayers: LAYERS, batchFirst: true });
  out = new nn.Linear(HIDDEN, alphabet.size);

  /** Letters `[batch, time]` and the state before → logits of those that follow, and the state after. */
  override forward(x: Tensor, state: Tensor): [logits: Tensor, state: Tensor] {
    const [output, after] = this.memory.forward(this.embedding.forward(x), state);
    return [this.out.forward(output), after];
  }
}
const model = new Writer();
const stateOf = (batch: number): Tensor => zeros([LAYERS, batch, HIDDEN]);

// %% [markdown]
// ## Writing
//
// The next letter is drawn from the predicted distribution; a temperature below 1 favours likely letters.

// %%
const listen = compile((letter: Tensor, state: Tensor, temperature: number) => {
  const [logits, after] = model.forward(letter, state);
  return { chances: logits.flatten().div(temperature).softmax(0).cumsum(0), after };
});
function write(beginning: string, length: number): string {
  const written = [...alphabet.encode(beginning)];
  const draws = rand([length]).dataSync();
  model.eval();
  let state = stateOf(1);
  for (let i = 0; i + 1 < beginning.length + length; i++) {
    const letter = tensor(Int32Array.of(written[i] ?? 0), { shape: [1, 1] });
    const { chances, after } = noGrad(() => listen(letter, state, temperature));
    state = after;
    const draw = draws[i + 1 - beginning.length];
    if (draw === undefined) continue; // still reading
    const next = chances.dataSync().findIndex((chance) => chance > draw);
    written.push(next < 0 ? 0 : next);
  }
  model.train();
  return alphabet.decode(written);
}

// %% [markdown]
// ## Learning
//
// Each step reads the next 64 letters of 32 strands of the book. After each third of the training the network writes.

// %%
const [STRANDS, WINDOW] = [32, 64];
const total = short ? 480 : steps;
const optimizer = new AdamW(model.parameters(), { lr, weightDecay: 0.01 });
const schedule = new OneCycleLR(optimizer, { maxLr: lr, totalSteps: total, pctStart: 0.1 });
const step = compile((x: Tensor, y: Tensor, state: Tensor) => {
  const [logits, after] = model.forward(x, state);
  const loss = nn.functional.crossEntropy(logits.flatten(0, 1), y.flatten());
  optimizer.zeroGrad();
  loss.backward();
  nn.utils.clipGradNorm(model.parameters(), 1);
  optimizer.step();
  return { loss, after };
});
const reader = reading(train, STRANDS, WINDOW);
const losses: number[] = [];
let state = stateOf(STRANDS);
const progress = startProgress({ total: total * STRANDS * WINDOW, unit: 'letters' });
while (losses.length < total) {
  const { x, y, first } = reader.next().value;
  const { loss, after } = step(x, y, first ? stateOf(STRANDS) : state);
  state = after;
  schedule.step();
  losses.push(loss.item());
  progress.advance(STRANDS * WINDOW, { loss: loss.item() });
  if ((3 * losses.length) % total < 3) display(`\n${write('\n\nThe whale ', 200).trim()}\n`);
}
progress.finish();
plotLosses(losses, STRANDS * WINDOW, 'letters', 'language-model-loss.svg');

// %% [markdown]
// ## The test
//
// The plot shows where the network is surprised: the beginnings of words are hard, their ends are not.

// %%
const surprises: number[] = [];
model.eval();
state = stateOf(10);
for (const { x, y } of windows(test, 10, 100)) {
  const [logits, after] = noGrad(() => model.forward(x, state));
  const each = nn.functional.crossEntropy(logits.flatten(0, 1), y.flatten(), { reduction: 'none' });
  state = after;
  surprises.push(...each.dataSync());
}

plotSurprise([...alphabet.decode(test.subarray(1, 101))], surprises, 'language-model-surprise.svg');
const nats = meanOf(surprises);
console.log(`${(nats / Math.LN2).toFixed(3)} bits a letter`);
expectScore('nats per letter', nats, { atMost: 0.85 * bigram, baseline: bigram });

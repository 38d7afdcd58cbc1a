// %% [markdown]
// # English or French? Sequences of different lengths
//
// An editor's menus say things like "open file" and "ouvrir le fichier": sometimes a whole line, sometimes just a word. A
// recurrent network reads a text letter by letter and says which language it is. Texts of different lengths can
// share a batch in three ways, with the same answers at different costs.

// %%
import { cat, manualSeed, noGrad, stack, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotCurves } from './lib/curves.js';
import { plotLosses } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';
import { chunks, meanOf, readData, shuffled } from './lib/table.js';
import { Alphabet } from './lib/text.js';

const { epochs, seed, ...options } = parseOptions('Learns to tell English from French.', {
  epochs: { type: 'integer', default: 3, min: 1, help: 'passes over the texts' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Pairs of texts of up to 60 letters; both texts of a pair go into the same split.

// %%
interface Text {
  readonly text: string;
  /** 0 for English, 1 for French. */
  readonly language: number;
}
const rows = shuffled(readData('vscode-en-fr.tsv.gz').trim().split('\n'));
const textsOf = (lines: readonly string[]): Text[] =>
  lines.flatMap((line) =>
    line
      .toLowerCase()
      .split('\t')
      .map((text, language) => ({ text, language }))
      .filter(({ text }) => text.length > 0 && text.length <= 60),
  );
const test = textsOf(rows.slice(0, 1000));
const train = textsOf(rows.slice(1000, short ? 5000 : undefined));
const alphabet = new Alphabet([...test, ...train].map(({ text }) => text).join(''));
const lengths = test.map(({ text }) => text.length);
console.log(`${train.length} texts to learn from, ${test.length} for the test`);
console.log(
  `${Math.min(...lengths)} to ${Math.max(...lengths)} letters, ${meanOf(lengths).toFixed(1)} on average`,
);

// %% [markdown]
// ## The network
//
// A text has one row per letter. **Packed**, the rows of all texts are stored without padding, and the network's state
// after the last letter of each text is the answer. Texts need not be sorted.

// %%
const { packSequence, padSequence } = nn.utils.rnn;
class Reader extends nn.Module {
  letters = new nn.Embedding(alphabet.size, 16);
  memory = new nn.GRU(16, 48);
  out = new nn.Linear(48, 2);

  /** The scores of both languages, `[texts, 2]`. */
  override forward(texts: readonly Text[]): Tensor {
    const rows = texts.map(({ text }) => this.letters.forward(tensor(alphabet.encode(text))));
    const [, last] = this.memory.forward(packSequence(rows, { enforceSorted: false }));
    return this.out.forward(last.at(-1));
  }

  /** The same for texts padded to the longest: nothing after the end of a text may count. */
  padded(texts: readonly Text[]): Tensor {
    const rows = texts.map(({ text }) => this.letters.forward(tensor(alphabet.encode(text))));
    const [states] = this.memory.forward(padSequence(rows)); // [longest, texts, 48]
    const ends = texts.map(({ text }, i) => states.at(text.length - 1, i));
    return this.out.forward(stack(ends));
  }
}
const model = new Reader();

// %% [markdown]
// One by one, packed and padded: the same answers. Padding wastes work, which batches of similar lengths avoid. Dropout would
// make every call different, so the network is compared in evaluation mode.

// %%
model.eval();
const some = test.slice(0, 64);
const ways = {
  'one by one': () => cat(some.map((text) => model.forward([text]))),
  packed: () => model.forward(some),
  padded: () => model.padded(some),
  'padded, like lengths': () => {
    const order = some.map((_, i) => i).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
    const scores = cat(
      chunks(order, 16).map((part) => model.padded(part.map((i) => some[i] as Text))),
    );
    return scores.indexSelect(0, tensor(order, { dtype: 'int32' }).argsort(0));
  },
};
const expected = noGrad(ways.packed);
const farthest = Object.values(ways).map((way) => noGrad(way).sub(expected).abs().max().item());
expectScore('largest difference between the ways', Math.max(...farthest), { atMost: 1e-5 });
const longest = Math.max(...some.map(({ text }) => text.length));
const letters = some.reduce((n, { text }) => n + text.length, 0);
console.log(`${letters} letters; padded to the longest ${longest * some.length}`);

// %% [markdown]
// ## Learning
//
// Batches of texts of similar length, in a new order in each epoch: few plans, little waste.

// %%
const optimizer = new Adam(model.parameters(), { lr: 5e-3 });
const losses: number[] = [];
const labelsOf = (texts: readonly Text[]): Tensor =>
  tensor(Int32Array.from(texts, ({ language }) => language));
const progress = startProgress({ total: epochs * train.length, unit: 'texts' });
model.train();
for (let epoch = 0; epoch < epochs; epoch++) {
  const sorted = shuffled(train).sort((a, b) => a.text.length - b.text.length);
  for (const texts of shuffled(chunks(sorted, 64))) {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(texts), labelsOf(texts));
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    losses.push(loss.item());
    progress.advance(texts.length, { loss: loss.item() });
  }
}
progress.finish();
plotLosses(losses, 64, 'texts', 'sequences-loss.svg');

// %% [markdown]
// ## The test
//
// The baseline is naive Bayes: how likely are these letters in each language, whatever their order? Short texts are
// harder for both.

// %%
const counts = [0, 1].map((language) => {
  const seen = new Float64Array(alphabet.size).fill(1);
  for (const { text } of train.filter((one) => one.language === language))
    for (const letter of alphabet.encode(text)) seen[letter] = (seen[letter] ?? 0) + 1;
  const sum = seen.reduce((a, b) => a + b);
  return seen.map((n) => Math.log(n / sum));
});
const counted = ({ text }: Text): number => {
  const [english, french] = counts.map((logs) =>
    alphabet.encode(text).reduce((total, letter) => total + (logs[letter] ?? 0), 0),
  );
  return (french ?? 0) > (english ?? 0) ? 1 : 0;
};
model.eval();
const said = noGrad(() =>
  chunks(test, 200).flatMap((texts) => Array.from(model.forward(texts).argmax(1).dataSync())),
);
const isRight = said.map((language, i) => (language === test[i]?.language ? 1 : 0));
const isCounted = test.map((text) => (counted(text) === text.language ? 1 : 0));

const groups = [0, 15, 20, 25, 30, 40, 60];
const shareOf = (right: readonly number[]) =>
  groups.slice(1).map((to, g) => {
    const from = groups[g] ?? 0;
    return {
      x: (from + to) / 2,
      y: 100 * meanOf(right.filter((_, i) => (lengths[i] ?? 0) > from && (lengths[i] ?? 0) <= to)),
    };
  });
plotCurves(
  { network: shareOf(isRight), 'counted letters': shareOf(isCounted) },
  {
    title: 'Right by length',
    file: 'sequences-lengths.svg',
    x: { label: 'letters' },
    y: { label: '% right' },
  },
);
for (const text of ['ok', 'menu', 'fichier', 'the colour of the text', 'la couleur du texte'])
  console.log(
    `${text}: ${
      ['English', 'French'][
        noGrad(() => model.forward([{ text, language: 0 }]))
          .argmax(1)
          .item()
      ]
    }`,
  );
const baseline = meanOf(isCounted);
expectScore('right', meanOf(isRight), {
  atLeast: baseline,
  baseline,
  format: percent,
});

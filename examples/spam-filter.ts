// %% [markdown]
// # A spam filter
//
// 5,900 mails of the SpamAssassin corpus, a third of them spam. Which words are in a mail decides; a
// linear model learns how much each word weighs, and can say so. Beside it stands naive Bayes, which
// counts and needs no training. F1 is 0.978 beside 0.957; the run takes 30 seconds on 2 cores. The data
// (20 MB) is fetched when this file first runs.

// %%
import { manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { AdamW } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { accuracyOf, confusionMatrix, confusionText } from './lib/confusion.js';
import { loadMails, wordsOf, type Mail } from './lib/mails.js';
import { barX, plot, ruleX } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { expectScore, isShort, percent, shortOption } from './lib/score.js';
import { shuffled } from './lib/table.js';

const { epochs, seed, ...options } = parseOptions('Tells spam from other mail.', {
  epochs: { type: 'integer', default: 20, min: 1, help: 'passes over the training mails' },
  seed: { type: 'integer', default: 1, min: 0, help: 'the same seed gives the same result' },
  ...shortOption,
});
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Only subject and text count: other headers would give the answer away (mailing lists, hosts). Mails
// that stand there twice are dropped, so that no test mail was seen before. One in five is kept for
// the test.

// %%
const mails = shuffled(loadMails()).map((mail) => ({ ...mail, words: wordsOf(mail.text) }));
const count = Math.floor(0.8 * mails.length);
const [train, test] = [mails.slice(0, count), mails.slice(count)];
const spamShare = mails.filter(({ spam }) => spam).length / mails.length;
console.log(`${mails.length} mails, ${percent(spamShare)} of them spam`);

const found = new Map<string, number>(); // in how many training mails
for (const { words } of train) {
  for (const word of new Set(words)) found.set(word, (found.get(word) ?? 0) + 1);
}
const vocabulary = [...found]
  .sort((a, b) => b[1] - a[1])
  .slice(0, 8000)
  .map(([word]) => word);
const columnOf = new Map(vocabulary.map((word, i) => [word, i]));
const rarity = vocabulary.map((word) => Math.log((1 + count) / (1 + (found.get(word) ?? 0))) + 1);

// %% [markdown]
// ## Words as numbers
//
// A mail becomes a row of the words' TF-IDF (Spärck Jones 1972): $(1 + \log n)$ for a word that
// stands there n times, times its rarity, all scaled to length 1.

// %%
function rowsOf(texts: readonly (readonly string[])[]): Tensor {
  const width = vocabulary.length;
  const values = new Float32Array(texts.length * width);
  texts.forEach((words, i) => {
    const row = values.subarray(i * width, (i + 1) * width);
    for (const word of words) {
      const column = columnOf.get(word);
      if (column !== undefined) row[column] = (row[column] ?? 0) + 1;
    }
    row.forEach((n, j) => (row[j] = n === 0 ? 0 : (1 + Math.log(n)) * (rarity[j] ?? 0)));
    const length = Math.hypot(...row.filter((value) => value > 0)) || 1;
    row.forEach((value, j) => (row[j] = value / length));
  });
  return tensor(values, { shape: [texts.length, width] });
}

// %% [markdown]
// ## Learning

// %%
const model = new nn.Linear(vocabulary.length, 1);
nn.init.zeros(model.weight);
const optimizer = new AdamW(model.parameters(), { lr: 0.03, weightDecay: 0.02 });
const trainX = rowsOf(train.map(({ words }) => words));
const trainY = tensor(Float32Array.from(train, ({ spam }) => (spam ? 1 : 0)));
const passes = isShort(options.short) ? 10 : epochs;
const BATCH = 128;
const progress = startProgress({
  total: passes * Math.floor(count / BATCH) * BATCH,
  unit: 'mails',
});
const positions = Array.from({ length: count }, (_, i) => i);
for (let epoch = 0; epoch < passes; epoch++) {
  const order = shuffled(positions);
  for (let at = 0; at + BATCH <= count; at += BATCH) {
    const batch = tensor(Int32Array.from(order.slice(at, at + BATCH)));
    const scores = model.forward(trainX.indexSelect(0, batch)).squeeze(1);
    const loss = nn.functional.bceWithLogits(scores, trainY.indexSelect(0, batch));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    progress.advance(BATCH, { loss: loss.item() });
  }
}
progress.finish();

// %% [markdown]
// ## Naive Bayes, for comparison
//
// How much likelier each word is in spam, by counting (Laplace's rule for words never seen).

// %%
function naiveBayes(mail: { words: readonly string[] }): boolean {
  return mail.words.reduce((sum, word) => sum + (logRatio.get(word) ?? 0), prior) > 0;
}
const totals = [0, 0];
const counts = new Map(vocabulary.map((word) => [word, [0, 0] as [number, number]]));
for (const { words, spam } of train) {
  for (const word of words) {
    const both = counts.get(word);
    if (both === undefined) continue;
    both[spam ? 1 : 0]++;
    totals[spam ? 1 : 0] = (totals[spam ? 1 : 0] ?? 0) + 1;
  }
}
const share = (n: number, kind: 0 | 1) => (n + 1) / ((totals[kind] ?? 0) + vocabulary.length);
const logRatio = new Map(
  [...counts].map(([word, [ham, spam]]) => [word, Math.log(share(spam, 1) / share(ham, 0))]),
);
const prior = Math.log(spamShare / (1 - spamShare));

// %% [markdown]
// ## The test
//
// F1 is the harmonic mean of precision (how much of what is called spam is spam) and recall (how much
// of the spam is found).

// %%
const f1Of = (answers: readonly boolean[]): number => {
  const both = answers.filter((spam, i) => spam && test[i]?.spam).length;
  const called = answers.filter((spam) => spam).length;
  return (2 * both) / (called + test.filter(({ spam }) => spam).length);
};
const scores = noGrad(() => model.forward(rowsOf(test.map(({ words }) => words)))).dataSync();
const answers = Array.from(scores, (score) => score > 0);
const asClass = (spam: boolean): number => (spam ? 1 : 0);
const confusion = confusionMatrix(
  test.map((mail: Mail) => asClass(mail.spam)),
  answers.map(asClass),
  2,
);
console.log(confusionText(confusion, ['mail', 'spam']));
console.log(`accuracy ${percent(accuracyOf(confusion))}`);

// %% [markdown]
// ## The words that weigh most
//
// An honest look: beside words of advertisement stand those of mailing lists that only one kind went
// through (`spamassassin-sightings`, `zzzzteana`). On other people's mail the filter would do worse.

// %%
const weights = model.weight.dataSync();
const sorted = vocabulary
  .map((word, i) => ({ word, weight: weights[i] ?? 0 }))
  .sort((a, b) => b.weight - a.weight);
plot({
  title: 'Words that speak for spam (right) and against it',
  file: 'spam-filter-words.svg',
  width: 640,
  height: 520,
  marginLeft: 210,
  x: { label: 'weight', grid: true },
  y: {
    label: null,
    domain: [...sorted.slice(0, 15), ...sorted.slice(-15)].map(({ word }) => word),
  },
  marks: [
    barX([...sorted.slice(0, 15), ...sorted.slice(-15)], {
      x: 'weight',
      y: 'word',
      fill: ({ weight }: { weight: number }) => (weight > 0 ? '#f85149' : '#2f81f7'),
    }),
    ruleX([0]),
  ],
});

// %% [markdown]
// ## Mails of one's own

// %%
function isSpam(text: string): boolean {
  return noGrad(() => model.forward(rowsOf([wordsOf(text)]))).item() > 0;
}
const spam =
  'Congratulations! You have won $1,000,000. Click here http://win.example to claim your FREE prize now!';
const ham =
  'Hi Anna, the patch fixes the build on Linux, but two tests fail. Could you have a look before the meeting on Monday?';
console.log({ [spam]: isSpam(spam), [ham]: isSpam(ham) });
if (!isSpam(spam) || isSpam(ham)) throw new Error('the filter is wrong about a mail of one’s own');

expectScore('F1', f1Of(answers), { atLeast: 0.975, baseline: f1Of(test.map(naiveBayes)) });

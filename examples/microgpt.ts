// %% [markdown]
// # A language model of single numbers
//
// A transformer reads words of *Moby Dick* letter by letter and then invents its own. It has no matrices: every product
// and every sum is a node of its own, tens of thousands for one word, and the whole GPT fits on two pages. Based on
// Karpathy's microgpt.

// %%
import {
  compile,
  linalg,
  manualSeed,
  multinomial,
  noGrad,
  oneHot,
  Parameter,
  randn,
  randperm,
  stack,
  tensor,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { Adam, LambdaLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plot, plotLosses, text } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort } from './lib/score.js';
import { meanOf, readData } from './lib/table.js';

const { steps, seed, ...options } = parseOptions('Learns to invent words, number by number.', {
  steps: { type: 'integer', default: 2000, min: 10, help: 'words to learn from' },
  ...commonOptions,
});
const total = isShort(options.short) ? Math.min(steps, 200) : steps;
manualSeed(seed);

// %% [markdown]
// ## The words
//
// A token is a letter; a 27th token marks the start and end of a word. At each position the model predicts the next token.
// Shorter words are padded, and predictions there do not count.

// %%
const [END, TOKENS, LONGEST] = [26, 27, 7];
const book = readData('moby-dick.txt.gz').toLowerCase();
const all = [...new Set(book.match(/\b[a-z]{3,7}\b/g))];
const words = Array.from(randperm(all.length).dataSync(), (i) => all[i] ?? '');
const [train, test] = [words.slice(0, -200), words.slice(-200)];
const encode = (word: string): Int32Array =>
  Int32Array.from({ length: LONGEST + 2 }, (_, i) =>
    i > 0 && i <= word.length ? word.charCodeAt(i - 1) - 97 : END,
  );
console.log(`${words.length} words: ${words.slice(0, 8).join(' ')} …`);

// %% [markdown]
// ## The parameters
//
// Each parameter is a single number, arranged in the rows of what would be matrices.

// %%
const [WIDTH, HEADS] = [8, 2];
type Rows = Tensor[][];
const parameters: Parameter[] = [];
function rows(count: number, length: number): Rows {
  return [...randn([count, length]).mul(0.2)].map((row) =>
    [...row].map((value) => {
      const parameter = new Parameter(value);
      parameters.push(parameter);
      return parameter;
    }),
  );
}
const p = {
  token: rows(TOKENS, WIDTH),
  place: rows(LONGEST + 1, WIDTH),
  query: rows(WIDTH, WIDTH),
  key: rows(WIDTH, WIDTH),
  value: rows(WIDTH, WIDTH),
  mix: rows(WIDTH, WIDTH),
  wide: rows(4 * WIDTH, WIDTH),
  narrow: rows(WIDTH, 4 * WIDTH),
  out: rows(TOKENS, WIDTH),
};
console.log(`${parameters.length} parameters`);

// %% [markdown]
// ## The model
//
// Only sums, products, an exponential, a power and a bend. Each position compares its query with the keys of itself and
// the positions before it, and takes the mean of their values, weighted by how well they match.

// %%
const sum = (xs: Tensor[]): Tensor => xs.reduce((a, b) => a.add(b));
const dot = (xs: Tensor[], ys: Tensor[]): Tensor => sum(xs.map((x, i) => x.mul(ys[i] as Tensor)));
const linear = (x: Tensor[], rows: Rows): Tensor[] => rows.map((row) => dot(row, x));
const plus = (xs: Tensor[], ys: Tensor[]): Tensor[] => xs.map((x, i) => x.add(ys[i] as Tensor));
const softmax = (xs: Tensor[]): Tensor[] => {
  const powers = xs.map((x) => x.exp());
  const all = sum(powers);
  return powers.map((power) => power.div(all));
};
/** Scaled to a mean square of 1. */
const normalized = (xs: Tensor[]): Tensor[] => {
  const scale = dot(xs, xs).div(xs.length).add(1e-5).rsqrt();
  return xs.map((x) => x.mul(scale));
};

/** The scores of the next token at every position; `hot[place]` is 1 for the token at that position, else 0. */
function gpt(hot: Rows): Rows {
  const [keys, values]: [Rows, Rows] = [[], []];
  return hot.map((letter, place) => {
    const embedded = Array.from({ length: WIDTH }, (_, i) =>
      dot(
        letter,
        p.token.map((row) => row[i] as Tensor),
      ),
    );
    let x = normalized(plus(embedded, p.place[place] ?? []));
    const read = normalized(x);
    const query = linear(read, p.query);
    keys.push(linear(read, p.key));
    values.push(linear(read, p.value));
    const heads = Array.from({ length: HEADS }, (_, h) => {
      const part = (xs: Tensor[]): Tensor[] =>
        xs.slice((h * WIDTH) / HEADS, ((h + 1) * WIDTH) / HEADS);
      const fits = keys.map((key) => dot(part(query), part(key)).div(Math.sqrt(WIDTH / HEADS)));
      const weights = softmax(fits);
      return part(query).map((_, i) =>
        dot(
          weights,
          values.map((v) => part(v)[i] as Tensor),
        ),
      );
    });
    x = plus(linear(heads.flat(), p.mix), x);
    const bent = linear(normalized(x), p.wide).map((z) => z.relu());
    return linear(plus(linear(bent, p.narrow), x), p.out);
  });
}

/** How surprised the model is by each letter of a word: minus the logarithm of its predicted probability. */
function surprise(hot: Rows): Tensor {
  const losses = gpt(hot.slice(0, -1)).map((scores, i) => {
    const next = hot[i + 1] as Tensor[];
    const chance = dot(softmax(scores), next);
    // Nothing after the end of the word counts.
    const over = i === 0 ? 0 : (hot[i]?.[END] as Tensor);
    return chance.log().mul(over === 0 ? -1 : over.sub(1));
  });
  const letters = hot.slice(1, -1).map((letter) => (letter[END] as Tensor).mul(-1).add(1));
  return sum(losses).div(sum(letters).add(1));
}

// %% [markdown]
// ## Learning
//
// Forward pass, error, backward pass, update, repeated with one word per step. `compile` builds the graph once.

// %%
const optimizer = new Adam(parameters, { lr: 0.01, betas: [0.85, 0.99] });
const schedule = new LambdaLR(optimizer, { lrLambda: (step) => 1 - step / total });
const digits = (tokens: Tensor): Rows =>
  oneHot(tokens, TOKENS)
    .cast('float32')
    .unbind()
    .map((row) => row.unbind());
const step = compile((tokens: Tensor) => {
  optimizer.zeroGrad();
  const loss = surprise(digits(tokens));
  loss.backward();
  optimizer.step();
  return loss;
});
const losses: number[] = [];
const progress = startProgress({ total, unit: 'words' });
for (let i = 0; i < total; i++) {
  const loss = step(tensor(encode(train[i % train.length] ?? '')));
  schedule.step();
  losses.push(loss.item());
  progress.advance(1, { loss: loss.item() });
}
progress.finish();
plotLosses(losses, 1, 'words', 'microgpt-loss.svg');

// %% [markdown]
// ## Inventing
//
// Letter by letter, sampled from the model's prediction, until it ends the word.

// %%
const chances = compile((tokens: Tensor) =>
  noGrad(() =>
    gpt(digits(tokens).slice(0, -1)).map((scores) => stack(softmax(scores.map((z) => z.div(0.7))))),
  ),
);
function invent(): string {
  let word = '';
  while (word.length < LONGEST) {
    const next = chances(tensor(encode(word)))[word.length] as Tensor;
    const token = multinomial(next, 1).item();
    if (token === END) break;
    word += String.fromCharCode(97 + token);
  }
  return word;
}
console.log(Array.from({ length: 12 }, invent).join(' '));

// %% [markdown]
// ## What it found out about letters
//
// Each letter is a point in 8 dimensions. Seen from the side on which the points lie farthest apart, letters that stand in
// the same places of words are neighbours: after 2,000 words, vowels on one side and consonants on the other.

// %%
const places = stack(p.token.slice(0, END).map((row) => stack(row))).detach();
const { U, S } = linalg.svd(places.sub(places.mean(0)), { fullMatrices: false });
const letters = (U.mul(S).narrow(1, 0, 2).toArray() as [number, number][]).map(([x, y], i) => {
  const letter = String.fromCharCode(97 + i);
  return { x, y, letter, kind: 'aeiou'.includes(letter) ? 'vowel' : 'consonant' };
});
plot({
  title: 'Letters as the model sees them',
  file: 'microgpt-letters.svg',
  height: 420,
  inset: 16,
  color: { domain: ['vowel', 'consonant'], range: ['#e5534b', '#2f81f7'] },
  x: { label: 'first direction' },
  y: { label: 'second direction' },
  marks: [
    text(letters, {
      x: 'x',
      y: 'y',
      text: 'letter',
      fill: 'kind',
      fontSize: 22,
      fontWeight: 'bold',
    }),
  ],
});

// %% [markdown]
// ## The test
//
// How surprised the model is by words it has not seen. The baseline knows how frequent each letter is.

// %%
const counts = new Float64Array(TOKENS).fill(1);
for (const word of train)
  for (const token of encode(word).subarray(1, word.length + 2))
    counts[token] = (counts[token] ?? 0) + 1;
const counted = counts.reduce((a, b) => a + b);
const ask = compile((tokens: Tensor) => noGrad(() => surprise(digits(tokens))));
const byFrequency = (word: string): number =>
  meanOf(
    Array.from(
      encode(word).subarray(1, word.length + 2),
      (t) => -Math.log((counts[t] ?? 1) / counted),
    ),
  );
const baseline = meanOf(test.map(byFrequency));
expectScore('nats per letter', meanOf(test.map((word) => ask(tensor(encode(word))).item())), {
  atMost: baseline,
  baseline,
});

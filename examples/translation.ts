// %% [markdown]
// # From English to French
//
// A transformer (Vaswani et al. 2017) learns to translate the texts of an editor's menus, settings and
// messages: 7,900 pairs from the language packs of Visual Studio Code (MIT licence, see
// `data/README.md`). It has an encoder, which reads the English, and a decoder, which writes French
// piece by piece and looks back at what the encoder made of the words.

// %%
import { arange, manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { AdamW, OneCycleLR } from '@chainrule/optim';
import { beamSearch } from './lib/beamSearch.js';
import { bleu } from './lib/bleu.js';
import { BytePairs, END, PAD, START } from './lib/bytePairs.js';
import { parseOptions } from './lib/cli.js';
import { cell, plot } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { expectScore, isShort, percent, shortOption } from './lib/score.js';
import { readData, shuffled } from './lib/table.js';
import { nearestTranslations } from './lib/translationMemory.js';

const { epochs, lr, beams, seed, ...options } = parseOptions('Learns to translate.', {
  epochs: { type: 'integer', default: 14, min: 1, help: 'passes over the training pairs' },
  lr: { type: 'number', default: 3e-3, min: 0, help: 'highest learning rate' },
  beams: { type: 'integer', default: 4, min: 1, help: 'beginnings kept while translating' },
  seed: { type: 'integer', default: 1, min: 0, help: 'the same seed gives the same result' },
  ...shortOption,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Lower-cased pairs of 3 to 16 words; an English text is either learnt from or tested on, never both.
// Many texts follow one pattern, so that the test is a kind one: the baseline, which looks up the most
// similar English text and gives its translation, shows how kind. Words are cut into 2,000 pieces,
// which both languages share.

// %%
const lines = readData('vscode-en-fr.tsv.gz').trim().toLowerCase().split('\n');
const pairs = shuffled([...new Map(lines.map((line) => line.split('\t') as [string, string]))]);
const [test, train] = [pairs.slice(0, 500), pairs.slice(500)];
const pieces = BytePairs.train(train.flat(), short ? 1000 : 2000);
console.log(
  pieces
    .encode(test[0]?.[0] ?? '')
    .map((id) => pieces.pieces[id])
    .join(' '),
);

const LENGTH = 32;
const encoded = train
  .map(
    ([en, fr]) =>
      [
        [...pieces.encode(en), END],
        [START, ...pieces.encode(fr), END],
      ] as const,
  )
  .filter(([en, fr]) => en.length <= LENGTH && fr.length <= LENGTH + 1)
  .sort(([, a], [, b]) => a.length - b.length); // pairs of like lengths make a batch

/** Sequences as rows, padded to a common length; few different lengths mean few plans to make. */
function rowsOf(sequences: readonly (readonly number[])[], multiple = 8): Tensor {
  const longest = Math.max(...sequences.map(({ length }) => length));
  const width = Math.ceil(longest / multiple) * multiple;
  const ids = new Int32Array(sequences.length * width).fill(PAD);
  sequences.forEach((sequence, row) => ids.set(sequence, row * width));
  return tensor(ids, { shape: [sequences.length, width] });
}

// %% [markdown]
// ## The model
//
// One embedding serves both languages and, transposed, the output: a piece that is likely next is one
// whose embedding the decoder points at.

// %%
const WIDTH = short ? 64 : 128;
class Translator extends nn.Module {
  embedding = new nn.Embedding(pieces.pieces.length, WIDTH);
  position = new nn.Embedding(LENGTH + 8, WIDTH);
  dropout = new nn.Dropout(0.1);
  transformer = new nn.Transformer({
    dModel: WIDTH,
    nhead: 4,
    numEncoderLayers: 2,
    numDecoderLayers: 2,
    dimFeedforward: 4 * WIDTH,
    normFirst: true,
    batchFirst: true,
  });

  embed(ids: Tensor): Tensor {
    const places = this.position.forward(arange(ids.shape[1] ?? 0));
    return this.dropout.forward(this.embedding.forward(ids).mul(Math.sqrt(WIDTH)).add(places));
  }
  read(en: Tensor): Tensor {
    return this.transformer.encoder.forward(this.embed(en), { srcKeyPaddingMask: en.eq(PAD) });
  }
  /** The logits of the next piece after each of `fr`: `[batch, time, pieces]`. */
  write(en: Tensor, memory: Tensor, fr: Tensor): Tensor {
    const call = { tgtIsCausal: true, memoryKeyPaddingMask: en.eq(PAD) };
    const state = this.transformer.decoder.forward(this.embed(fr), memory, call);
    return nn.functional.linear(state, this.embedding.weight);
  }
  forward(en: Tensor, fr: Tensor): Tensor {
    return this.write(en, this.read(en), fr);
  }
}
const model = new Translator();
nn.init.normal(model.embedding.weight, { std: WIDTH ** -0.5 });
nn.init.normal(model.position.weight, { std: WIDTH ** -0.5 });
console.log(`${model.numParameters()} parameters`);

// %% [markdown]
// ## Learning
//
// The decoder sees the true French up to each place and is asked for the next piece; label smoothing
// keeps it from being too sure.

// %%
const BATCH = short ? 32 : 64;
const passes = short ? 3 : epochs;
const batches = Array.from({ length: Math.floor(encoded.length / BATCH) }, (_, i) =>
  encoded.slice(i * BATCH, (i + 1) * BATCH),
);
const optimizer = new AdamW(model.parameters(), { lr, betas: [0.9, 0.98], weightDecay: 0.01 });
const schedule = new OneCycleLR(optimizer, {
  maxLr: short ? 5e-3 : lr,
  totalSteps: passes * batches.length,
  pctStart: 0.1,
});
const progress = startProgress({ total: passes * batches.length * BATCH, unit: 'pairs' });
for (let epoch = 0; epoch < passes; epoch++) {
  for (const batch of shuffled(batches)) {
    const en = rowsOf(batch.map(([source]) => source));
    const given = rowsOf(batch.map(([, target]) => target.slice(0, -1)));
    const next = rowsOf(batch.map(([, target]) => target.slice(1)));
    const logits = model.forward(en, given).flatten(0, 1);
    const loss = nn.functional.crossEntropy(logits, next.flatten(), {
      ignoreIndex: PAD,
      labelSmoothing: 0.1,
    });
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    schedule.step();
    progress.advance(BATCH, { loss: loss.item() });
  }
}
progress.finish();

// %% [markdown]
// ## Translating
//
// Beam search keeps the likeliest beginnings and grows them piece by piece. All beams are rows of one
// tensor, padded to few lengths; what follows a place cannot change it.

// %%
model.eval();
function translate(texts: readonly string[], width = beams): string[] {
  const en = rowsOf(texts.map((text) => [...pieces.encode(text), END].slice(0, LENGTH)));
  const memory = noGrad(() => model.read(en));
  const options = { beams: width, maxLength: LENGTH, start: START, end: END };
  const next = (rows: readonly { input: number; pieces: readonly number[] }[]): Tensor =>
    noGrad(() => {
      const used = tensor(Int32Array.from(rows, ({ input }) => input));
      const given = rowsOf(rows.map((row) => row.pieces));
      const logits = model.write(en.indexSelect(0, used), memory.indexSelect(0, used), given);
      return logits.at(':', (rows[0]?.pieces.length ?? 1) - 1).logSoftmax(-1);
    });
  return beamSearch(texts.length, next, options).map((ids) => pieces.decode(ids));
}

const asked = test.slice(0, short ? 100 : 500).sort(([a], [b]) => a.length - b.length);
const sources = asked.map(([en]) => en);
const references = asked.map(([, fr]) => fr);
const translations: string[] = [];
for (let at = 0; at < asked.length; at += 50) {
  translations.push(...translate(sources.slice(at, at + 50), short ? 1 : beams));
}
for (const at of [0.1, 0.3, 0.5, 0.7, 0.9].map((share) => Math.floor(share * asked.length))) {
  console.log(`\n  ${sources[at]}\n→ ${translations[at]}\n= ${references[at]}`);
}

// %% [markdown]
// ## Where the decoder looks
//
// Each row is a piece of French that was written, each column one of English that was read; the darker,
// the more the last layer looked there.

// %%
const english = sources[Math.floor(asked.length / 3)] ?? '';
const en = rowsOf([[...pieces.encode(english), END]], 1);
const fr = rowsOf([[START, ...pieces.encode(translations[sources.indexOf(english)] ?? '')]], 1);
const attention = model.transformer.decoder.layers.at(-1).multiheadAttn;
let asking: readonly unknown[] = [];
const remove = attention.registerForwardPreHook((_, args) => void (asking = args));
noGrad(() => model.forward(en, fr));
remove();
const [query, key] = asking as [Tensor, Tensor];
const weights = noGrad(() => attention.forward(query, key, key)[1])?.at(0);
const read = Array.from(en.dataSync(), (id, i) => `${i} ${pieces.pieces[id]}`);
const written = Array.from(fr.dataSync(), (id, i) => `${i} ${pieces.pieces[id]}`).slice(1);
const looks = written.flatMap((row, i) =>
  read.map((column, j) => ({ row, column, weight: weights?.at(i, j).item() ?? 0 })),
);
plot({
  title: 'What the decoder looks at',
  file: 'translation-attention.svg',
  width: 120 + 44 * read.length,
  height: 90 + 24 * written.length,
  marginLeft: 110,
  marginBottom: 60,
  x: {
    label: null,
    domain: read,
    tickRotate: -30,
    tickFormat: (name: string) => name.split(' ')[1],
  },
  y: { label: null, domain: written, tickFormat: (name: string) => name.split(' ')[1] },
  marks: [
    cell(looks, { x: 'column', y: 'row', fill: '#2f81f7', fillOpacity: 'weight', inset: 0.5 }),
  ],
});

// %% [markdown]
// ## The score
//
// BLEU counts the sequences of one to four words that stand in the reference too. After 14 epochs (8
// minutes on 2 cores) it is 36.3, as good as looking up the most similar text (36.8), and 15 % of the
// translations are the reference to the letter.

// %%
const memory = bleu(nearestTranslations(train, sources), references);
const exact = translations.filter((text, i) => text === references[i]).length / asked.length;
console.log(`${percent(exact)} of the translations are the reference to the letter`);
expectScore('BLEU', bleu(translations, references), { atLeast: short ? 5 : 34, baseline: memory });

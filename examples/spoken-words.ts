// %% [markdown]
// # Spoken words: what a mouth does to a tone
//
// A vowel is a buzz from the throat whose overtones the mouth makes louder or softer. The frequencies where they are
// loudest, the *formants*, tell an *ee* from an *ah*, whoever speaks and at whatever pitch. Here synthetic voices built on
// these rules speak eight short words, each a glide from one vowel to another. A network learns to recognise them in noise,
// from voices it has never heard.

// %%
import {
  arange,
  cat,
  cdist,
  compile,
  evaluate,
  manualSeed,
  minimum,
  noGrad,
  rand,
  randint,
  randn,
  randperm,
  signal,
  stack,
  stft,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { confusionMatrix } from './lib/confusion.js';
import { imageGrid } from './lib/images.js';
import { showSvg } from './lib/plot.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';

const { epochs, seed, ...options } = parseOptions('Recognises spoken words in noise.', {
  epochs: { type: 'integer', default: 12, min: 1, help: 'passes over the words' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The voices
//
// Each vowel has three formants in Hz (after Peterson and Barney, 1952). A voice has a pitch and a throat length, which
// scales all formants. A word glides from its first vowel to its second, starts at a random time and takes 0.3 to 0.5 s.
// The loudness of an overtone at f Hz is the product of $1 / \sqrt{(1 - f^2/F^2)^2 + (B f / F^2)^2}$ over the formants F
// with bandwidths B.

// %%
const RATE = 8000;
const SAMPLES = 4800;
const VOWELS = {
  ee: [270, 2290, 3010],
  ah: [730, 1090, 2440],
  oo: [300, 870, 2240],
  eh: [530, 1840, 2480],
} as const;
const WORDS = [
  ['ee', 'ah'],
  ['ah', 'ee'],
  ['oo', 'ah'],
  ['ah', 'oo'],
  ['oo', 'ee'],
  ['ee', 'oo'],
  ['eh', 'oo'],
  ['oo', 'eh'],
] as const;
const between = (low: number, high: number, n: number): Tensor =>
  rand([n, 1])
    .mul(high - low)
    .add(low);
const vowelsOf = (place: 0 | 1): Tensor => tensor(WORDS.map((word) => VOWELS[word[place]]));
const [starts, ends] = [vowelsOf(0), vowelsOf(1)];

/** `n` recordings `[n, samples]` by as many voices, with throat lengths in the range `throat`, and their words. */
function speak(n: number, throat: readonly [number, number]): { sounds: Tensor; words: Tensor } {
  const words = randint(0, WORDS.length, [n]);
  const time = arange(SAMPLES).div(RATE).reshape([1, SAMPLES]);
  const [begin, length] = [between(0.02, 0.1, n), between(0.3, 0.5, n)];
  const progress = time.sub(begin).div(length);
  // From silence to silence, in 30 ms.
  const loudness = minimum(progress, progress.neg().add(1)).mul(length).div(0.03).clamp(0, 1);
  const pitch = between(90, 260, n).mul(progress.mul(between(-0.3, 0.1, n)).add(1));
  const phase = pitch.mul((2 * Math.PI) / RATE).cumsum(1);
  const glide = progress.sub(0.5).mul(6).sigmoid();
  const scale = between(...throat, n);
  const formants = [0, 1, 2].map((i) => {
    const [from, to] = [starts, ends].map((f) => f.at(':', i).indexSelect(0, words).unsqueeze(1));
    return (from as Tensor).lerp(to as Tensor, glide).mul(scale);
  });
  let sounds = randn([n, SAMPLES]).mul(between(0.1, 1.5, n));
  for (let k = 1; k <= 40; k++) {
    const f = pitch.mul(k);
    let gain = f.lt(RATE / 2).div(k);
    for (const [i, F] of formants.entries()) {
      const ratio = f.div(F).square();
      const width = f.mul(60 + 40 * i).div(F.square());
      gain = gain.mul(ratio.neg().add(1).square().add(width.square()).rsqrt());
    }
    sounds = sounds.add(phase.mul(k).sin().mul(gain).mul(loudness));
  }
  return { sounds, words };
}
const record = (count: number, throat: readonly [number, number]) => {
  const parts = Array.from({ length: Math.ceil(count / 80) }, () => {
    const { sounds, words } = speak(80, throat);
    const part = { inputs: mfcc(sounds), sounds, words };
    evaluate(part.inputs, part.sounds);
    return part;
  });
  return {
    inputs: cat(parts.map((p) => p.inputs)),
    words: cat(parts.map((p) => p.words)),
    /** Of the first recordings. */
    sounds: parts[0]?.sounds as Tensor,
  };
};

// %% [markdown]
// ## What an ear hears
//
// A short-time Fourier transform measures how loud each frequency is in windows of 32 ms. Ears distinguish low frequencies
// better than high ones: on the *mel* scale, $2595 \log_{10}(1 + f/700)$, equal steps sound alike, so the frequencies are
// summed over triangles of equal width on that scale. Loudness is perceived logarithmically. A cosine transform of the
// logarithms, the *cepstrum*, describes the shape of the mouth in its first numbers and the pitch in its later ones, which
// are dropped. The result is the mel-frequency cepstral coefficients (Davis and Mermelstein, 1980).

// %%
const [WINDOW, FILTERS, COEFFICIENTS] = [256, 26, 13];

/** Triangles on the mel scale: `[frequencies, filters]`. */
function melFilters(frequencies: number, filters: number): Tensor {
  const top = 2595 * Math.log10(1 + RATE / 2 / 700);
  const corners = arange(filters + 2)
    .mul(top / (filters + 1) / 2595)
    .mul(Math.LN10)
    .expm1()
    .mul(700);
  const f = arange(frequencies)
    .mul(RATE / 2 / (frequencies - 1))
    .unsqueeze(1);
  const [left, middle, right] = [0, 1, 2].map((i) => corners.narrow(0, i, filters)) as [Tensor, Tensor, Tensor]; // prettier-ignore
  const rise = f.sub(left).div(middle.sub(left));
  const fall = right.sub(f).div(right.sub(middle));
  return minimum(rise, fall).clamp(0);
}

/** The first rows of the discrete cosine transform: `[filters, coefficients]`. */
function cosines(filters: number, coefficients: number): Tensor {
  const place = arange(filters).add(0.5).unsqueeze(1);
  return place
    .mul(arange(coefficients).mul(Math.PI / filters))
    .cos()
    .mul(Math.sqrt(2 / filters));
}

const [mel, dct] = [melFilters(WINDOW / 2 + 1, FILTERS), cosines(FILTERS, COEFFICIENTS)];
const window = signal.windows.hann(WINDOW, { sym: false });

/** The loudness in each mel filter over time: `[n, time, filters]`. */
function melSpectrum(sounds: Tensor): Tensor {
  const { real, imag } = stft(sounds, WINDOW, { hopLength: 80, window });
  return real.square().add(imag.square()).mT.matmul(mel).add(1e-4).log();
}

/** Mel-frequency cepstral coefficients: `[n, coefficients, time]`. */
function mfcc(sounds: Tensor): Tensor {
  return melSpectrum(sounds).matmul(dct).mT;
}

// %% [markdown]
// The test voices differ from the training voices: their throat lengths lie between the short and the long ones.

// %%
const train = record(short ? 320 : 1200, [0.85, 0.97]);
const others = record(short ? 320 : 1200, [1.03, 1.2]);
const test = record(short ? 400 : 800, [0.97, 1.03]);
const inputs = cat([train.inputs, others.inputs]);
const words = cat([train.words, others.words]);
const [count] = inputs.shape as [number, number, number];
console.log(`${count} words to learn from, ${test.words.size} by other voices for the test`);

// %% [markdown]
// One recording of each word: time from left to right, low frequencies at the bottom, loud is bright. A word and its
// reverse have the same colours in another order.

// %%
const heard = melSpectrum(test.sounds).mT.flip(1); // [recordings, filters, time], high filters first
const [, height = 0, width = 0] = heard.shape;
const spoken = [...test.words.dataSync()];
const pictures = WORDS.map((word, i) => {
  const loudness = heard.at(spoken.indexOf(i));
  const range = loudness.amax().sub(loudness.amin());
  const bright = loudness.sub(loudness.amin()).div(range).mul(255);
  return { pixels: Uint8Array.from(bright.dataSync()), caption: word.join('-') };
});
showSvg(
  imageGrid(pictures, { width, height, columns: 4, scale: 3 }),
  'one recording of each word',
  'spoken-words-spectra.svg',
);

// %% [markdown]
// ## The network
//
// Convolutions along time see how sounds change, and the mean over each quarter of the recording says when: a word
// spoken backwards is a different word.

// %%
class Listener extends nn.Module {
  layers = new nn.Sequential(
    new nn.BatchNorm1d(COEFFICIENTS),
    new nn.Conv1d(COEFFICIENTS, 32, 5, { stride: 2 }),
    new nn.ReLU(),
    new nn.Conv1d(32, 32, 5, { stride: 2 }),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool1d(4),
    new nn.Flatten(),
    new nn.Dropout(0.2),
    new nn.Linear(4 * 32, WORDS.length),
  );

  /** The scores of all words, `[n, words]`. */
  override forward(coefficients: Tensor): Tensor {
    return this.layers.forward(coefficients);
  }
}
const model = new Listener();
const optimizer = new Adam(model.parameters(), { lr: 3e-3 });
const step = compile((x: Tensor, word: Tensor): Tensor => {
  optimizer.zeroGrad();
  const loss = nn.functional.crossEntropy(model.forward(x), word);
  loss.backward();
  optimizer.step();
  return loss;
});

const BATCH = 32;
const progress = startProgress({ total: epochs * count, unit: 'words' });
for (let epoch = 0; epoch < epochs; epoch++) {
  const order = randperm(count);
  for (let at = 0; at + BATCH <= count; at += BATCH) {
    const chosen = order.narrow(0, at, BATCH);
    const loss = step(inputs.indexSelect(0, chosen), words.indexSelect(0, chosen)).item();
    progress.advance(BATCH, { loss });
  }
}
progress.finish();

// %% [markdown]
// ## The test
//
// The baseline compares the average sound of a recording, apart from its loudness (the first coefficient), with the
// averages of all words. It may tell which vowels there were, but never which came first.

// %%
model.eval();
const said = noGrad(() => model.forward(test.inputs).argmax(1));
const average = (x: Tensor): Tensor => x.narrow(1, 1, COEFFICIENTS - 1).mean(2);
const sounds = average(inputs);
const means = stack(
  WORDS.map((_, word) => {
    const own = words.eq(word).cast('float32').unsqueeze(1);
    return sounds.mul(own).sum(0).div(own.sum());
  }),
);
const nearest = cdist(average(test.inputs), means).argmin(1);
const share = (answer: Tensor): number => answer.eq(test.words).cast('float32').mean().item();
const confused = confusionMatrix(test.words.dataSync(), said.dataSync(), WORDS.length);
WORDS.forEach((word, i) => {
  const [right, all] = [confused[i]?.[i] ?? 0, confused[i]?.reduce((a, b) => a + b) ?? 0];
  console.log(`${word.join('-')}: ${right} of ${all}`);
});
const baseline = share(nearest);
expectScore('right', share(said), {
  atLeast: (1 + baseline) / 2, // at most half its mistakes
  baseline,
  format: percent,
});

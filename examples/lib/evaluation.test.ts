/** @file Tests of the measures that notebooks use: errors, mistakes, words as numbers, groups. */
import { manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attentionOf } from './translation/attention.js';
import { BytePairs, paddedRows } from './translation/bytePairs.js';
import { answersOf, confusionMatrix, f1Of, worstMistakes } from './confusion.js';
import { chunks, meanAbsoluteError, rSquared } from './table.js';
import { translate } from './translation/translate.js';
import { frequentWords, naiveBayes, tfIdf } from './wordCounts.js';

describe('measures', () => {
  it('F1 is the harmonic mean of precision and recall', () => {
    const matrix = confusionMatrix([1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0], 2);
    const [precision, recall] = [3 / 5, 3 / 4];
    expect(f1Of(matrix)).toBeCloseTo((2 * precision * recall) / (precision + recall), 12);
    expect(f1Of(confusionMatrix([1], [0], 2))).toBe(0);
  });

  it('R² is 1 for the truth, 0 for its mean, and below for worse', () => {
    const truth = [1, 2, 6];
    expect(rSquared(truth, truth)).toBe(1);
    expect(rSquared([3, 3, 3], truth)).toBeCloseTo(0, 12);
    expect(rSquared([6, 2, 1], truth)).toBeCloseTo(1 - 50 / 14, 12);
    expect(meanAbsoluteError([1, 3, 3], truth)).toBeCloseTo(4 / 3, 12);
  });

  it('the worst mistakes are those of highest certainty', () => {
    const answers = answersOf(
      tensor(Int32Array.of(0, 1, 1, 0)),
      tensor(Float32Array.of(0.75, 0.5, 1, 0.25)),
    );
    expect(worstMistakes(answers, [1, 0, 1, 1], 2)).toEqual([
      { prediction: 0, certainty: 0.75, position: 0, label: 1 },
      { prediction: 1, certainty: 0.5, position: 1, label: 0 },
    ]);
  });
});

describe('groups', () => {
  it('hold everything once, in order, and are full but for the last', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (things, size) => {
        const groups = chunks(things, size);
        expect(groups.flat()).toEqual(things);
        expect(groups.slice(0, -1).every(({ length }) => length === size)).toBe(true);
        expect(groups.every(({ length }) => length > 0)).toBe(true);
      }),
    );
  });

  it('of pieces are padded at their ends to a common width', () => {
    const rows = paddedRows([[5, 6, 7], [8]], 2);
    expect(rows.shape).toEqual([2, 4]);
    expect([...rows.dataSync()]).toEqual([5, 6, 7, 0, 8, 0, 0, 0]);
  });
});

describe('words as numbers', () => {
  const texts = [['buy', 'now', 'now'], ['see', 'now'], ['buy']];

  it('are counted by texts, the frequent first', () => {
    expect([...frequentWords(texts, 2)]).toEqual([
      ['buy', 2],
      ['now', 2],
    ]);
  });

  it('weigh by how often they stand in a text and how rarely in all', () => {
    const [x = NaN, y = NaN] = [1, (1 + Math.log(2)) * 1].map(
      (n) => n * (Math.log((1 + 3) / (1 + 2)) + 1),
    );
    const rows = tfIdf(frequentWords(texts, 2), 3)([['buy', 'now', 'now', 'never'], []]);
    const length = Math.hypot(x, y);
    const expected = [x / length, y / length, 0, 0];
    rows.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 6));
  });

  it('decide by Bayes’ rule', () => {
    // P(buy | in) = (2 + 1) / (3 + 2), P(buy | out) = (0 + 1) / (2 + 2): odds 2.4; prior odds 1 : 1.
    const decide = naiveBayes(
      [
        ['buy', 'buy', 'now'],
        ['now', 'now'],
      ],
      [true, false],
      ['buy', 'now'],
    );
    expect(decide(['buy'])).toBe(true);
    expect(decide(['now'])).toBe(false);
    expect(decide(['buy', 'now', 'now'])).toBe(false); // 2.4 · (2/5 / (3/4))² = 0.68
    expect(decide(['buy', 'buy', 'now', 'unknown'])).toBe(true); // 2.4² · 0.53 = 3.1
  });
});

describe('translating', () => {
  it('writes what the model finds likeliest for each text', () => {
    const pieces = BytePairs.train(['aa bb', 'aa bb'], 40);
    // A model that repeats what it reads.
    const copying = {
      read: (source: Tensor) => source,
      write: (_: Tensor, memory: Tensor, target: Tensor) => {
        const [batch = 0, time = 0] = target.shape;
        const places = pieces.pieces.length;
        const logits = new Float32Array(batch * time * places);
        for (let b = 0; b < batch; b++)
          for (let t = 0; t < Math.min(time, memory.shape[1] ?? 0); t++)
            logits[(b * time + t) * places + memory.at(b, t).item()] = 9;
        return tensor(logits, { shape: [batch, time, places] });
      },
    };
    const texts = ['aa bb', 'bb', 'bb aa aa'];
    expect(translate(copying, pieces, texts, { beams: 2, maxLength: 8 })).toEqual(texts);
  });

  it('looks with weights that are 1 together, seen from outside', () => {
    manualSeed(0);
    const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true });
    const [query, key] = [randn([1, 3, 8]), randn([1, 5, 8])];
    const weights = attentionOf(layer, () => layer.forward(query, key, key));
    expect(weights.shape).toEqual([3, 5]);
    weights
      .sum(1)
      .dataSync()
      .forEach((sum) => expect(sum).toBeCloseTo(1, 5));
    const [, own] = layer.forward(query, key, key);
    expect(
      weights
        .sub(own?.at(0) ?? NaN)
        .abs()
        .amax()
        .item(),
    ).toBe(0);
  });
});

/** @file Tests of the translation notebook's helpers: pieces of words, BLEU, beam search, the translation memory. */
import { tensor } from '@chainrule/autograd';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch } from './beamSearch.js';
import { bleu, tokenize } from './bleu.js';
import { BytePairs, END, START } from './bytePairs.js';
import { nearestTranslations } from './translationMemory.js';

describe('byte pairs', () => {
  const texts = ['low lower lowest', 'new newer newest', 'low new'];

  it('make pieces of what stands side by side most often', () => {
    const pieces = BytePairs.train(texts, 26);
    expect(pieces.encode('low new').map((id) => pieces.pieces[id])).toEqual(['▁low', '▁new']);
    expect(pieces.pieces).toHaveLength(new Set(pieces.pieces).size);
    expect(pieces.decode([START, ...pieces.encode('lower'), END, ...pieces.encode('new')])).toBe(
      'lower',
    );
  });

  it('give back every text of known letters', () => {
    const pieces = BytePairs.train(texts, 30);
    const word = fc.string({ unit: fc.constantFrom(...'lowernst'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const text = words.join(' ');
        expect(pieces.decode(pieces.encode(text))).toBe(text);
      }),
    );
  });
});

describe('BLEU', () => {
  // The numbers of sacreBLEU 2.6.0: corpus_bleu(translations, [references]).
  const translations = [
    'the cat sat on the mat , 3.5 times',
    'focus sur la recherche précédente',
    'éditeur de différences multis (a-b).',
    'l\'icône n’est pas là: "x" & y',
  ];
  const references = [
    'the cat is on the mat, 3.5 times',
    'focus sur le résultat de la recherche précédent',
    'éditeur de différences multiple (a-b).',
    'l\'icône n\'est pas là : "x" & z',
  ];

  it('equals that of sacreBLEU', () => {
    expect(bleu(translations, references)).toBeCloseTo(52.965701678615595, 8);
    expect(bleu(translations.slice(1, 2), references.slice(1, 2))).toBeCloseTo(
      16.58165975077607,
      8,
    );
    const shuffledWords = ['un trois cinq sept deux neuf'];
    expect(bleu(['un deux trois quatre cinq six'], shuffledWords)).toBeCloseTo(
      11.478744233307168,
      8,
    );
    expect(bleu(references, references)).toBeCloseTo(100, 8);
    expect(bleu(['rien'], ['tout'])).toBe(0);
  });

  it('keeps numbers whole and parts punctuation', () => {
    expect(tokenize('Costs 1,000.50, (really)!')).toEqual([
      'Costs',
      '1,000.50',
      ',',
      '(',
      'really',
      ')',
      '!',
    ]);
  });
});

describe('beam search', () => {
  // After 0, piece 2 is more likely than 3, but everything after 2 is unlikely: a greedy search misses the best sequence.
  const next: Record<string, number[]> = {
    '0': [0, 0, 0.6, 0.4],
    '0 2': [0, 0.3, 0.35, 0.35],
    '0 3': [0, 0.9, 0.05, 0.05],
  };
  const model = (beams: readonly { pieces: readonly number[] }[]) =>
    tensor(beams.map(({ pieces }) => next[pieces.join(' ')] ?? [0, 1, 0, 0])).log();
  const options = { maxLength: 5, start: 0, end: 1, lengthPower: 0 };

  it('finds what greed misses', () => {
    expect(beamSearch(1, model, { ...options, beams: 1 })).toEqual([[2, 2]]);
    expect(beamSearch(2, model, { ...options, beams: 3 })).toEqual([[3], [3]]);
  });
});

it('the memory gives the translation of the most similar text', () => {
  const train = [
    ['open the file', 'ouvrir le fichier'],
    ['close the window', 'fermer la fenêtre'],
  ] as const;
  expect(nearestTranslations(train, ['close all windows of the window'])).toEqual([
    'fermer la fenêtre',
  ]);
});

/** @file Byte-pair encoding (Sennrich, Haddow & Birch 2016): words in pieces, learnt from text. Letters stand for bytes here. */

import { tensor, type Tensor } from '@chainrule/autograd';

/** What is no piece of text. */
export const PAD = 0;
export const START = 1;
export const END = 2;
const UNKNOWN = 3;
const SPECIAL = ['<pad>', '<start>', '<end>', '<?>'];

/** Begins a word that has a space before it. */
const SPACE = '▁';

/** Pieces of words: frequent words are one piece, rare ones several, down to letters. */
export class BytePairs {
  readonly pieces: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;
  private readonly ranks: ReadonlyMap<string, number>;
  private readonly known = new Map<string, readonly number[]>();

  private constructor(letters: readonly string[], merges: readonly (readonly [string, string])[]) {
    this.pieces = [...SPECIAL, ...letters, ...merges.map(([a, b]) => a + b)];
    this.ids = new Map(this.pieces.map((piece, id) => [piece, id]));
    this.ranks = new Map(merges.map(([a, b], rank) => [`${a} ${b}`, rank]));
  }

  /** Starts from letters, and again and again makes one piece of the pair that stands side by side most often. */
  static train(texts: readonly string[], size: number): BytePairs {
    const counts = new Map<string, number>();
    for (const word of texts.flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = Array.from(counts, ([word, count]) => ({ parts: [...word], count }));
    const letters = [...new Set(words.flatMap(({ parts }) => parts))].sort();
    const merges: (readonly [string, string])[] = [];
    while (SPECIAL.length + letters.length + merges.length < size) {
      const pairs = new Map<string, number>();
      for (const { parts, count } of words) {
        for (let i = 1; i < parts.length; i++) {
          const pair = `${parts[i - 1]} ${parts[i]}`;
          pairs.set(pair, (pairs.get(pair) ?? 0) + count);
        }
      }
      let best = '';
      let most = 1; // a pair that stands there once is not worth a piece
      for (const [pair, count] of pairs) if (count > most) [best, most] = [pair, count];
      if (best === '') break;
      const [a = '', b = ''] = best.split(' ');
      merges.push([a, b]);
      for (const word of words) word.parts = merge(word.parts, a, b);
    }
    return new BytePairs(letters, merges);
  }

  encode(text: string): number[] {
    return wordsOf(text).flatMap((word) => {
      const ids = this.known.get(word) ?? this.encodeWord(word);
      this.known.set(word, ids);
      return ids;
    });
  }

  private encodeWord(word: string): number[] {
    let parts = [...word];
    for (;;) {
      let best = Infinity;
      let at = 0;
      for (let i = 1; i < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i - 1]} ${parts[i]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (best === Infinity) return parts.map((part) => this.ids.get(part) ?? UNKNOWN);
      parts = merge(parts, parts[at - 1] ?? '', parts[at] ?? '');
    }
  }

  /** The text of these pieces, up to the end if it is among them. */
  decode(ids: readonly number[]): string {
    const end = ids.indexOf(END);
    const texts = (end < 0 ? ids : ids.slice(0, end)).map((id) =>
      id === PAD || id === START ? '' : (this.pieces[id] ?? ''),
    );
    return texts.join('').replaceAll(SPACE, ' ').trim();
  }
}

/**
 * Sequences as rows of one tensor, int32, padded at their ends to the next multiple of `multiple`: few different widths
 * mean few plans to make.
 */
export function paddedRows(sequences: readonly (readonly number[])[], multiple = 8): Tensor {
  const longest = Math.max(...sequences.map(({ length }) => length));
  const width = Math.ceil(longest / multiple) * multiple;
  const ids = new Int32Array(sequences.length * width).fill(PAD);
  sequences.forEach((sequence, row) => ids.set(sequence, row * width));
  return tensor(ids, { shape: [sequences.length, width] });
}

function wordsOf(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => SPACE + word);
}

function merge(parts: readonly string[], a: string, b: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const both = parts[i] === a && parts[i + 1] === b;
    result.push(both ? a + b : (parts[i] ?? ''));
    if (both) i++;
  }
  return result;
}

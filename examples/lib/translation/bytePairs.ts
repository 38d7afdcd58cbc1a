/**
 * @file Byte-pair encoding (Sennrich, Haddow & Birch 2016): splits words into pieces learned from text. It uses letters
 * instead of bytes.
 */

import { tensor, type Tensor } from '@chainrule/autograd';

/** Special ids that are not pieces of text. */
export const PAD = 0;
export const START = 1;
export const END = 2;
const UNKNOWN = 3;
const SPECIAL = ['<pad>', '<start>', '<end>', '<?>'];

/** Marks the start of a word that has a space before it. */
const SPACE = '▁';

/** Pieces of words: a frequent word is one piece, a rare one several, down to letters. */
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

  /** Starts with letters, and repeatedly merges the most frequent pair of adjacent pieces into one. */
  static train(texts: readonly string[], size: number): BytePairs {
    const counts = new Map<string, number>();
    for (const word of texts.flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = Array.from(counts, ([word, count]) => ({ parts: [...word], count }));
    const letters = [...new Set(words.flatMap(({ parts }) => parts))].sort();
    const merges: (readonly [string, string])[] = [];
    const pairs = new Pairs(words);
    while (SPECIAL.length + letters.length + merges.length < size) {
      const best = pairs.mostFrequent();
      if (best === null) break;
      const [a = '', b = ''] = best.split(' ');
      merges.push([a, b]);
      pairs.join(best, a, b);
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

  /** The text of pieces, up to the end piece if there is one. */
  decode(ids: readonly number[]): string {
    const end = ids.indexOf(END);
    const texts = (end < 0 ? ids : ids.slice(0, end)).map((id) =>
      id === PAD || id === START ? '' : (this.pieces[id] ?? ''),
    );
    return texts.join('').replaceAll(SPACE, ' ').trim();
  }
}

interface Word {
  parts: string[];
  readonly count: number;
}

const pairsOf = ({ parts }: Word): string[] =>
  parts.slice(1).map((part, i) => `${parts[i]} ${part}`);

/** The counts of adjacent pairs, and the words that contain each: a merge changes only the counts in these words. */
class Pairs {
  private readonly found = new Map<string, { count: number; readonly words: Set<Word> }>();
  private readonly words: readonly Word[];

  constructor(words: readonly Word[]) {
    this.words = words;
    for (const word of words) this.add(word, 1);
  }

  /** The first of the most frequent pairs; null if none occurs twice, which is not worth a piece. */
  mostFrequent(): string | null {
    let most = 2;
    for (const { count } of this.found.values()) most = Math.max(most, count);
    for (const word of this.words) {
      const first = pairsOf(word).find((pair) => this.found.get(pair)?.count === most);
      if (first !== undefined) return first;
    }
    return null;
  }

  /** Merges `a` and `b` into one part wherever they are this pair. */
  join(pair: string, a: string, b: string): void {
    for (const word of this.found.get(pair)?.words ?? []) {
      this.add(word, -1);
      word.parts = merge(word.parts, a, b);
      this.add(word, 1);
    }
    this.found.delete(pair);
  }

  private add(word: Word, sign: 1 | -1): void {
    for (const pair of pairsOf(word)) {
      const known = this.found.get(pair) ?? { count: 0, words: new Set<Word>() };
      known.count += sign * word.count;
      if (sign > 0) known.words.add(word);
      this.found.set(pair, known);
    }
  }
}

/**
 * Sequences as rows of one int32 tensor, padded at the end to the next multiple of `multiple`: fewer widths mean fewer plans.
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

/** @file Text for language models: letters as numbers, windows that continue where the last one ended, counted baselines. */
import { randint, tensor, type Tensor } from '@chainrule/autograd';

/** The distinct letters of a text, numbered in the order of their codes. */
export class Alphabet {
  readonly letters: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.letters = [...new Set(text)].sort();
    this.ids = new Map(this.letters.map((letter, id) => [letter, id]));
  }

  get size(): number {
    return this.letters.length;
  }

  /** @throws {RangeError} for a letter that is not in the alphabet. */
  encode(text: string): Int32Array {
    return Int32Array.from(text, (letter) => {
      const id = this.ids.get(letter);
      if (id === undefined) throw new RangeError(`the letter '${letter}' is not in the alphabet`);
      return id;
    });
  }

  decode(codes: Iterable<number>): string {
    return Array.from(codes, (id) => this.letters[id] ?? '').join('');
  }
}

/** Letters `x` of several strands, and the letters `y` that follow them: `[strands, length]`. */
export interface TextWindow {
  readonly x: Tensor;
  readonly y: Tensor;
  /** Whether the strands begin in this window. */
  readonly first: boolean;
}

/**
 * A text as `count` strands that are read side by side, `length` letters of each at a time. Each window begins where the last
 * one ended, so that a network's state can continue; the rest at the end is dropped.
 */
export function* windows(
  codes: Int32Array,
  count: number,
  length: number,
): Generator<TextWindow, void> {
  const strand = Math.floor((codes.length - 1) / count);
  const cut = (from: number): Tensor => {
    const values = new Int32Array(count * length);
    for (let k = 0; k < count; k++) {
      const at = k * strand + from;
      values.set(codes.subarray(at, at + length), k * length);
    }
    return tensor(values, { shape: [count, length] });
  };
  for (let from = 0; from + length <= strand; from += length)
    yield { x: cut(from), y: cut(from + 1), first: from === 0 };
}

/** {@link windows} without end: it reads the text again and again, each time from another letter on (see `manualSeed`). */
export function* reading(
  codes: Int32Array,
  count: number,
  length: number,
): Generator<TextWindow, never> {
  for (;;) yield* windows(codes.subarray(randint(0, length, []).item()), count, length);
}

/** The count that is added for every letter, so that unseen ones have a probability. */
const PRIOR = 0.1;

/**
 * The mean surprise `-ln p` at the letters of `test`, in nats, where `p` is the frequency of a letter in `train`: overall, or
 * with `order` 1 after the letter before it.
 */
export function countedSurprise(
  train: Int32Array,
  test: Int32Array,
  letters: number,
  order: 0 | 1,
): number {
  const counts = new Float64Array(letters * letters).fill(PRIOR);
  const totals = new Float64Array(letters).fill(PRIOR * letters);
  const before = (codes: Int32Array, i: number): number => (order === 0 ? 0 : (codes[i - 1] ?? 0));
  train.forEach((code, i) => {
    const row = before(train, i);
    counts[row * letters + code] = (counts[row * letters + code] ?? 0) + 1;
    totals[row] = (totals[row] ?? 0) + 1;
  });
  let sum = 0;
  test.forEach((code, i) => {
    const row = before(test, i);
    sum -= Math.log((counts[row * letters + code] ?? 0) / (totals[row] ?? 0));
  });
  return sum / test.length;
}

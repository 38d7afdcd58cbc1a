/** @file Texts as rows of numbers for linear models, and naive Bayes, a model that only counts. */
import { tensor, type Tensor } from '@chainrule/autograd';

type Words = readonly string[];

/** The words that occur in the most texts, most frequent first, and the number of texts with each. */
export function frequentWords(texts: readonly Words[], size: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const words of texts)
    for (const word of new Set(words)) found.set(word, (found.get(word) ?? 0) + 1);
  return new Map([...found].sort((a, b) => b[1] - a[1]).slice(0, size));
}

/**
 * A row of numbers for each text, one per word of the vocabulary (Spärck Jones 1972): `(1 + log n) · rarity` for a word that
 * occurs n times, and the row scaled to length 1. Rarity is `log((1 + texts) / (1 + texts with the word)) + 1`.
 *
 * @param found The number of texts, out of `count`, with each word; see {@link frequentWords}.
 */
export function tfIdf(found: ReadonlyMap<string, number>, count: number) {
  const columns = new Map(Array.from(found.keys(), (word, column) => [word, column]));
  const rarity = Array.from(found.values(), (n) => Math.log((1 + count) / (1 + n)) + 1);
  return (texts: readonly Words[]): Tensor => {
    const values = new Float32Array(texts.length * columns.size);
    texts.forEach((words, i) => {
      const row = values.subarray(i * columns.size, (i + 1) * columns.size);
      for (const word of words) {
        const column = columns.get(word);
        if (column !== undefined) row[column] = (row[column] ?? 0) + 1;
      }
      row.forEach((n, j) => (row[j] = n === 0 ? 0 : (1 + Math.log(n)) * (rarity[j] ?? 0)));
      const length = Math.hypot(...row.filter((value) => value > 0)) || 1;
      row.forEach((value, j) => (row[j] = value / length));
    });
    return tensor(values, { shape: [texts.length, columns.size] });
  };
}

/**
 * Naive Bayes: decides whether a text belongs to the class by how much more likely each of its words is there than elsewhere.
 * Words outside the vocabulary do not count; Laplace smoothing handles words never seen in one class.
 */
export function naiveBayes(
  texts: readonly Words[],
  inClass: readonly boolean[],
  vocabulary: Iterable<string>,
): (words: Words) => boolean {
  const counts = new Map(Array.from(vocabulary, (word) => [word, { inside: 1, outside: 1 }]));
  const totals = { inside: counts.size, outside: counts.size };
  for (const [i, words] of texts.entries()) {
    const side = inClass[i] ? 'inside' : 'outside';
    for (const word of words) {
      const both = counts.get(word);
      if (both === undefined) continue;
      both[side]++;
      totals[side]++;
    }
  }
  const logRatio = new Map(
    Array.from(counts, ([word, { inside, outside }]) => [
      word,
      Math.log(inside / totals.inside / (outside / totals.outside)),
    ]),
  );
  const share = inClass.filter(Boolean).length / texts.length;
  const prior = Math.log(share / (1 - share));
  return (words) => words.reduce((sum, word) => sum + (logRatio.get(word) ?? 0), prior) > 0;
}

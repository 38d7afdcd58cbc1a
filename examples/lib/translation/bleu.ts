/** @file BLEU (Papineni et al. 2002) as sacreBLEU defines it (Post 2018): its tokens (13a), its smoothing (exp). */

const ORDER = 4;

/**
 * The similarity of translations to their references, from 0 to 100: the geometric mean of the fractions of n-grams (n = 1 …
 * 4) that also occur in the reference, reduced if the translations are too short. Equal to `sacrebleu` with its defaults and
 * one reference.
 */
export function bleu(translations: readonly string[], references: readonly string[]): number {
  const matches = new Array<number>(ORDER).fill(0);
  const totals = new Array<number>(ORDER).fill(0);
  let length = 0;
  let wanted = 0;
  translations.forEach((translation, k) => {
    const words = tokenize(translation);
    const truth = tokenize(references[k] ?? '');
    length += words.length;
    wanted += truth.length;
    for (let n = 1; n <= ORDER; n++) {
      const expected = ngrams(truth, n);
      for (const [gram, count] of ngrams(words, n)) {
        matches[n - 1] = (matches[n - 1] ?? 0) + Math.min(count, expected.get(gram) ?? 0);
        totals[n - 1] = (totals[n - 1] ?? 0) + count;
      }
    }
  });
  if (matches.every((count) => count === 0) || totals.includes(0)) return 0;
  let smoothing = 1;
  const logs = matches.map((count, i) => {
    const total = totals[i] ?? 0;
    // Each order without a match counts half as much as the previous one.
    return Math.log(count > 0 ? count / total : 1 / ((smoothing *= 2) * total));
  });
  const brevity = Math.min(0, 1 - wanted / length);
  return 100 * Math.exp(brevity + logs.reduce((sum, log) => sum + log, 0) / ORDER);
}

function ngrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = n; i <= words.length; i++) {
    const gram = words.slice(i - n, i).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** The tokenizer of mteval-v13a. */
export function tokenize(text: string): string[] {
  const plain = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ')
    .split(/\s+/)
    .filter((word) => word !== '');
}

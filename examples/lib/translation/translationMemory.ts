/**
 * @file Translation memory, a classic tool of translators: looks up the pair with the most similar source. A baseline for
 * translation models.
 */

/** For each source, the translation of the training source that shares the largest fraction of its words. */
export function nearestTranslations(
  train: readonly (readonly [source: string, target: string])[],
  sources: readonly string[],
): string[] {
  const known = train.map(([source, target]) => ({ words: new Set(source.split(' ')), target }));
  return sources.map((source) => {
    const words = new Set(source.split(' '));
    let best = '';
    let most = -1;
    for (const { words: others, target } of known) {
      let shared = 0;
      for (const word of words) if (others.has(word)) shared++;
      const likeness = shared / (words.size + others.size - shared); // Jaccard 1901
      if (likeness > most) [most, best] = [likeness, target];
    }
    return best;
  });
}

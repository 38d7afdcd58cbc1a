/** @file Finds the known name that a misspelled one was meant to be. */

/**
 * The name among `known` that is nearest to `given`: equal except for case and underscores (`ignore_index` for `ignoreIndex`),
 * a prefix or an extension (`epsilon` for `eps`), or a few letters off (`keepDims` for `keepdim`); null if none is near.
 */
export function nearest(given: string, known: readonly string[]): string | null {
  const wanted = plain(given);
  let best: string | null = null;
  let least = Math.max(1, Math.round(wanted.length * 0.4)) + 1;
  for (const name of known) {
    const other = plain(name);
    const begins = Math.min(other.length, wanted.length) >= 3 && startAlike(other, wanted);
    const far = begins ? Math.min(1, distance(wanted, other)) : distance(wanted, other);
    if (far < least) [best, least] = [name, far];
  }
  return best;
}

/** Whether one is a prefix of the other: `epsilon`, `eps`. */
function startAlike(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function plain(name: string): string {
  // A name longer than any option is not near one, and not worth a full comparison.
  return name
    .slice(0, 40)
    .replaceAll(/[_\-\s]/g, '')
    .toLowerCase();
}

/** How many letters to insert, remove, replace or swap with their neighbour (the restricted Damerau–Levenshtein distance). */
function distance(a: string, b: string): number {
  // Row i, column j: the distance from the first i letters of a to the first j of b.
  const width = b.length + 1;
  const steps = new Uint8Array((a.length + 1) * width);
  const at = (i: number, j: number): number => steps[i * width + j] as number;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      let least = i === 0 || j === 0 ? i + j : Infinity;
      if (i > 0 && j > 0) {
        const same = a[i - 1] === b[j - 1] ? 0 : 1;
        least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
        const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
        if (swapped) least = Math.min(least, at(i - 2, j - 2) + 1);
      }
      steps[i * width + j] = least;
    }
  }
  return at(a.length, b.length);
}

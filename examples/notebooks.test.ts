/** @file The short forms of the notebooks that need no download: each must reach its scores. */
import { describe, expect, it } from 'vitest';
import { runNotebook } from './lib/runNotebook.js';

describe('notebooks reach their scores', () => {
  // What a notebook requires holds for other sizes, rates and seeds too; as it is, its last score lies within these bounds.
  it.each([
    ['backprop-from-scratch', 2, [90, 100]],
    ['custom-operation', 2, [0, 0.25]],
    ['second-order', 4, [95, 100]],
    ['curve-fit', 3, [0, 0.1]],
    ['distributed', 1, [93, 100]],
    ['tabular-regression', 1, [0, 9]],
    ['translation', 1, [5, 20]],
    ['image-recognition', 1, [80, 100]],
    ['language-model', 1, [0, 1.9]],
    ['training', 2, [78, 100]],
    ['sequences', 2, [90, 100]],
    ['spoken-words', 1, [95, 100]],
    ['vae', 1, [0, 150]],
  ] as const)(
    '%s',
    async (name, scores, [least, most]) => {
      const { code, output } = await runNotebook(name, ['--short']);
      expect(code, output).toBe(0);
      const reached = [...output.matchAll(/: ([-+.e\d]+)( %)?( \(.*\))?, required .*: reached$/gm)];
      expect(reached, output).toHaveLength(scores);
      const last = Number(reached.at(-1)?.[1]);
      expect(last).toBeGreaterThanOrEqual(least);
      expect(last).toBeLessThanOrEqual(most);
    },
    240_000,
  );

  it('a missed score ends a notebook with code 1', async () => {
    const { code, output } = await runNotebook('tabular-regression', ['--short', '--lr', '0']);
    expect(code, output).toBe(1);
    expect(output).toContain('required: at most');
  });
});

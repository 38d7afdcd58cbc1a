/** @file The short forms of the notebooks that need no download: each must reach its scores. */
import { describe, expect, it } from 'vitest';
import { runNotebook } from './lib/runNotebook.js';

describe('notebooks reach their scores', () => {
  it.each([
    ['backprop-from-scratch', 2],
    ['custom-operation', 2],
    ['second-order', 4],
    ['curve-fit', 3],
    ['distributed', 1],
    ['tabular-regression', 1],
    ['translation', 1],
    ['image-recognition', 1],
    ['language-model', 1],
    ['training', 2],
    ['sequences', 2],
    ['spoken-words', 1],
    ['vae', 1],
  ])(
    '%s',
    async (name, scores) => {
      const { code, output } = await runNotebook(name, ['--short']);
      expect(code, output).toBe(0);
      expect(output.match(/: reached$/gm), output).toHaveLength(scores);
    },
    240_000,
  );

  it('a missed score ends a notebook with code 1', async () => {
    const { code, output } = await runNotebook('tabular-regression', ['--short', '--lr', '0']);
    expect(code, output).toBe(1);
    expect(output).toContain('required: at most');
  });
});

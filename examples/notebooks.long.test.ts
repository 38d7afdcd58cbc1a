/** @file The short forms of the notebooks that take longer: `npm run check:long`. */
import { describe, expect, it } from 'vitest';
import { runNotebook } from './lib/runNotebook.js';

describe('notebooks reach their scores', () => {
  it.each([
    ['gpt', 2],
    ['microgpt', 1],
    ['digits', 0],
  ])(
    '%s',
    async (name, scores) => {
      const { code, output } = await runNotebook(name, ['--short']);
      expect(code, output).toBe(0);
      expect(output.match(/: reached$/gm) ?? [], output).toHaveLength(scores);
    },
    600_000,
  );
});

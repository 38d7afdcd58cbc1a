/** @file A picture of how surprising each letter of a text was to a model. */
import { cell, plot, text } from './plot.js';

/** Letters in lines of 50; the redder the background of a letter, the less it was expected. */
export function plotSurprise(
  letters: readonly string[],
  nats: readonly number[],
  file: string,
): string {
  const wide = 50;
  const shown = letters.map((letter, i) => ({
    letter: letter.replace('\n', '↵'),
    nats: nats[i],
    x: i % wide,
    y: Math.floor(i / wide),
  }));
  return plot({
    title: 'Surprise at each letter',
    file,
    width: 720,
    height: 24 + 24 * Math.ceil(letters.length / wide),
    marginTop: 12,
    marginRight: 12,
    marginBottom: 12,
    marginLeft: 12,
    x: { axis: null },
    y: { axis: null },
    color: { type: 'linear', domain: [0, 6], range: ['#f8514900', '#f85149'], clamp: true },
    marks: [
      cell(shown, { x: 'x', y: 'y', fill: 'nats', inset: 0 }),
      text(shown, { x: 'x', y: 'y', text: 'letter', fill: 'currentColor', fontSize: 13 }),
    ],
  });
}

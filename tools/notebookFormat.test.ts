import { expect, test } from 'vitest';
import { type Cell, parseCells, toHtml, toIpynb } from './notebookFormat.js';

const source = `/** @file left out */
// %% [markdown]
// # Title
//
// A < b, *c*.
// %%
const x = 1 < 2;
console.log(x);
`;

function cells(): [Cell, Cell] {
  const [prose, code, ...others] = parseCells(source);
  if (prose === undefined || code === undefined) throw new Error('two cells were expected');
  expect(others).toEqual([]);
  return [prose, code];
}

test('cells are split at the markers, and prose loses its comment marks', () => {
  const [prose, code] = cells();
  expect(prose).toEqual({ kind: 'markdown', source: '# Title\n\nA < b, *c*.', outputs: [] });
  expect(code.kind).toBe('code');
  expect(code.source).toBe('const x = 1 < 2;\nconsole.log(x);');
});

test('a Jupyter notebook holds each kind of output in its own form', () => {
  const [prose, code] = cells();
  code.outputs.push({ mime: 'text/plain', data: 'a\nb\n' });
  code.outputs.push({ mime: 'image/svg+xml', data: '<svg/>' });
  const notebook: unknown = JSON.parse(toIpynb([prose, code]));
  expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
  expect(notebook).toHaveProperty('cells.1.outputs', [
    { output_type: 'stream', name: 'stdout', text: ['a\n', 'b\n'] },
    { output_type: 'display_data', metadata: {}, data: { 'image/svg+xml': ['<svg/>'] } },
  ]);
  // The format knows no outputs of prose.
  expect(notebook).not.toHaveProperty('cells.0.outputs');
});

test('a page renders prose, and escapes code and text but not drawings', () => {
  const [prose, code] = cells();
  code.outputs.push({ mime: 'text/plain', data: '<b>' });
  code.outputs.push({ mime: 'image/svg+xml', data: '<svg/>' });
  const page = toHtml([prose, code], 'a & b');
  for (const part of ['<h1>Title</h1>', '<em>c</em>', '1 &lt; 2', '&lt;b&gt;', '<svg/>']) {
    expect(page).toContain(part);
  }
  expect(page).toContain('<title>a &amp; b</title>');
});

test('formulas are MathML; sums of money and code are not formulas', () => {
  const [prose] = cells();
  prose.source = 'From $x^2$ to $\\frac12\\left(a +\nb\\right)$, for $5 or $ 6 $, `$HOME$`.';
  const page = toHtml([prose], 'math');
  expect(page.match(/<math/g)).toHaveLength(2);
  expect(page).toContain('<mfrac>');
  expect(page).toContain('for $5 or $ 6 $');
  expect(page).toContain('<code>$HOME$</code>');
});

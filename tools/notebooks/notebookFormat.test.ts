import { expect, test } from 'vitest';
import {
  type Cell,
  parseCells,
  summaryOf,
  titleOf,
  toHtml,
  toIndex,
  toIpynb,
} from './notebookFormat.js';

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
    {
      output_type: 'display_data',
      metadata: {},
      // JupyterLab shows the image if it does not trust the SVG.
      data: {
        'image/svg+xml': ['<svg/>'],
        'text/html': ['<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="plot">'],
      },
    },
  ]);
  // In the format, prose has no outputs.
  expect(notebook).not.toHaveProperty('cells.0.outputs');
});

test('a page renders prose, and escapes code and text but not drawings', () => {
  const [prose, code] = cells();
  code.outputs.push({ mime: 'text/plain', data: '<b>' });
  code.outputs.push({ mime: 'image/svg+xml', data: '<svg/>' });
  const page = toHtml([prose, code], { next: { href: 'b.html', title: 'a & b' } });
  const number = (n: number): string => `<span class="number">${n}</span>`;
  for (const part of [
    '<h1>Title</h1>',
    '<em>c</em>',
    `<span class="keyword">const</span> x = ${number(1)} &lt; ${number(2)};`,
    '&lt;b&gt;',
    '<svg/>',
    '<title>Title</title>',
    '<meta name="viewport"',
    '<a href="b.html">a &amp; b →</a>',
    '<a href="index.html">',
  ])
    expect(page).toContain(part);
});

test('the set-up is folded: in a page, and as a cell of its own in Jupyter', () => {
  const [prose, code] = cells();
  const setUp = [
    "import { a } from 'b';\nimport {\n  c,\n} from 'd';\n",
    "const { epochs, ...options } = parseOptions('Learns.', {\n  epochs: { default: 3 },\n});",
    'const passes = isShort(options.short) ? 1 : epochs;',
    'manualSeed(0); // the same each time',
  ].join('\n');
  code.source = `${setUp}\n\n${code.source}`;
  code.outputs.push({ mime: 'text/plain', data: 'a' });
  const page = toHtml([prose, code]);
  expect(page.match(/<details>/g)).toHaveLength(1);
  expect(page.indexOf('</details>')).toBeLessThan(page.lastIndexOf('&lt;'));
  const notebook: unknown = JSON.parse(toIpynb([prose, code]));
  expect(notebook).toHaveProperty('cells.1.metadata.jupyter.source_hidden', true);
  expect(notebook).toHaveProperty('cells.1.outputs', []);
  expect(notebook).toHaveProperty('cells.1.source', setUp.split(/(?<=\n)/));
  expect(notebook).toHaveProperty('cells.2.source', ['const x = 1 < 2;\n', 'console.log(x);']);
  expect(notebook).toHaveProperty('cells.2.outputs.0.name', 'stdout');
});

test('the index has titles and what notebooks are about', () => {
  const [prose, code] = cells();
  prose.source = '# Title\n\nIt reads\nletters: many. And more.';
  expect(titleOf([prose, code])).toBe('Title');
  expect(summaryOf([prose, code])).toBe('It reads letters.');
  prose.source =
    '# Title\n\nIt reads *Emma* with [one](x.ts) of `two` (Xiao et al. 2017) nets. And more.';
  expect(summaryOf([prose, code])).toBe('It reads Emma with one of two (Xiao et al. 2017) nets.');
  const index = toIndex([{ href: 'a.html', title: 'a < b', summary: 'c' }]);
  expect(index).toContain('<a href="a.html">a &lt; b</a><br>c');
});

test('formulas are MathML; sums of money and code are not formulas', () => {
  const [prose] = cells();
  prose.source = 'From $x^2$ to $\\frac12\\left(a +\nb\\right)$, for $5 or $ 6 $, `$HOME$`.';
  const page = toHtml([prose]);
  expect(page.match(/<math/g)).toHaveLength(2);
  expect(page).toContain('<mfrac>');
  expect(page).toContain('for $5 or $ 6 $');
  expect(page).toContain('<code>$HOME$</code>');
});

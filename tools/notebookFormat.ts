/** @file Cells of a percent-format notebook, read from TypeScript and written as .ipynb and .html. */
import { Marked } from 'marked';
import temml from 'temml';
import type { Output } from '../examples/lib/notebook.js';

export interface Cell {
  kind: 'code' | 'markdown';
  source: string;
  outputs: Output[];
}

/** One cell for each line that starts with `// %%`; what stands before the first is left out. */
export function parseCells(text: string): Cell[] {
  const parts = text.split(/^\/\/ %%/m).slice(1);
  return parts.map((part) => {
    const [head = '', ...lines] = part.split(/\r?\n/);
    const markdown = head.includes('[markdown]');
    const plain = markdown ? lines.map((line) => line.replace(/^\/\/ ?/, '')) : lines;
    return { kind: markdown ? 'markdown' : 'code', source: plain.join('\n').trim(), outputs: [] };
  });
}

/** The Jupyter format, nbformat 4.5. */
export function toIpynb(cells: readonly Cell[]): string {
  const lines = (text: string): string[] => text.split(/(?<=\n)/);
  const output = ({ mime, data }: Output): object =>
    mime === 'text/plain'
      ? { output_type: 'stream', name: 'stdout', text: lines(data) }
      : { output_type: 'display_data', metadata: {}, data: { [mime]: lines(data) } };
  const notebook = {
    cells: cells.map((cell, index) => ({
      cell_type: cell.kind,
      id: `cell-${index}`,
      metadata: {},
      source: lines(cell.source),
      ...(cell.kind === 'code'
        ? { execution_count: null, outputs: cell.outputs.map(output) }
        : undefined),
    })),
    metadata: {
      kernelspec: {
        display_name: 'TypeScript (Chainrule)',
        language: 'typescript',
        name: 'chainrule',
      },
      language_info: { name: 'typescript', file_extension: '.ts' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

const style = `
:root { color-scheme: light dark; --code: #f6f8fa; --line: #ccc }
@media (prefers-color-scheme: dark) {
  :root { --code: #161b22; --line: #444c56 }
  body { color: #e6edf3; background: #0d1117 }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: var(--code); padding: 0.8rem; overflow: auto; font-size: 14px; line-height: 1.4 }
pre.out { background: none; border-left: 3px solid var(--line); white-space: pre-wrap }
table { border-collapse: collapse } td, th { border: 1px solid var(--line); padding: 0.2rem 0.6rem }
svg { max-width: 100%; height: auto }`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escape = (text: string): string => text.replace(/[&<>]/g, (c) => escapes[c] ?? c);

/** Formulas between dollars become MathML, which browsers draw by themselves. */
const markdown = new Marked({
  async: false,
  extensions: [
    {
      name: 'math',
      level: 'inline',
      start: (text) => text.indexOf('$'),
      tokenizer(text) {
        const [raw, formula] = /^\$(?!\s)([^$`]+)(?<!\s)\$(?!\d)/.exec(text) ?? [];
        return raw === undefined ? undefined : { type: 'math', raw, formula };
      },
      renderer: ({ formula }) => temml.renderToString(String(formula)),
    },
  ],
});
const markdownToHtml = (text: string): string => markdown.parse(text) as string;

function outputToHtml({ mime, data }: Output): string {
  if (mime === 'text/plain') return `<pre class="out">${escape(data)}</pre>`;
  return `<div>${mime === 'text/markdown' ? markdownToHtml(data) : data}</div>`;
}

/** One page with everything in it: prose, code, and what the code showed. */
export function toHtml(cells: readonly Cell[], title: string): string {
  const body = cells.map((cell) =>
    cell.kind === 'markdown'
      ? markdownToHtml(cell.source)
      : [`<pre>${escape(cell.source)}</pre>`, ...cell.outputs.map(outputToHtml)].join('\n'),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(title)}</title>
<style>${style}
</style>
${body.join('\n')}
</html>
`;
}

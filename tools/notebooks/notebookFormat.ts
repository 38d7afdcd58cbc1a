/** @file Cells of a percent-format notebook, read from TypeScript and written as .ipynb and .html. */
import { Marked } from 'marked';
import temml from 'temml';
import ts from 'typescript';
import type { Output } from '../../examples/lib/notebook.js';
import { formsOf } from './outputForms.js';

export interface Cell {
  kind: 'code' | 'markdown';
  source: string;
  outputs: Output[];
}

/** The cells: each starts at a line that begins with `// %%`; text before the first is left out. */
export function parseCells(text: string): Cell[] {
  const parts = text.split(/^\/\/ %%/m).slice(1);
  return parts.map((part) => {
    const [head = '', ...lines] = part.split(/\r?\n/);
    const markdown = head.includes('[markdown]');
    const plain = markdown ? lines.map((line) => line.replace(/^\/\/ ?/, '')) : lines;
    return { kind: markdown ? 'markdown' : 'code', source: plain.join('\n').trim(), outputs: [] };
  });
}

/** The first heading: the title of the notebook. */
export function titleOf(cells: readonly Cell[]): string {
  return /^# (.*)$/m.exec(cells.find(({ kind }) => kind === 'markdown')?.source ?? '')?.[1] ?? '';
}

/** The first sentence below the heading, as plain text: the subject of the notebook. */
export function summaryOf(cells: readonly Cell[]): string {
  const [, text = ''] = cells.find(({ kind }) => kind === 'markdown')?.source.split(/\n\n/) ?? [];
  const plain = text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ');
  // The period of "et al." ends no sentence.
  const sentence = /^.*?(?<!\bal)[.:](?=\s|$)/.exec(plain.trim())?.[0];
  return sentence?.replace(/:$/, '.') ?? '';
}

/** A line of set-up: an import, the options of the command line, the seed. */
const SET_UP =
  /^\s*(?:import |(?:const [^;=]+= )?(?:parseOptions|parseShort|isShort|manualSeed|enableWideSimd)\()[^;]*;[^\n]*\n?/;

/** Splits off the set-up at the start of a cell, if it begins with imports. */
function splitSetUp(source: string): [setUp: string, rest: string] {
  let rest = source;
  if (source.startsWith('import '))
    for (let found = SET_UP.exec(rest); found !== null; found = SET_UP.exec(rest))
      rest = rest.slice(found[0].length);
  return [source.slice(0, source.length - rest.length).trim(), rest.trimStart()];
}

/** The Jupyter format, nbformat 4.5. The set-up is a folded cell of its own, so that a notebook begins with its subject. */
export function toIpynb(cells: readonly Cell[]): string {
  const lines = (text: string): string[] => text.split(/(?<=\n)/);
  const output = (shown: Output): object => {
    if (shown.mime === 'text/plain')
      return { output_type: 'stream', name: 'stdout', text: lines(shown.data) };
    const forms = Object.entries(formsOf(shown)).map(([mime, data]) => [mime, lines(data)]);
    return { output_type: 'display_data', metadata: {}, data: Object.fromEntries(forms) as object };
  };
  const folded = { jupyter: { source_hidden: true }, tags: ['hide-input'] };
  const parts = cells.flatMap((cell): (Cell & { folded?: boolean })[] => {
    const [setUp, rest] = cell.kind === 'code' ? splitSetUp(cell.source) : ['', ''];
    if (setUp === '') return [cell];
    const alone = {
      ...cell,
      source: setUp,
      outputs: rest === '' ? cell.outputs : [],
      folded: true,
    };
    return rest === '' ? [alone] : [alone, { ...cell, source: rest }];
  });
  const notebook = {
    cells: parts.map((cell, index) => ({
      cell_type: cell.kind,
      id: `cell-${index}`,
      metadata: cell.folded === true ? folded : {},
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
:root { color-scheme: light dark; --code: #f6f8fa; --line: #d0d7de; --faint: #59636e;
  --keyword: #cf222e; --string: #0a3069; --number: #0550ae; --comment: #59636e; --link: #b3541e }
@media (prefers-color-scheme: dark) {
  :root { --code: #161b22; --line: #444c56; --faint: #9198a1;
    --keyword: #ff7b72; --string: #a5d6ff; --number: #79c0ff; --comment: #9198a1; --link: #f0a06a }
  body { color: #e6edf3; background: #0d1117 }
  rect[fill='#ffffff'] { fill: #2b2f36 } rect[fill='#ffffff'] ~ text { fill: #e6edf3 }
  rect[fill='#f1f3f5'] { fill: #161b22; stroke: #444c56 }
}
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem }
a { color: var(--link) } h1 { text-wrap: balance } :not(pre) > code { white-space: nowrap }
pre { background: var(--code); padding: 0.8rem; border-radius: 6px; overflow: auto; font-size: 14px; line-height: 1.45 }
pre.out { background: none; border-left: 3px solid var(--line); border-radius: 0; white-space: pre-wrap }
summary, nav { color: var(--faint); font-size: 14px } summary { cursor: pointer }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; justify-content: space-between }
.keyword { color: var(--keyword) } .string { color: var(--string) }
.number { color: var(--number) } .comment { color: var(--comment) }
table { border-collapse: collapse; display: block; overflow: auto } td, th { border: 1px solid var(--line); padding: 0.2rem 0.6rem }
figure, div.picture { margin: 1rem 0; overflow: auto }
svg { max-width: 100%; height: auto }
math[display=block] { overflow: auto }`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escape = (text: string): string => text.replace(/[&<>]/g, (c) => escapes[c] ?? c);

const { TokenClass } = ts;
const classes: Readonly<Partial<Record<ts.TokenClass, string>>> = {
  [TokenClass.Keyword]: 'keyword',
  [TokenClass.StringLiteral]: 'string',
  [TokenClass.RegExpLiteral]: 'string',
  [TokenClass.NumberLiteral]: 'number',
  [TokenClass.BigIntLiteral]: 'number',
  [TokenClass.Comment]: 'comment',
};
const classifier = ts.createClassifier();

/** Highlights keywords, strings, numbers and comments of TypeScript, as found by its own compiler. */
function codeToHtml(source: string): string {
  let state = ts.EndOfLineState.None;
  const lines = source.split('\n').map((line) => {
    const { entries, finalLexState } = classifier.getClassificationsForLine(line, state, false);
    state = finalLexState;
    let at = 0;
    return entries
      .map(({ length, classification }) => {
        const text = escape(line.slice(at, (at += length)));
        const name = classes[classification];
        return name === undefined ? text : `<span class="${name}">${text}</span>`;
      })
      .join('');
  });
  return lines.join('\n');
}

/** Converts formulas between dollar signs to MathML, which browsers can draw. */
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
  return `<div class="picture">${mime === 'text/markdown' ? markdownToHtml(data) : data}</div>`;
}

/** A cell of code and its output; the set-up is folded. */
function cellToHtml({ source, outputs }: Cell): string[] {
  const [setUp, rest] = splitSetUp(source);
  return [
    ...(setUp === ''
      ? []
      : [`<details><summary>set-up</summary><pre>${codeToHtml(setUp)}</pre></details>`]),
    ...(rest === '' ? [] : [`<pre>${codeToHtml(rest)}</pre>`]),
    ...outputs.map(outputToHtml),
  ];
}

/** The links from a notebook to other pages. */
export interface Neighbours {
  readonly previous?: PageLink | undefined;
  readonly next?: PageLink | undefined;
}
export interface PageLink {
  readonly href: string;
  readonly title: string;
}

function page(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}
</style>
${body.join('\n')}
</html>
`;
}

/** A page with the whole notebook: prose, code, and output. */
export function toHtml(cells: readonly Cell[], { previous, next }: Neighbours = {}): string {
  const link = (to: PageLink, before: string, after: string): string =>
    `<a href="${to.href}">${before}${escape(to.title)}${after}</a>`;
  const links = [
    previous === undefined ? '<span></span>' : link(previous, '← ', ''),
    '<a href="index.html">All notebooks</a>',
    next === undefined ? '<span></span>' : link(next, '', ' →'),
  ];
  const navigation = `<nav>${links.join('')}</nav>`;
  const body = cells.flatMap((cell) =>
    cell.kind === 'markdown' ? [markdownToHtml(cell.source)] : cellToHtml(cell),
  );
  return page(titleOf(cells) || 'Notebook', [navigation, ...body, '<hr>', navigation]);
}

/** The page that links to all notebooks. */
export function toIndex(notebooks: readonly (PageLink & { readonly summary: string })[]): string {
  const rows = notebooks.map(
    ({ href, title, summary }) =>
      `<li><a href="${href}">${escape(title)}</a><br>${escape(summary)}</li>`,
  );
  return page('Notebooks', ['<h1>Notebooks</h1>', `<ol>${rows.join('\n')}</ol>`]);
}

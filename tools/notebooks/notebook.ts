/**
 * @file Renders notebooks (TypeScript files with `// %%` and `// %% [markdown]` cells) with their output and plots, as .ipynb
 * and .html.
 *
 * Usage: npx ts-node tools/notebooks/notebook.ts [--out DIR] [--short] [FILE.ts ...]; without files, all examples.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatWithOptions, parseArgs, stripVTControlCharacters } from 'node:util';
import type { Output } from '../../examples/lib/notebook.js';
import {
  type Cell,
  parseCells,
  summaryOf,
  titleOf,
  toHtml,
  toIndex,
  toIpynb,
} from './notebookFormat.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'out' }, short: { type: 'boolean', default: false } },
});
// As in notebooks without a command line.
if (values.short) process.env['SHORT'] = '1';

/** Imports the notebook, and files its output under the cell that runs; returns the error that it threw. */
async function run(file: string, cells: Cell[]): Promise<unknown> {
  let current: Cell | undefined;
  const emit = (output: Output): void => {
    const outputs = current?.outputs ?? [];
    const last = outputs.at(-1);
    if (output.mime === 'text/plain' && last?.mime === 'text/plain') {
      outputs.splice(-1, 1, { ...last, data: last.data + output.data }); // appends text to the last output
    } else {
      outputs.push({ ...output });
    }
  };
  const print = (chunk: string | Uint8Array): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    emit({ mime: 'text/plain', data: stripVTControlCharacters(text) });
    return true;
  };
  const write = process.stdout.write.bind(process.stdout);
  // The hooks in ts-node-hooks.mjs make each `// %%` call __notebookCell; examples/lib/notebook.ts passes what is displayed
  // to __notebook.
  Object.assign(globalThis, {
    __notebook: emit,
    __notebookCell: (index: number) => (current = cells[index]),
  });
  process.argv.splice(1, Infinity, file);
  process.stdout.write = print;
  try {
    await import(`${pathToFileURL(file).href}?notebook`);
    return undefined;
  } catch (error) {
    emit({ mime: 'text/plain', data: `${formatWithOptions({}, error)}\n` });
    return error;
  } finally {
    process.stdout.write = write;
  }
}

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const isNotebook = (file: string): boolean => /^\/\/ %%/m.test(readFileSync(file, 'utf8'));
/** All notebooks, in the order in which examples/README.md lists them. */
function all(): string[] {
  const order = readFileSync(join(examples, 'README.md'), 'utf8');
  const place = (name: string): number => order.indexOf(`(${name})`) >>> 0;
  return readdirSync(examples)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort((a, b) => place(a) - place(b))
    .map((name) => join(examples, name))
    .filter(isNotebook);
}

mkdirSync(values.out, { recursive: true });
const listed = all().map((file) => {
  const cells = parseCells(readFileSync(file, 'utf8'));
  const name = basename(file, '.ts');
  return { file, href: `${name}.html`, title: titleOf(cells), summary: summaryOf(cells) };
});
const files =
  positionals.length > 0
    ? positionals.map((name) => resolve(name))
    : listed.map(({ file }) => file);
for (const file of files) {
  const cells = parseCells(readFileSync(file, 'utf8'));
  const start = performance.now();
  const error = await run(file, cells);
  const name = basename(file, '.ts');
  const base = join(values.out, name);
  const at = listed.findIndex((notebook) => notebook.file === file);
  const neighbours = at < 0 ? {} : { previous: listed[at - 1], next: listed[at + 1] };
  writeFileSync(`${base}.ipynb`, toIpynb(cells));
  writeFileSync(`${base}.html`, toHtml(cells, neighbours));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${error ? 'FAILED' : 'ok'} ${name} (${seconds} s): ${base}.ipynb, ${base}.html`);
  if (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
writeFileSync(join(values.out, 'index.html'), toIndex(listed));

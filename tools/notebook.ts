/**
 * @file Renders notebooks (TypeScript files with `// %%` and `// %% [markdown]` cells) with what
 * they print and plot, as .ipynb and .html.
 *
 * Usage: npx ts-node tools/notebook.ts [--out DIR] [FILE.ts ...]; without files, all examples.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatWithOptions, parseArgs, stripVTControlCharacters } from 'node:util';
import type { Output } from '../examples/lib/notebook.js';
import { type Cell, parseCells, toHtml, toIpynb } from './notebookFormat.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'out' } },
});

/** Imports the notebook, filing what it shows under the cell that runs; returns what it threw. */
async function run(file: string, cells: Cell[]): Promise<unknown> {
  let current: Cell | undefined;
  const emit = (output: Output): void => {
    const outputs = current?.outputs ?? [];
    const last = outputs.at(-1);
    if (output.mime === 'text/plain' && last?.mime === 'text/plain') {
      outputs.splice(-1, 1, { ...last, data: last.data + output.data }); // what follows on goes on
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
  // The hooks in ts-node-hooks.mjs make each `// %%` call __notebookCell; examples/lib/notebook.ts
  // hands what is displayed to __notebook.
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

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const isNotebook = (file: string): boolean => /^\/\/ %%/m.test(readFileSync(file, 'utf8'));
const all = (): string[] =>
  readdirSync(examples)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(examples, name))
    .filter(isNotebook);

mkdirSync(values.out, { recursive: true });
const files = positionals.length > 0 ? positionals.map((name) => resolve(name)) : all();
for (const file of files) {
  const cells = parseCells(readFileSync(file, 'utf8'));
  const start = performance.now();
  const error = await run(file, cells);
  const name = basename(file, '.ts');
  const base = join(values.out, name);
  writeFileSync(`${base}.ipynb`, toIpynb(cells));
  writeFileSync(`${base}.html`, toHtml(cells, name));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${error ? 'FAILED' : 'ok'} ${name} (${seconds} s): ${base}.ipynb, ${base}.html`);
  if (error) {
    console.error(error);
    process.exitCode = 1;
  }
}

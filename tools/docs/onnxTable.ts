/**
 * @file Writes the tables of docs/onnx.md from the tables that importer and exporter use.
 *
 * Usage: npx ts-node tools/docs/onnxTable.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { composed } from '../../packages/export/src/compositions/recorded.js';
import { ARRAYS } from '../../packages/export/src/onnx/export/arrays/arrays.js';
import { ELEMENTS } from '../../packages/export/src/onnx/export/elements.js';
import { REGIONS } from '../../packages/export/src/onnx/export/regions/regions.js';
import { FAMILIES } from '../../packages/export/src/onnx/operators/index.js';

export const PAGE = fileURLToPath(new URL('../../docs/onnx.md', import.meta.url));

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' ');

function imported(): string {
  const rows = FAMILIES.map(([family, operators]) => {
    const names = operators.map(({ domain, name }) =>
      domain === '' || domain === 'ai.onnx.ml' ? name : `${domain}.${name}`,
    );
    const ml = operators.some(({ domain }) => domain === 'ai.onnx.ml') ? ' (`ai.onnx.ml`)' : '';
    return `| ${family}${ml} | ${code(names)} |`;
  });
  return ['| family | operators |', '| --- | --- |', ...rows].join('\n');
}

function exported(): string {
  return [
    '| written as | operations |',
    '| --- | --- |',
    `| one operator | ${code([...REGIONS.keys()])} |`,
    `| element-wise operators | ${code(Object.keys(ELEMENTS))} |`,
    `| operations on arrays | ${code(Object.keys(ARRAYS))} |`,
    `| composed of others, in double precision | ${code(composed.filter((name) => !(name in ARRAYS)))} |`,
  ].join('\n');
}

/** The page with up-to-date tables. */
export function withTables(text: string): string {
  return Object.entries({ imported: imported(), exported: exported() }).reduce(
    (page, [name, table]) => {
      const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
      const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)];
      return `${page.slice(0, from)}\n\n${table}\n\n${page.slice(to)}`;
    },
    text,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')));

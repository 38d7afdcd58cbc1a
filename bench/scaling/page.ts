/** @file Writes the measurements as tables into docs/scaling.md, between two marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Measurements, Steps } from './measured.js';

const START = '<!-- measured:start -->';
const END = '<!-- measured:end -->';
const PAGE = fileURLToPath(new URL('../../docs/scaling.md', import.meta.url));

const number = (x: number): string => String(Number(x.toPrecision(2)));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

function stepTable({ width, batch, rows }: Steps): string {
  const body = rows.map(([how, found]) => {
    if (found === null) return [how, 'not measured', '', '', ''];
    const { ms, waiting, exchanging } = found;
    if (!how.startsWith('two ranks')) return [how, number(ms), '', '', ''];
    const share = `${Math.round((100 * (waiting + exchanging)) / ms)} %`;
    return [how, number(ms), number(waiting), number(exchanging), share];
  });
  const head = [
    '',
    'a step',
    'waiting for the other rank',
    'data in transit',
    'share of communication',
  ];
  return `784-${width}-${width}-10, a batch of ${batch} images, milliseconds:\n\n${table(head, body)}`;
}

/** The block between the marks. */
export function page({ where, quiet, steps, reductions }: Measurements): string {
  const doubt = quiet
    ? ''
    : '\n\n**Others were using the machine: these figures say little of speed.**';
  const sizes = Object.values(reductions)[0]?.map(({ size = 0 }) => 4 * size) ?? [];
  const shown = (bytes: number): string =>
    bytes >= 2 ** 20
      ? `${bytes / 2 ** 20} Mi`
      : bytes >= 1024
        ? `${bytes / 1024} Ki`
        : String(bytes);
  const rows = Object.entries(reductions).map(([name, list]) => [
    name,
    ...list.map(({ exchanging }) => number(exchanging)),
  ]);
  return [
    `${where}; the quickest of 25 rounds.${doubt}`,
    ...steps.map(stepTable),
    'One all-reduce of two ranks by its bytes, milliseconds while data was in transit:',
    table(['bytes', ...sizes.map(shown)], rows),
  ].join('\n\n');
}

/** Puts a block into the page. */
export function writePage(block: string): void {
  const text = readFileSync(PAGE, 'utf8');
  const [before, rest] = text.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${PAGE} has no ${START} … ${END}`);
  writeFileSync(PAGE, `${before}${START}\n\n${block}\n\n${END}${after}`);
}

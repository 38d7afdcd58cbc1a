/** @file Logs with one line per event: JSON lines and CSV. */
import { ChainruleError, defineOptions, display, kinds } from '@chainrule/autograd';
import type { Callback, FitEvent } from '../events.js';
import { numbersOf } from './figures.js';
import { nodeModules } from './nodeModules.js';

/** Where lines go: a file that is added to (Node), or a function. */
export type Sink = string | ((line: string) => void);

/** Options of `jsonlLogger`. */
export interface JsonlOptions {
  /** Which events are written. Default: all but `batch`. */
  readonly types?: readonly FitEvent['type'][];
}

const readOptions = defineOptions<JsonlOptions>({
  types: kinds.listOf(kinds.text as kinds.Kind<FitEvent['type']>),
});

/**
 * Writes events as lines of JSON, each with the time in seconds since 1970: a callback for `fit`. Numbers that JSON
 * does not have are written as text: `"NaN"`, `"Infinity"`.
 * @example fit(model, { data, loss, optimizer, callbacks: [jsonlLogger('run.jsonl')] })
 */
export function jsonlLogger(sink: Sink, given?: JsonlOptions): Callback {
  const options = readOptions('jsonlLogger', given);
  const write = writerOf('jsonlLogger', sink);
  const types =
    options.types ??
    (['start', 'compiled', 'validate', 'epoch', 'checkpoint', 'skipped', 'end'] as const);
  return async (event) => {
    if (!types.includes(event.type)) return;
    const line = { time: Date.now() / 1000, ...event };
    await write(
      JSON.stringify(line, (_key, x: unknown) =>
        typeof x === 'number' && !Number.isFinite(x) ? String(x) : x,
      ),
    );
  };
}

/**
 * Writes one line per epoch, after a header: epoch, step, loss, each figure that is a number (those of validation are called
 * `validate …`; a metric for each class has a column for each), the first learning rate, seconds. A callback for `fit`. The
 * columns are those of the first epoch.
 *
 * A file that exists is added to, under the header it has. A resumed run first removes the lines of the epochs that it repeats.
 * @example fit(model, { data, loss, optimizer, callbacks: [csvLogger('run.csv')] })
 */
export function csvLogger(sink: Sink): Callback {
  const write = writerOf('csvLogger', sink);
  let names: readonly string[] | null = null;
  let [validated, header] = [false, ''];
  return async (event) => {
    if (event.type === 'start' && typeof sink === 'string')
      header = await rewind(sink, event.from.epoch);
    validated ||= event.type === 'validate';
    if (event.type !== 'epoch') return;
    const figures = numbersOf(event.figures, validated);
    if (names === null) {
      names = figures.map(([name]) => name);
      const titles = validated ? names.map((name) => `validate ${name}`) : names;
      const line = ['epoch', 'step', 'loss', ...titles, 'lr', 'seconds'].map(cell).join(',');
      if (line !== header) await write(line);
    }
    const values = new Map(figures);
    const row = names.map((name) => values.get(name));
    const cells = [event.epoch, event.step, event.loss, ...row, event.lr[0], event.seconds];
    await write(cells.map(cell).join(','));
  };
}

/** Removes the lines of epochs from this one on, as a run that was cut off may have written them. Returns the header. */
async function rewind(path: string, epoch: number): Promise<string> {
  const { fs } = nodeModules('csvLogger', 'give a function that takes a line');
  const text = await fs.promises.readFile(path, 'utf8').catch(() => '');
  const [header = '', ...rows] = text.split('\n');
  if (epoch > 0 && text !== '') {
    const kept = rows.filter((row) => Number.parseInt(row) < epoch);
    const lines = [header, ...kept].map((line) => `${line}\n`).join('');
    if (lines !== text) await fs.promises.writeFile(path, lines);
  }
  return header;
}

/** A value as a CSV cell, quoted if it would be read as several. */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function writerOf(op: string, sink: Sink): (line: string) => void | Promise<void> {
  if (typeof sink === 'function') return sink;
  if (typeof sink !== 'string' || sink === '')
    throw new ChainruleError(
      `${op}: sink must be the path of a file or a function that takes a line, got ${display(sink)}`,
    );
  return async (line) => {
    const { fs } = nodeModules(op, 'give a function that takes a line');
    try {
      await fs.promises.appendFile(sink, `${line}\n`);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ChainruleError(`${op}: cannot write ${display(sink)}: ${why}`, { cause });
    }
  };
}

/** @file Logs with one line per event: JSON lines and CSV. */
import { ChainruleError, defineOptions, display, kinds } from '@chainrule/autograd';
import type { Callback, FitEvent } from '../events.js';
import { figureReader } from './figures.js';
import { nodeModules } from './nodeModules.js';

/** What to do where there are no files. */
const INSTEAD = 'give a function that takes a line';

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
  const read = figureReader('validate ');
  let names: readonly string[] | null = null;
  let header = '';
  return async (event) => {
    const figures = read(event);
    if (event.type === 'start' && typeof sink === 'string') {
      const { fs } = nodeModules('csvLogger', INSTEAD);
      const text = await fs.promises.readFile(sink, 'utf8').catch(() => '');
      const [first = '', ...rows] = text.split('\n');
      header = first;
      // A run that was cut off may have written lines of epochs that this one repeats.
      const kept = rows.filter((row) => Number.parseInt(row) < event.from.epoch);
      if (event.from.step > 0 && text !== '') await write([first, ...kept].join('\n'), 'w');
    }
    if (event.type !== 'epoch') return;
    const { epoch, step, loss, lr, seconds } = event;
    if (names === null) {
      names = figures.map(([name]) => name);
      const line = ['epoch', 'step', 'loss', ...names, 'lr', 'seconds'].map(cell).join(',');
      if (line !== header) await write(line);
    }
    const values = new Map(figures);
    const row = names.map((name) => values.get(name));
    await write([epoch, step, loss, ...row, lr[0], seconds].map(cell).join(','));
  };
}

/** A value as a CSV cell, quoted if it would be read as several. */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes a line, or with `'w'` the lines of the whole file. */
function writerOf(op: string, sink: Sink): (line: string, flag?: 'w') => void | Promise<void> {
  if (typeof sink === 'function') return sink;
  if (typeof sink !== 'string' || sink === '')
    throw new ChainruleError(
      `${op}: sink must be the path of a file or a function that takes a line, got ${display(sink)}`,
    );
  return async (line, flag) => {
    const { fs } = nodeModules(op, INSTEAD);
    try {
      await fs.promises.writeFile(sink, `${line}\n`, { flag: flag ?? 'a' });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ChainruleError(`${op}: cannot write ${display(sink)}: ${why}`, { cause });
    }
  };
}

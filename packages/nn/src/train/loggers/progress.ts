/** @file The progress of a training run: a bar in a terminal, lines elsewhere. */
import { defineOptions, kinds } from '@chainrule/autograd';
import type { Callback, FitEvent } from '../events.js';
import { figureReader } from './figures.js';

/** Options of `progressLogger`. */
export interface ProgressOptions {
  /** Where text goes. Default: standard error in Node, `console.info` in pages. */
  readonly write?: (text: string) => void;
  /** Whether one line is written over and over. Default: if standard error is a terminal and this is not a CI run. */
  readonly interactive?: boolean;
}

const readOptions = defineOptions<ProgressOptions>({
  write: kinds.callable as kinds.Kind<(text: string) => void>,
  interactive: kinds.flag,
});

const WIDTH = 24;

/**
 * Shows the progress of a training run: a callback for `fit`. In a terminal a moving bar, with the loss, the speed and
 * the time left in the epoch; in logs and pages one line per epoch.
 * @example await fit(model, { …, callbacks: [progressLogger()] });
 */
export function progressLogger(given?: ProgressOptions): Callback {
  const options = readOptions('progressLogger', given);
  const terminal = typeof process === 'object' && process.stderr?.isTTY;
  const { interactive = terminal && process.env['CI'] === undefined } = options;
  const write = options.write ?? defaultWrite;
  let [epochs, batches, began, shownAt] = [0, null as number | null, 0, 0];
  const read = figureReader('validate ');
  return (event: FitEvent) => {
    const numbers = read(event);
    switch (event.type) {
      case 'start':
        ({ epochs, batches } = event);
        began = performance.now();
        break;
      case 'batch': {
        if (event.batch === 0) began = performance.now();
        const now = performance.now();
        // Nobody can read more than ten updates a second.
        if (!interactive || (now - shownAt < 100 && event.batch + 1 !== batches)) break;
        shownAt = now;
        const done = event.batch + 1;
        const seconds = (now - began) / 1000;
        const left =
          batches === null ? '' : `  ${duration((seconds / done) * (batches - done))} left`;
        const bar = batches === null ? `${done} batches` : barOf(done / batches);
        write(
          `\r\x1b[Kepoch ${event.epoch + 1}/${epochs} ${bar}  loss ${event.loss.toFixed(4)}${left}`,
        );
        break;
      }
      case 'epoch': {
        const figures = numbers.map(([name, value]) => `  ${name} ${value.toFixed(4)}`);
        write(
          `${interactive ? '\r\x1b[K' : ''}epoch ${event.epoch + 1}/${epochs}  loss ${event.loss.toFixed(4)}${figures.join('')}  ${duration(event.seconds)}\n`,
        );
        break;
      }
      case 'end':
        if (event.ending !== 'epochs')
          write(`${interactive ? '\n' : ''}ended: ${event.reason ?? event.ending}\n`);
    }
  };
}

function defaultWrite(text: string): void {
  if (typeof process === 'object' && process.stderr?.writable) process.stderr.write(text);
  else console.info(text.trimEnd());
}

function barOf(share: number): string {
  const full = Math.round(WIDTH * share);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${Math.round(100 * share)} %`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')} min`;
}

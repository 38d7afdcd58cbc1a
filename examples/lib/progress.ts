/** @file Training progress: a bar with loss, accuracy, speed and time left in a terminal, plain lines elsewhere. */
import cliProgress from 'cli-progress';

export interface ProgressOptions {
  /** The number of examples in the whole training. */
  readonly total: number;
  /** The text before the bar. */
  readonly label?: string;
  /** The name of the examples: `images`, `sentences`. */
  readonly unit?: string;
}

export interface Progress {
  /** Reports that `examples` more are done, with their loss and the fraction of right answers. */
  advance(
    examples: number,
    measures?: { readonly loss?: number; readonly accuracy?: number; readonly label?: string },
  ): void;
  finish(): void;
}

/** Outside a terminal, a line is printed after each tenth. */
const LINES = 10;
/** The weight of the newest step in the numbers shown; single batches fluctuate. */
const NEWEST = 0.02;

/**
 * Starts a progress display.
 *
 * @example
 * const progress = startProgress({ total: epochs * images.length, unit: 'images' });
 * progress.advance(64, { loss: 0.31, accuracy: 0.92 });
 * progress.finish();
 */
export function startProgress({ total, label = '', unit = 'examples' }: ProgressOptions): Progress {
  const started = performance.now();
  const loss = smoothed();
  const accuracy = smoothed();
  let done = 0;
  let printed = 0;
  let name = label;

  const texts = () => {
    const seconds = (performance.now() - started) / 1000;
    const speed = done / seconds;
    return {
      label: name,
      loss: loss.value === undefined ? '' : `loss ${loss.value.toFixed(4)}`,
      accuracy:
        accuracy.value === undefined ? '' : `accuracy ${(100 * accuracy.value).toFixed(2)} %`,
      speed: `${speed < 10 ? speed.toFixed(1) : Math.round(speed).toLocaleString('en')} ${unit}/s`,
      left:
        done < total ? `${duration((total - done) / speed)} left` : `${duration(seconds)} in all`,
    };
  };

  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({
        format: '{label} {bar} {percentage} %  {loss}  {accuracy}  {speed}  {left}',
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 24,
        hideCursor: true,
        linewrap: false,
        // The training loop is synchronous: no timer fires in it, so each update draws.
        synchronousUpdate: true,
        fps: 10,
      })
    : undefined;
  bar?.start(total, 0, texts());

  return {
    advance(examples, measures = {}) {
      done += examples;
      name = measures.label ?? name;
      loss.add(measures.loss);
      accuracy.add(measures.accuracy);
      if (bar) {
        bar.update(done, texts());
        return;
      }
      const part = Math.floor((LINES * done) / total);
      if (part === printed) return;
      printed = part;
      const { label, ...rest } = texts();
      const percent = `${Math.floor((100 * done) / total)} %`.padStart(5);
      const parts = [label, percent, ...Object.values(rest)];
      console.log(parts.filter((text) => text !== '').join('  '));
    },
    finish() {
      bar?.update(done, texts());
      bar?.stop();
    },
  };
}

/** A running mean in which old values fade; at first it is the plain mean. */
function smoothed(): { add(value: number | undefined): void; readonly value: number | undefined } {
  let mean: number | undefined;
  let count = 0;
  return {
    add(value) {
      if (value === undefined) return;
      const share = Math.max(NEWEST, 1 / ++count);
      mean = (mean ?? 0) + share * (value - (mean ?? 0));
    },
    get value() {
      return mean;
    },
  };
}

/** `7 s`, `1:05 min`, `2:03:10 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)} h`;
}

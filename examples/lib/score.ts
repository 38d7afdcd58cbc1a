/** @file Helpers for every notebook: the option `--short`, and scores that fail the run if they are missed. */
import { parseOptions, UserError } from './cli.js';
import { display } from './notebook.js';

/**
 * Whether to run the short form of the notebook: with `--short`, or with SHORT=1 in the environment. For notebooks
 * without other options; those that have some add {@link commonOptions} and ask {@link isShort}.
 */
export function parseShort(description: string): boolean {
  return isShort(parseOptions(description, shortOption).short);
}

/** The option `--short`. */
export const shortOption = {
  short: { type: 'flag', help: 'a small run that ends within a minute' },
} as const;

/** The options of every notebook that learns: `--seed` and `--short`. */
export const commonOptions = {
  seed: { type: 'integer', default: 1, min: 0, help: 'the same seed gives the same result' },
  ...shortOption,
} as const;

/** Whether the flag or the environment asks for the short form. */
export function isShort(flag: boolean): boolean {
  return flag || process.env['SHORT'] === '1';
}

export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The score of a simple method, for comparison. */
  readonly baseline?: number;
  /** How numbers are formatted; default four significant digits. */
  readonly format?: (value: number) => string;
}

/**
 * Prints a score with its baseline and the required score.
 *
 * @throws {UserError} if the goal is missed, NaN included: the run ends with exit code 1.
 * @example expectScore('test accuracy', accuracy, { atLeast: 0.97, baseline: 0.88, format: percent });
 */
export function expectScore(name: string, value: number, goal: Goal): void {
  const { atLeast = -Infinity, atMost = Infinity, baseline } = goal;
  const format = goal.format ?? ((x: number) => String(Number(x.toPrecision(4))));
  const asked = [
    ...(atLeast > -Infinity ? [`at least ${format(atLeast)}`] : []),
    ...(atMost < Infinity ? [`at most ${format(atMost)}`] : []),
  ].join(' and ');
  const beside = baseline === undefined ? '' : ` (baseline ${format(baseline)})`;
  const line = `${name}: ${format(value)}${beside}`;
  if (!(value >= atLeast && value <= atMost)) throw new UserError(`${line} (required: ${asked})`);
  display(`${line}, required ${asked}: reached`);
}

/** `0.975` as `97.5 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** @file Tables of numbers and words: CSV files, plain or compressed, and their columns as features. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { randperm } from '@chainrule/autograd';
import { UserError } from './cli.js';

/** The text of a file of `examples/data`, decompressed if it ends in .gz. @throws {UserError} if it is missing. */
export function readData(name: string): string {
  const path = fileURLToPath(new URL(`../data/${name}`, import.meta.url));
  if (!existsSync(path))
    throw new UserError(`The data file ${path} is missing; check it out again.`);
  const bytes = readFileSync(path);
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The rows of a CSV text without quoted cells, as objects with the names in its first line as keys. */
export function parseCsv(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

/** The items in random order (see `manualSeed`). */
export function shuffled<T>(things: readonly T[]): T[] {
  return Array.from(randperm(things.length).dataSync(), (i) => things[i] as T);
}

/** Splits items into groups of `size`, in order; the last may be smaller. */
export function chunks<T>(things: readonly T[], size: number): T[][] {
  const count = Math.ceil(things.length / size);
  return Array.from({ length: count }, (_, i) => things.slice(i * size, (i + 1) * size));
}

/** Returns a function that scales columns to mean 0 and deviation 1, with the scale of `rows`. */
export function standardizer(
  rows: readonly (readonly number[])[],
): (row: readonly number[]) => number[] {
  const width = rows[0]?.length ?? 0;
  const means = Array.from({ length: width }, (_, j) => meanOf(rows.map((row) => row[j] ?? 0)));
  const deviations = means.map((mean, j) =>
    Math.sqrt(meanOf(rows.map((row) => ((row[j] ?? 0) - mean) ** 2))),
  );
  return (row) => row.map((value, j) => (value - (means[j] ?? 0)) / (deviations[j] || 1));
}

export function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean absolute error of guesses. */
export function meanAbsoluteError(guesses: readonly number[], truth: readonly number[]): number {
  return meanOf(guesses.map((guess, i) => Math.abs(guess - (truth[i] ?? NaN))));
}

/**
 * R²: the fraction of the variance of the true values that guesses explain. 1 for perfect guesses, 0 for always guessing the
 * mean.
 */
export function rSquared(guesses: readonly number[], truth: readonly number[]): number {
  const center = meanOf(truth);
  const missed = meanOf(guesses.map((guess, i) => (guess - (truth[i] ?? NaN)) ** 2));
  return 1 - missed / meanOf(truth.map((value) => (value - center) ** 2));
}

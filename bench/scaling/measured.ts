/**
 * @file The results of `measure.ts --write` for two ranks (`measured.json`), and the links of the model, two of which are
 * fitted to them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fit, type Link } from './model.js';

/** One line of a rank's output, in milliseconds. */
export interface Measured {
  readonly parameters?: number;
  readonly size?: number;
  readonly ms: number;
  /** Until both ranks had arrived. */
  readonly waiting: number;
  /** While data was exchanged, after both ranks had arrived. */
  readonly exchanging: number;
}

/** A network and its batch size, with a measurement for each way to run it; null if it could not run. */
export interface Steps {
  readonly width: number;
  readonly batch: number;
  readonly rows: readonly (readonly [how: string, measured: Measured | null])[];
}

export interface Measurements {
  readonly where: string;
  /** Whether nothing else used the machine. */
  readonly quiet: boolean;
  readonly steps: readonly Steps[];
  /** All-reduces, by the launcher of the ranks. */
  readonly reductions: Readonly<Record<string, readonly Measured[]>>;
}

const FILE = fileURLToPath(new URL('measured.json', import.meta.url));

export const measurements = JSON.parse(readFileSync(FILE, 'utf8')) as Measurements;

export function writeMeasurements(found: Measurements): void {
  writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);
}

export interface Reduction {
  readonly bytes: number;
  readonly seconds: number;
}

/** All-reduces of two ranks. */
export const reductions: Readonly<Record<string, readonly Reduction[]>> = Object.fromEntries(
  Object.entries(measurements.reductions).map(([name, list]) => [
    name,
    list.map(({ size = 0, exchanging }) => ({ bytes: 4 * size, seconds: exchanging / 1000 })),
  ]),
);

/**
 * Links by name: those of this machine as measured, and two networks with their usual figures (25 Gbit/s over TCP; 200 Gbit/s
 * with remote memory access), for which γ assumes 0.1 s per gigabyte of additions.
 */
export const links: Readonly<Record<string, Link>> = {
  ...Object.fromEntries(Object.entries(reductions).map(([name, points]) => [name, fit(points)])),
  ethernet: { alpha: 30e-6, beta: 1 / 2.9e9, gamma: 1e-10 },
  fast: { alpha: 3e-6, beta: 1 / 23e9, gamma: 1e-10 },
};

/** Steps of two ranks: the seconds of the whole step, and those in which a rank computed. */
export const steps = measurements.steps.flatMap(({ width, batch, rows }) =>
  rows.flatMap(([how, found]) => {
    const link = how.split('two ranks, ')[1];
    if (link === undefined || found === null) return [];
    const { parameters = 0, ms, waiting, exchanging } = found;
    const compute = (ms - waiting - exchanging) / 1000;
    return [{ name: `${width}, ${batch}, ${link}`, parameters, compute, seconds: ms / 1000, link }];
  }),
);

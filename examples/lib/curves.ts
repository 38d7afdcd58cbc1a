/** @file Several named curves in one picture, with their names above them. */
import { dot, lineY, plot, text, type Markish, type PlotOptions } from './plot.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CurvesOptions {
  readonly title: string;
  readonly file: string;
  /** Points drawn below the curves. */
  readonly points?: readonly Point[];
  readonly x?: PlotOptions['x'];
  readonly y?: PlotOptions['y'];
  readonly height?: number;
}

/** Legible on both white and dark backgrounds. */
export const COLORS = ['#2f81f7', '#f85149', '#8b949e', '#3fb950', '#f0883e', '#a371f7'];

/** Draws named curves: points, or values at x = 0, 1, 2 … */
export function plotCurves(
  curves: Readonly<Record<string, ArrayLike<number> | readonly Point[]>>,
  { title, file, points = [], x, y, height = 320 }: CurvesOptions,
): void {
  let dx = 0;
  const all = Object.entries(curves).map(([name, values], i, { [i - 1]: before }) => ({
    name,
    dx: (dx += before === undefined ? 0 : 7 * before[0].length + 16),
    stroke: COLORS[i % COLORS.length] ?? 'currentColor',
    values: Array.from(values as ArrayLike<number | Point>, (value, at) =>
      typeof value === 'number' ? { x: at, y: value } : value,
    ),
  }));
  const marks: Markish[] = [
    dot(points, { x: 'x', y: 'y', r: 2, fill: 'currentColor', fillOpacity: 0.45 }),
    ...all.map(({ values, stroke }) => lineY(values, { x: 'x', y: 'y', stroke, strokeWidth: 2 })),
    ...all.map(({ name, stroke, dx }) =>
      text([name], { frameAnchor: 'top-left', dx, dy: -20, fill: stroke, fontWeight: 'bold' }),
    ),
  ];
  plot({
    title,
    file,
    height,
    marginTop: 36,
    x: { label: null, ...x },
    y: { label: null, grid: true, ...y },
    marks,
  });
}

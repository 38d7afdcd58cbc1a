/**
 * @file Plots for notebooks: Observable Plot as SVG with its own background, legible on light and dark pages, and text
 * plots for terminals. All marks of Observable Plot can be imported from here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as Plot from '@observablehq/plot';
import asciichart from 'asciichart';
import { parseHTML } from 'linkedom';
import { display } from './notebook.js';

export * from '@observablehq/plot';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** The folder for pictures: `out/` in the folder from which the notebook is run. */
const OUT = resolve('out');

/** The width of the text column in a rendered notebook. */
export const WIDTH = 860;

// Inline SVG shares the styles of its page, so every rule names the class.
const STYLE = `
.chainrule-plot { color: #24292f; background: #ffffff; --plot-background: #ffffff; border-radius: 6px; }
@media (prefers-color-scheme: dark) {
  .chainrule-plot { color: #e6edf3; background: #161b22; --plot-background: #161b22; }
}`;

export interface PlotOptions extends Plot.PlotOptions {
  /** If given, the picture is also written to `out/<file>`. */
  readonly file?: string;
}

/** Draws a plot, shows it in a rendered notebook, and writes it if it has a `file`. Returns the SVG. */
export function plot({ file, ...options }: PlotOptions): string {
  const svg = drawSvg(options);
  const title = typeof options.title === 'string' ? options.title : 'plot';
  showSvg(svg, title, file);
  return svg;
}

/**
 * The loss of each step, faint, and its mean over the 50 steps around it, on a logarithmic scale; in a terminal also as text.
 *
 * @param perStep The number of examples per step: the axis counts examples.
 */
export function plotLosses(
  losses: readonly number[],
  perStep: number,
  unit: string,
  file?: string,
): void {
  const curve = losses.map((loss, step) => ({ seen: (step + 1) * perStep, loss }));
  const axes = { x: 'seen', y: 'loss', stroke: '#2f81f7' } as const;
  plot({
    title: 'Loss',
    ...(file === undefined ? {} : { file }),
    x: { label: `${unit} seen` },
    // Without a format 0.1 would be written 100m.
    y: {
      type: 'log',
      label: 'loss (logarithmic)',
      grid: true,
      tickFormat: (loss: number) => String(loss),
    },
    marks: [
      Plot.lineY(curve, { ...axes, strokeOpacity: 0.3, strokeWidth: 1 }),
      Plot.lineY(curve, Plot.windowY({ k: Math.min(50, losses.length) }, axes)),
    ],
  });
  if (canPlotText()) console.log(textPlot(losses));
}

/** Shows an SVG picture: itself in a rendered notebook; in a terminal a line with its title and path. */
export function showSvg(svg: string, title: string, file?: string): void {
  const path = file === undefined ? undefined : outPath(file);
  if (path !== undefined) writeFileSync(path, svg);
  display(svg, 'image/svg+xml', path === undefined ? `[plot: ${title}]` : `${title}: ${path}`);
}

/** The path of a file in `out/`, relative if that is shorter; creates the folder. */
export function outPath(name: string): string {
  const path = join(OUT, name);
  mkdirSync(dirname(path), { recursive: true });
  return relative('', path);
}

function drawSvg(options: Plot.PlotOptions): string {
  // A title would turn the plot into a <figure>; here the picture is one <svg>, and titles are text beside it.
  const { title: _title, subtitle: _subtitle, caption: _caption, ...rest } = options;
  const margins = { marginTop: 28, marginRight: 24, marginBottom: 40, marginLeft: 52 };
  const drawn = Plot.plot({
    document: document,
    width: WIDTH,
    ...margins,
    ...rest,
  }) as unknown as Element;
  const svg = drawn.localName === 'svg' ? drawn : drawn.querySelector('svg:last-of-type');
  if (!svg) throw new Error('the plot has no picture');
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.classList.add('chainrule-plot');
  const style = document.createElement('style');
  style.textContent = STYLE;
  svg.append(style);
  return svg.outerHTML;
}

/** Numbers as a line plot in text, as wide as the terminal, with the mean of several numbers in each column. */
export function textPlot(
  values: readonly number[],
  { height = 12, width = Math.min(process.stdout.columns || 80, 120) - 12 } = {},
): string {
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const from = Math.floor((i * values.length) / columns);
    const part = values.slice(
      from,
      Math.max(from + 1, Math.floor(((i + 1) * values.length) / columns)),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  return asciichart.plot(means, { height, format: (x) => x.toPrecision(4).padStart(9) });
}

/** Whether the terminal can show a {@link textPlot}: it must not be a file or pipe. */
export function canPlotText(): boolean {
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

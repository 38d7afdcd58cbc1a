/** @file The printed form of a tensor: as PyTorch prints it, with JavaScript's words for true and false. */
import { display } from '../../arguments/index.js';
import type { DType, TypedArray } from '../dtype.js';
import { isTensor } from '../isTensor.js';
import { mode } from '../mode.js';
import { runtime } from '../runtime.js';
import { isHost, type Storage } from './storage.js';
import type { Tensor } from '../tensor.js';

/** Larger tensors show only the first and last elements of each dimension. */
const THRESHOLD = 1000;
const EDGE = 3;
const PRECISION = 4;
const LINE = 80;

/**
 * The text of `console.log(t)`: elements in columns, with four decimals or in scientific notation where they differ a lot,
 * then shape and dtype, which PyTorch shows only where they are not the default. Never throws: a value that is not available
 * shows as `<pending>`.
 */
export function format(t: Tensor): string {
  if (!isTensor(t)) return display(t); // `Tensor.prototype` itself, a method detached from its tensor
  const { sizes: shape, dtype } = t;
  const storage = elements(t);
  const data = storage === null || isHost(storage) ? storage : null;
  const elsewhere = storage === null || isHost(storage) ? '<pending>' : `<on ${storage.device}>`;
  const summarize = t.size > THRESHOLD;
  const notes = [`shape=[${shape.join(', ')}]`, `dtype=${dtype}`];
  if (t.needsGrad) notes.push('requiresGrad=true');
  const prefix = 'tensor(';
  let body = elsewhere;
  if (data !== null)
    body = t.size === 0 ? '[]' : layOut(data, shape, dtype, summarize, prefix.length);
  const text = annotate(prefix + body, notes, prefix.length);
  return t.needsGrad && 'assign' in t ? `Parameter containing:\n${text}` : text;
}

function elements(t: Tensor): Storage | null {
  try {
    const node = t.current;
    if (node.value === null) {
      if (mode.tracing !== null) return null;
      runtime.evaluate([node], 'print');
    }
    return node.value;
  } catch {
    return null;
  }
}

/** Appends `, dtype=…)` and the like, on a new line where the last one is full. */
function annotate(text: string, notes: readonly string[], indent: number): string {
  let out = text;
  let column = text.length - text.lastIndexOf('\n') + 1;
  for (const note of notes) {
    if (column + note.length + 2 > LINE) {
      out += `,\n${' '.repeat(indent)}${note}`;
      column = indent + note.length;
    } else {
      out += `, ${note}`;
      column += note.length + 2;
    }
  }
  return `${out})`;
}

function layOut(
  data: TypedArray,
  shape: readonly number[],
  dtype: DType,
  summarize: boolean,
  indent: number,
): string {
  /** The indices shown along a dimension; null for those left out. */
  const shown = (n: number): (number | null)[] =>
    summarize && n > 2 * EDGE
      ? [0, 1, 2, null, n - 3, n - 2, n - 1]
      : Array.from({ length: n }, (_, i) => i);
  const values: number[] = [];
  const gather = (d: number, from: number, step: number): void => {
    if (d === shape.length) return void values.push(data[from] as number);
    const inner = step / (shape[d] as number);
    for (const i of shown(shape[d] as number))
      if (i !== null) gather(d + 1, from + i * inner, inner);
  };
  gather(0, 0, data.length);
  const { write, width } = formatter(values, dtype);

  const build = (d: number, from: number, step: number, column: number): string => {
    if (d === shape.length) return write(data[from] as number);
    const n = shape[d] as number;
    const inner = step / n;
    if (d === shape.length - 1) {
      const items = shown(n).map((i) => (i === null ? ' ...' : write(data[from + i] as number)));
      return `[${breakLines(items, width, column)}]`;
    }
    const rows = shown(n).map((i) =>
      i === null ? '...' : build(d + 1, from + i * inner, inner, column + 1),
    );
    return `[${rows.join(`,${'\n'.repeat(shape.length - d - 1)}${' '.repeat(column + 1)}`)}]`;
  };
  return build(0, 0, data.length, indent);
}

function breakLines(items: readonly string[], width: number, indent: number): string {
  const perLine = Math.max(1, Math.floor((LINE - indent) / (width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine)
    lines.push(items.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${' '.repeat(indent + 1)}`);
}

/** One notation for all elements, chosen from those that are finite and not 0. */
function formatter(
  values: readonly number[],
  dtype: DType,
): { write: (x: number) => string; width: number } {
  if (dtype === 'bool') return padded(values, (x) => (x !== 0 ? 'true' : 'false'));
  if (dtype === 'int32') return padded(values, String);
  const sizes = values.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  let [smallest, largest] = [Infinity, 0];
  for (const x of sizes) [smallest, largest] = [Math.min(smallest, x), Math.max(largest, x)];
  const whole = sizes.every(Number.isInteger);
  const decided = values.filter((x) => Number.isFinite(x) && x !== 0);
  if (
    sizes.length > 0 &&
    (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4))
  ) {
    return padded(decided, (x) => special(x) ?? exponential(x));
  }
  if (whole)
    return padded(decided, (x) => special(x) ?? `${Object.is(x, -0) ? '-0' : x.toFixed(0)}.`);
  return padded(decided, (x) => special(x) ?? fixed(x));
}

function padded(
  values: readonly number[],
  show: (x: number) => string,
): { write: (x: number) => string; width: number } {
  const width = values.reduce((w, x) => Math.max(w, show(x).length), 1);
  return { write: (x) => show(x).padStart(width), width };
}

function special(x: number): string | null {
  if (Number.isNaN(x)) return 'nan';
  return Number.isFinite(x) ? null : x > 0 ? 'inf' : '-inf';
}

function exponential(x: number): string {
  const sign = Object.is(x, -0) ? '-' : '';
  return sign + x.toExponential(PRECISION).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Four decimals; exact ties go to the even digit, as C's printf has it. */
function fixed(x: number): string {
  const scaled = Math.abs(x) * 10 ** PRECISION;
  const size = scaled % 1 === 0.5 ? (2 * Math.round(scaled / 2)) / 10 ** PRECISION : Math.abs(x);
  return (x < 0 || Object.is(x, -0) ? '-' : '') + size.toFixed(PRECISION);
}

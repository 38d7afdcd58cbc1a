/**
 * @file Plans for any batch size: where neighbouring sizes have the same plan, each number of it is an affine function of the
 * size.
 *
 * A function is planned at many sizes. Neighbouring sizes with the same kernels in the same order form a regime; within it
 * every word, address and length must lie on a line, which is found from two sizes and checked at all others that were
 * planned.
 */
import { ChainruleError, type Tensor } from '@chainrule/autograd';
import { imageOfFunction, type FunctionImage, type ImageTools } from '@chainrule/autograd/internal';
import { linesOf, structureOf, type ImageLines, type Line, type LineFinder } from './imageLines.js';

/** A number in the function's code that may depend on the batch: the value of a line, or its reciprocal. */
export interface NumberLine {
  readonly line: Line;
  readonly inverse: boolean;
}

/** All sizes from `from` up to the next regime: their plans differ only in numbers. */
export interface Regime {
  readonly from: number;
  /** The plan at `from`: structure, slots, dtypes. */
  readonly sample: FunctionImage;
  readonly lines: ImageLines;
  /** The shape of each output. */
  readonly shapes: readonly (readonly Line[])[];
  /** For each input that is a number its line; null for other inputs. */
  readonly numbers: readonly (NumberLine | null)[];
  /** By how much a call advances the random generator, and the offsets among the inputs. */
  readonly draws: Line;
  readonly offsets: readonly (Line | null)[];
}

/** Every size up to this one is planned; above it, a search finds the sizes at which the plan changes. */
const ALL_UP_TO = 64;

/** The largest number of examples that a unit of a word may stand for, if the word counts blocks of examples. */
const MAX_BLOCK_EXAMPLES = 32;

/** The most regimes of a function. */
const MAX_REGIMES = 100;

interface Sample {
  readonly size: number;
  readonly image: FunctionImage;
  readonly key: string;
}

/**
 * Plans `f` for all batch sizes from 1 to `largest`. `argsOf` makes example arguments of a size; `given` is the size of the
 * user's.
 */
export function regimesOf(
  f: (...args: Tensor[]) => unknown,
  argsOf: (size: number) => Tensor[],
  tools: Pick<ImageTools, 'forms' | 'isPlain'>,
  { given, largest, caller }: { given: number; largest: number; caller: string },
): Regime[] {
  const samples = new Map<number, Sample>();
  /** If a plan fails at another size than that of the user's examples, the error says that the batch size is the reason. */
  const alike = <R>(size: number, plan: () => R): R => {
    try {
      return plan();
    } catch (error) {
      if (size === given || !(error instanceof ChainruleError)) throw error;
      throw new ChainruleError(
        `${caller}: with ${size} instead of ${given} in the dimension of the arguments that may differ: ` +
          `${error.message.replace(`${caller}: `, '')}; give { batch: null } for a module of one size`,
        { cause: error },
      );
    }
  };
  const at = (size: number): Sample => {
    let sample = samples.get(size);
    if (sample === undefined) {
      // Lines of the user's code are recorded for the first size only: a function that is refused is refused there.
      const first = samples.size === 0;
      const image = alike(size, () => imageOfFunction(f, argsOf(size), tools, caller, first));
      samples.set(size, (sample = { size, image, key: keyOf(image) }));
    }
    return sample;
  };
  at(given); // What is wrong with the function itself is said as such.
  for (let size = 1; size <= Math.min(largest, ALL_UP_TO); size++) at(size);
  let low = Math.min(largest, ALL_UP_TO);
  while (low < largest) {
    const high = Math.min(largest, Math.ceil(low * 1.25));
    search(at, low, high);
    low = high;
  }
  const between = (first: number, last: number): Sample[] =>
    [...samples.values()]
      .filter(({ size }) => first <= size && size <= last)
      .sort((a, b) => a.size - b.size);
  /** Plans more sizes of a group: first all of the smallest sizes; if these are planned, one between two that do not agree. */
  const refine = (first: number, last: number, low: number, high: number): void => {
    const dense = Math.min(first + MAX_BLOCK_EXAMPLES, last);
    const known = samples.size;
    for (let size = first; size <= dense; size++) at(size);
    if (samples.size === known) at((low + high) >> 1);
    const sizes = between(first, last).map(({ size }) => size);
    sizes.forEach((size, k) => k > 0 && search(at, sizes[k - 1] as number, size));
  };
  const regimes: Regime[] = [];
  const waiting = byKey(between(1, largest));
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    const found = regimeOf(group, caller);
    const isRegime = 'from' in found;
    // Any two sizes lie on a line, so a size between them is needed.
    const place = isRegime ? (group.length === 2 ? 1 : 0) : found.index;
    const [first, last] = [group[0], group.at(-1)] as [Sample, Sample];
    const [low, high] = [group[place - 1] ?? first, group[place] as Sample];
    if (high.size - low.size > 1) {
      refine(first.size, last.size, low.size, high.size);
      waiting.unshift(...byKey(between(first.size, last.size)));
    } else if (isRegime) {
      regimes.push(found);
    } else {
      waiting.unshift(group.slice(0, place), group.slice(place));
    }
    if (regimes.length + waiting.length > MAX_REGIMES && !isRegime) {
      throw new ChainruleError(
        `${caller}: ${found.reason} does not grow evenly with the batch (between ${low.size} and ${high.size} examples, and ` +
          'at many other sizes); give { batch: null } for a module of one batch size',
      );
    }
  }
  return regimes;
}

/** Groups of neighbours whose plans differ only in numbers. */
function byKey(samples: readonly Sample[]): Sample[][] {
  const groups: Sample[][] = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    if (group?.[0]?.key === sample.key) group.push(sample);
    else groups.push([sample]);
  }
  return groups;
}

/** Finds the exact sizes between two sizes at which the plan changes. */
function search(at: (size: number) => Sample, low: number, high: number): void {
  if (high - low <= 1 || at(low).key === at(high).key) return;
  const middle = (low + high) >> 1;
  search(at, low, middle);
  search(at, middle, high);
}

/** A key that is equal for plans that differ only in numbers. */
function keyOf({ image, inputs, assigned, shapes }: FunctionImage): string {
  const kinds = inputs.map(({ kind }) => kind);
  return JSON.stringify([
    structureOf(image),
    kinds,
    assigned.length,
    shapes.map(({ length }) => length),
  ]);
}

/** A number that does not lie on a line, and the index of the first sample that leaves it. */
interface RegimeBreak {
  readonly index: number;
  readonly reason: string;
}

function regimeOf(samples: readonly Sample[], caller: string): Regime | RegimeBreak {
  const first = samples[0] as Sample;
  const made = samples.map((s) => s.image);
  const sizes = samples.map(({ size }) => size - first.size);
  let broken: RegimeBreak | null = null;
  const find: LineFinder = (reason, of, value) => {
    const values = of.map(value);
    const found = lineThrough(sizes, values, reason === 'a word of a kernel');
    if (typeof found !== 'number') return found;
    if (broken === null || found < broken.index) broken = { index: found, reason };
    return [0, 0];
  };
  const line = (what: string, of: (made: FunctionImage) => number): Line => find(what, made, of);
  const { inputs } = first.image;
  inputs.forEach((input, k) => {
    if (input.kind !== 'constant' || input.value.length === 1) return;
    for (const { image: other } of samples) {
      const { value } = other.inputs[k] as typeof input;
      if (value !== input.value && !same(value, input.value)) {
        throw new ChainruleError(
          `${caller}: a tensor that the function makes or reads depends on the batch (${input.value.length} elements); ` +
            'pass it as an argument, or give { batch: null } for a module of one batch size',
        );
      }
    }
  });
  const regime: Regime = {
    from: first.size,
    sample: first.image,
    lines: linesOf(
      made.map(({ image }) => image),
      find,
    ),
    shapes: first.image.shapes.map((shape, k) =>
      shape.map((_, d) => line('a result', (m) => m.shapes[k]![d]!)),
    ),
    numbers: inputs.map((input, k) =>
      input.kind === 'constant' && input.value.length === 1 ? numberLine(samples, k, caller) : null,
    ),
    draws: line('the count of random numbers', (m) => m.draws),
    offsets: inputs.map((input, k) =>
      input.kind === 'offset'
        ? line('an offset of random numbers', (m) => (m.inputs[k] as typeof input).relative)
        : null,
    ),
  };
  return broken ?? regime;
}

/**
 * The line through values at sizes, or the first index at which the values leave it. With `whole`, the values may also be
 * those of a line rounded down, as numbers of blocks are: its slope is a multiple of a power of a half, so it is exact.
 */
function lineThrough(
  sizes: readonly number[],
  values: readonly number[],
  whole: boolean,
): Line | number {
  const [start, second = start] = values as [number, number?];
  const slope = (second - start) / Math.max(1, sizes[1] ?? 1);
  const place = values.findIndex((value, i) => start + slope * sizes[i]! !== value);
  if (place < 0) return [start, slope];
  if (!whole) return place;
  for (let period = 2; period <= MAX_BLOCK_EXAMPLES; period *= 2) {
    const next = values[sizes.indexOf(period)];
    if (next === undefined) continue;
    const rise = (next - start) / period;
    for (let part = 0; part < period; part++) {
      const from = start + part / period;
      if (values.every((value, i) => Math.floor(from + rise * sizes[i]!) === value))
        return [from, rise];
    }
  }
  return place;
}

function same(x: ArrayLike<number>, y: ArrayLike<number>): boolean {
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false;
  return true;
}

/** A number in the code as a function of the batch: constant, on a line, or the reciprocal of a line. */
function numberLine(samples: readonly Sample[], k: number, caller: string): NumberLine {
  const values = samples.map(({ image }) => {
    const input = image.inputs[k];
    return input?.kind === 'constant' ? (input.value[0] as number) : NaN;
  });
  const first = samples[0] as Sample;
  const second = samples[1] ?? first;
  const step = Math.max(1, second.size - first.size);
  const isSingle = (first.image.inputs[k] as { value: unknown }).value instanceof Float32Array;
  const rounded = (x: number): number => (isSingle ? Math.fround(x) : x);
  const fits = (start: number, slope: number, inverse: boolean): boolean =>
    samples.every(({ size }, i) => {
      const x = slope === 0 ? start : start + slope * (size - first.size);
      return Object.is(rounded(inverse ? 1 / x : x), values[i]);
    });
  const [a, b] = [values[0]!, values[1] ?? values[0]!];
  const [p, q] = [Math.round(1 / a), Math.round(1 / b)];
  if (fits(a, 0, false)) return { line: [a, 0], inverse: false };
  if (fits(a, (b - a) / step, false)) return { line: [a, (b - a) / step], inverse: false };
  if (fits(p, (q - p) / step, true)) return { line: [p, (q - p) / step], inverse: true };
  throw new ChainruleError(
    `${caller}: a number in the function depends on the batch in a way that its values do not reveal ` +
      `(${values.slice(0, 4).join(', ')} …); give { batch: null } for a module of one batch size`,
  );
}

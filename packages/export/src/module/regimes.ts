/**
 * @file Plans for any batch size: for sizes that are planned alike, each number of the plan as an affine function of the size.
 *
 * A function is planned at many sizes. Neighbours with the same kernels in the same order make a regime; within it every
 * word, address and length must lie on a line, which is found from two sizes and checked at all others that were planned.
 */
import { ChainruleError, type Tensor } from '@chainrule/autograd';
import {
  imageOfFunction,
  type FormCollection,
  type FunctionImage,
} from '@chainrule/autograd/internal';

/** A number at the first size of a regime, and how much it grows by each example more. */
export type Line = readonly [start: number, slope: number];

/** A number of the function's code that may depend on the batch: on a line, or one over a line. */
export interface NumberLine {
  readonly line: Line;
  readonly inverse: boolean;
}

/** All sizes from one on, up to the next regime, that are planned alike. */
export interface Regime {
  readonly from: number;
  /** The plan at `from`: structure, slots, dtypes. */
  readonly sample: FunctionImage;
  readonly words: readonly Line[];
  /** Byte offsets of pointers, in the order of the sample's. */
  readonly pointers: readonly Line[];
  /** Bytes of computed values, in the order of the sample's. */
  readonly computed: readonly Line[];
  readonly sharedBytes: Line;
  readonly scratchBytes: Line;
  /** The shape of each output. */
  readonly shapes: readonly (readonly Line[])[];
  /** The numbers among the inputs, by their place; null for other inputs. */
  readonly numbers: readonly (NumberLine | null)[];
  /** How far a call moves the random generator, and the offsets among the inputs. */
  readonly draws: Line;
  readonly offsets: readonly (Line | null)[];
}

/** Every size up to this one is planned; above it those between which something changes are searched for. */
const ALL_UP_TO = 64;

interface Sample {
  readonly size: number;
  readonly made: FunctionImage;
  readonly key: string;
}

/** Plans `f` for all batch sizes from 1 to `most`. `argsOf` gives example arguments of a size; `given` is that of the user's. */
export function regimesOf(
  f: (...args: Tensor[]) => unknown,
  argsOf: (size: number) => Tensor[],
  forms: FormCollection,
  { given, most, caller }: { given: number; most: number; caller: string },
): Regime[] {
  const samples = new Map<number, Sample>();
  /** What works for the user's examples and for no other size is a matter of the batch. */
  const alike = <R>(size: number, plan: () => R): R => {
    try {
      return plan();
    } catch (error) {
      if (size === given || !(error instanceof ChainruleError)) throw error;
      throw new ChainruleError(
        `${caller}: with ${size} in the first dimension of the arguments, which is the batch, instead of ${given}: ` +
          `${error.message.replace(`${caller}: `, '')}; give { batch: null } for a module of one size`,
        { cause: error },
      );
    }
  };
  const at = (size: number): Sample => {
    let sample = samples.get(size);
    if (sample === undefined) {
      // What is refused is refused at the first size.
      const first = samples.size === 0;
      const made = alike(size, () => imageOfFunction(f, argsOf(size), forms, caller, first));
      samples.set(size, (sample = { size, made, key: keyOf(made) }));
    }
    return sample;
  };
  at(given); // What is wrong with the function itself is said as such.
  for (let size = 1; size <= Math.min(most, ALL_UP_TO); size++) at(size);
  let low = Math.min(most, ALL_UP_TO);
  while (low < most) {
    const high = Math.min(most, Math.ceil(low * 1.25));
    search(at, low, high);
    low = high;
  }
  const sorted = [...samples.values()].sort((a, b) => a.size - b.size);
  const groups: Sample[][] = [];
  for (const sample of sorted) {
    const group = groups.at(-1);
    if (group?.[0]?.key === sample.key) group.push(sample);
    else groups.push([sample]);
  }
  return groups.map((group) => regimeOf(group, caller));
}

/** Finds where plans change between two sizes, to the example. */
function search(at: (size: number) => Sample, low: number, high: number): void {
  if (high - low <= 1 || at(low).key === at(high).key) return;
  const middle = (low + high) >> 1;
  search(at, low, middle);
  search(at, middle, high);
}

/** Equal for plans that differ in numbers alone. */
function keyOf({ image, inputs, assigned, shapes }: FunctionImage): string {
  return JSON.stringify([
    image.calls,
    image.list.words.length,
    image.list.pointers.map(({ word, buffer }) => [word, buffer]),
    image.list.mayFault,
    image.computed.map(({ slot, first, last }) => [slot, first, last]),
    image.inputs,
    image.outputs,
    inputs.map(({ kind }) => kind),
    assigned.length,
    shapes.map(({ length }) => length),
  ]);
}

function regimeOf(samples: readonly Sample[], caller: string): Regime {
  const first = samples[0] as Sample;
  const second = samples[1] ?? first;
  const made = samples.map((s) => s.made);
  const step = Math.max(1, second.size - first.size);
  const line = (what: string, of: (image: FunctionImage) => number): Line => {
    const start = of(first.made);
    const slope = (of(second.made) - start) / step;
    samples.forEach(({ size }, i) => {
      if (start + slope * (size - first.size) === of(made[i] as FunctionImage)) return;
      throw new ChainruleError(
        `${caller}: ${what} does not grow evenly with the batch (between ${first.size} and ${size} examples); ` +
          'give { batch: null } for a module of one batch size',
      );
    });
    return [start, slope];
  };
  const { image, inputs } = first.made;
  inputs.forEach((input, k) => {
    if (input.kind !== 'constant' || input.value.length === 1) return;
    for (const { made: other } of samples) {
      const { value } = other.inputs[k] as typeof input;
      if (value !== input.value && !same(value, input.value)) {
        throw new ChainruleError(
          `${caller}: a tensor that the function makes or reads depends on the batch (${input.value.length} elements); ` +
            'hand it in as an argument, or give { batch: null } for a module of one batch size',
        );
      }
    }
  });
  return {
    from: first.size,
    sample: first.made,
    words: image.list.words.map((_, k) =>
      line('a word of a kernel', (m) => m.image.list.words[k]!),
    ),
    pointers: image.list.pointers.map((_, k) =>
      line('an address', (m) => m.image.list.pointers[k]!.bytes),
    ),
    computed: image.computed.map((_, k) => line('a value', (m) => m.image.computed[k]!.bytes)),
    sharedBytes: line('scratch memory', (m) => m.image.list.sharedBytes),
    scratchBytes: line('scratch memory', (m) => m.image.list.scratchBytes),
    shapes: first.made.shapes.map((shape, k) =>
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
}

function same(x: ArrayLike<number>, y: ArrayLike<number>): boolean {
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false;
  return true;
}

/** A number of the code as a function of the batch: constant, on a line, or one over a line. */
function numberLine(samples: readonly Sample[], k: number, caller: string): NumberLine {
  const values = samples.map(({ made }) => {
    const input = made.inputs[k];
    return input?.kind === 'constant' ? (input.value[0] as number) : NaN;
  });
  const first = samples[0] as Sample;
  const second = samples[1] ?? first;
  const step = Math.max(1, second.size - first.size);
  const isSingle = (first.made.inputs[k] as { value: unknown }).value instanceof Float32Array;
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
    `${caller}: a number in the function depends on the batch in a way that cannot be told from its values ` +
      `(${values.slice(0, 4).join(', ')} …); give { batch: null } for a module of one batch size`,
  );
}

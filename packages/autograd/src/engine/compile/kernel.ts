/**
 * @file What a backend is asked to run: a few kinds of kernel over buffers.
 *
 * The engine fuses a graph into kernels; a backend turns a list of kernels into something runnable.
 * Strides and offsets count elements, never bytes; a stride of 0 repeats an element (broadcasting).
 */
import type { DType } from '../../graph/dtype.js';
import type { DistanceNorm, FourierForm } from '../../graph/lowering.js';
import type { KernelFamily } from '../../kernels/family.js';

/** Where an operand begins; one that is no more than a place lies contiguous and row-major. */
export interface Place {
  /** Which buffer of the plan: an index into its pointer table. */
  readonly buffer: number;
  readonly dtype: DType;
  readonly offset: number;
}

/** How a kernel walks one buffer: element `offset + Σ index[d] * strides[d]`. */
export interface Access extends Place {
  /** One stride a dimension of the kernel's iteration space. */
  readonly strides: readonly number[];
}

export type ReduceOp = 'sum' | 'prod' | 'max' | 'min';

/** One scalar instruction of a loop body, in static single assignment: its index is its name. */
export type Scalar =
  /** The element of `inputs[input]` at the current point. */
  | { readonly kind: 'load'; readonly input: number; readonly dtype: DType }
  | { readonly kind: 'const'; readonly value: number; readonly dtype: DType }
  /** The current coordinate along a dimension of the iteration space (`int32`). */
  | { readonly kind: 'index'; readonly dim: number; readonly dtype: 'int32' }
  /** An element function by the name of its primitive: `add`, `exp`, `where`, `cast` … */
  | {
      readonly kind: 'op';
      readonly op: string;
      readonly args: readonly number[];
      readonly dtype: DType;
    }
  /** Folds a value over the whole inner space: a value of each row from then on. */
  | { readonly kind: 'reduce'; readonly op: ReduceOp; readonly arg: number; readonly dtype: DType };

/**
 * A fused loop nest: for each point of `outer` (a row), and each point of `inner` within it.
 *
 * An element-wise chain has an empty inner space. A row sum has one `reduce`; a softmax has two (the maximum, then
 * the sum of exponentials, which needs the maximum), and then a value for each point. A backend runs one pass over
 * the inner space for each level of reductions and a last one for the outputs of each point.
 */
export interface LoopKernel {
  readonly kind: 'loop';
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  /**
   * How its sums and products go, if it has any that round: with several accumulators along the last inner dimension, or
   * down a column with one for each row of the output, in order. Null leaves it to the backend.
   */
  readonly along?: 'row' | 'column' | null;
  /** Strides over `[...outer, ...inner]`. */
  readonly inputs: readonly Access[];
  readonly body: readonly Scalar[];
  /** A value of each row has strides over `outer` alone; one of each point over `[...outer, ...inner]`. */
  readonly outputs: readonly (Access & { readonly value: number })[];
}

/** `out[..., m, n] = Σ_k a[..., m, k] · b[..., k, n]`, any strides, so that transposes and broadcasting are free. */
export interface MatmulKernel {
  readonly kind: 'matmul';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Strides over `[...batch, m, k]`. */
  readonly a: Access;
  /** Strides over `[...batch, k, n]`. */
  readonly b: Access;
  /** Strides over `[...batch, m, n]`. */
  readonly out: Access;
  /**
   * How a small or thin one is added up: along k in rows where both operands lie so in their own views, before any copy was
   * made of them; so its bits do not depend on what else reads the operands.
   */
  readonly along: 'row' | 'column';
}

/**
 * A convolution or one of its gradients, over `x [batch, groups, inChannels, …size]`, `w [groups, outChannels,
 * inChannels, …window]` and `y [batch, groups, outChannels, …places]`: tap `k` at place `o` reads position
 * `o · stride − padLow + k · dilation`, or 0 in the padding. Padding may be negative.
 */
export interface ConvKernel extends Familiar {
  readonly kind: 'conv';
  /** `forward`: y from x and w; `gradInput`: x from y and w; `gradWeight`: w from x and y. */
  readonly direction: 'forward' | 'gradInput' | 'gradWeight';
  readonly batch: number;
  readonly groups: number;
  /** Channels of one group. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly size: readonly number[];
  readonly window: readonly number[];
  readonly places: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly padHigh: readonly number[];
  readonly dilation: readonly number[];
  readonly inputs: readonly [Place, Place];
  readonly out: Place;
}

/** A kernel of its own kind comes with what devices make of it. */
interface Familiar {
  readonly family: KernelFamily;
}

export type Kernel = LoopKernel | MatmulKernel | OperatorKernel;

/**
 * Elements at places that an index names: for each point of `space`, `k` is the index read there, which must be from 0 to
 * `limit − 1`; `table` is the element of the indexed tensor at that point plus `k · step`, `other` that of the other one.
 * `gather`: other = table, from the inputs table and index; `set`: table = other; `add`, `mul`, `max`, `min`: table becomes
 * what both come to, NaN if either is; points in order, from the inputs index and other; `mark`: table = 1, from the index
 * alone.
 */
export interface IndexKernel extends Familiar {
  readonly kind: 'index';
  readonly mode: 'gather' | 'set' | 'mark' | 'add' | 'mul' | 'max' | 'min';
  readonly space: readonly number[];
  readonly limit: number;
  readonly step: number;
  /** Strides over `space`. */
  readonly index: readonly number[];
  readonly table: readonly number[];
  readonly other: readonly number[];
  /** Elements of the table. */
  readonly tableSize: number;
  /** What the table written to starts from: a number, or null where that is one more input, the first. */
  readonly start: number | null;
  /** Whether the table holds already what it starts from. */
  readonly begun?: boolean;
  readonly inputs: readonly Place[];
  readonly out: Place;
}

/** Windows along one dimension: `[starts[o], ends[o])`, every `step`-th position of them. */
export interface Span {
  readonly size: number;
  readonly step: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Windows over the last dimensions of `planes` arrays. `argmax`: where the largest element of each window lies in its
 * plane (the first, or the last NaN); `sum`: the sum of each; `spread`, the transpose of `sum`: each element added to all
 * that its window covers.
 */
export interface PoolKernel extends Familiar {
  readonly kind: 'pool';
  readonly mode: 'argmax' | 'sum' | 'spread';
  readonly planes: number;
  readonly spans: readonly Span[];
  readonly inputs: readonly [Place];
  readonly out: Place;
}

/** Where the first largest (or smallest) element along the middle of `[outer, length, inner]` is, or the first NaN. */
export interface PositionKernel extends Familiar {
  readonly kind: 'position';
  readonly largest: boolean;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly [Place];
  readonly out: Place;
}

/** Random numbers of the generator's stream, from its seed and offset. */
export interface RandomKernel extends Familiar {
  readonly kind: 'random';
  readonly distribution: 'uniform' | 'normal';
  readonly count: number;
  readonly inputs: readonly [Place, Place];
  readonly out: Place;
}

/**
 * What has come together so far along the middle of `[outer, length, inner]`, or from its end: sums, products, where the
 * largest or smallest element is (the last of equal ones, and a NaN before all); `recurrence`: `h = a h + b` of the inputs
 * a and b, without a at the first.
 */
export interface CumulativeKernel extends Familiar {
  readonly kind: 'cumulative';
  readonly op: 'sum' | 'prod' | 'largest' | 'smallest' | 'recurrence';
  readonly reverse: boolean;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly Place[];
  readonly out: Place;
}

/**
 * Rows along the middle of `[outer, length, inner]`, put in order: equal elements in theirs, NaN after all numbers.
 * `order`: where each element of the sorted row was; `median`: the lower median, or NaN if there is one; `argmedian`:
 * where that is, the first of several.
 */
export interface SortKernel extends Familiar {
  readonly kind: 'sort';
  readonly result: 'order' | 'median' | 'argmedian';
  readonly descending: boolean;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly [Place];
  readonly out: Place;
}

/**
 * Where `each` values a row belong in `rows` sorted rows of `length`: before elements equal to them, or after (`right`).
 * NaN counts as larger than all numbers.
 */
export interface SearchKernel extends Familiar {
  readonly kind: 'search';
  readonly right: boolean;
  readonly rows: number;
  readonly length: number;
  readonly each: number;
  /** The sorted rows, then the values. */
  readonly inputs: readonly [Place, Place];
  readonly out: Place;
}

/**
 * The norms of the differences of rows: `out[b][i][j] = ‖x[b][i] − y[b][j]‖` of `x [batch, rows, length]` and
 * `y [batch, others, length]`.
 */
export interface DistanceKernel extends Familiar {
  readonly kind: 'distance';
  readonly norm: DistanceNorm;
  readonly batch: number;
  readonly rows: number;
  readonly others: number;
  readonly length: number;
  /** Both matrices; and the products of their rows less a centre, and the squares of these, where they are given. */
  readonly inputs: readonly [Place, Place] | readonly [Place, Place, Place, Place, Place];
  readonly out: Place;
}

/**
 * Sums `scale · Σ x[j] e^(± 2πi jk/n)` along the middle of `[outer, n, inner]`. Complex numbers are `pairs` in a last
 * dimension, or two tensors, the `parts`; of `real` numbers the transform may be wanted up to ⌊n/2⌋ only, or be given so
 * (`half`), and its real result be wanted.
 */
export interface FourierKernel extends Familiar {
  readonly kind: 'fourier';
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Of the exponent; −1 of real numbers, 1 where the result is real. */
  readonly sign: number;
  readonly scale: number;
  readonly from: FourierForm;
  readonly to: Exclude<FourierForm, 'parts'>;
  readonly inputs: readonly Place[];
  readonly out: Place;
}

/** A kernel of its own kind over contiguous operands. */
export type OperatorKernel =
  | ConvKernel
  | IndexKernel
  | PoolKernel
  | PositionKernel
  | RandomKernel
  | CumulativeKernel
  | SearchKernel
  | SortKernel
  | DistanceKernel
  | FourierKernel;

/** Everything a kernel reads and writes. */
export function placesOf(kernel: Kernel): Place[] {
  if (kernel.kind === 'loop') return [...kernel.inputs, ...kernel.outputs];
  if (kernel.kind === 'matmul') return [kernel.a, kernel.b, kernel.out];
  return [...kernel.inputs, kernel.out];
}

/** The buffers that a kernel writes. */
export function writtenBy(kernel: Kernel): number[] {
  return kernel.kind === 'loop' ? kernel.outputs.map(({ buffer }) => buffer) : [kernel.out.buffer];
}

/** The same kernel over other buffers. */
export function withPlaces(kernel: Kernel, to: <P extends Place>(place: P) => P): Kernel {
  if (kernel.kind === 'loop')
    return { ...kernel, inputs: kernel.inputs.map(to), outputs: kernel.outputs.map(to) };
  if (kernel.kind === 'matmul')
    return { ...kernel, a: to(kernel.a), b: to(kernel.b), out: to(kernel.out) };
  return {
    ...kernel,
    inputs: kernel.inputs.map(to),
    out: to(kernel.out),
  } as unknown as OperatorKernel;
}

/** Whether an index kernel moves elements, and computes nothing. */
function moves({ mode }: IndexKernel): boolean {
  return mode === 'gather' || mode === 'set' || mode === 'mark';
}

/** Additions and multiplications of an operator; 0 for those that only move elements. */
export function operatorFlops(kernel: OperatorKernel): number {
  const of = (...sizes: readonly number[]): number => sizes.reduce((n, x) => n * x, 1);
  switch (kernel.kind) {
    case 'conv': {
      const { batch, groups, inChannels, outChannels, places, window } = kernel;
      return of(2, batch, groups, inChannels, outChannels, ...places, ...window);
    }
    case 'index':
      return moves(kernel) ? 0 : of(...kernel.space);
    case 'pool':
      return of(
        kernel.planes,
        ...kernel.spans.map(({ starts, ends, step }) =>
          starts.reduce((n, s, o) => n + Math.ceil(((ends[o] as number) - s) / step), 0),
        ),
      );
    case 'position':
    case 'cumulative':
      return of(kernel.outer, kernel.length, kernel.inner);
    case 'distance':
      return of(3, kernel.batch, kernel.rows, kernel.others, kernel.length);
    case 'fourier':
      return of(5, kernel.outer, kernel.length, kernel.inner, Math.log2(kernel.length));
    case 'random':
    case 'search':
    case 'sort':
      return 0;
  }
}

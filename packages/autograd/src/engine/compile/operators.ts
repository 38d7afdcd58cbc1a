/** @file Operator kernels, over contiguous operands: what each computes, and with what sizes. */
import type { DistanceNorm, FourierForm } from '../../graph/lowering.js';
import type { KernelFamily } from '../../kernels/family.js';
import type { BufferRef } from './bufferRef.js';

/** An operator kernel refers to its family, which holds what backends make of it. */
interface KernelOfFamily {
  readonly family: KernelFamily;
}

/**
 * A convolution or one of its gradients, over `x [batch, groups, inChannels, …size]`, `w [groups, outChannels,
 * inChannels, …window]` and `y [batch, groups, outChannels, …positions]`: tap `k` at output position `o` reads position
 * `o · stride − padLow + k · dilation`, or 0 in the padding. Padding may be negative.
 */
export interface ConvKernel extends KernelOfFamily {
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
  readonly outSize: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly padHigh: readonly number[];
  readonly dilation: readonly number[];
  readonly inputs: readonly [BufferRef, BufferRef];
  readonly out: BufferRef;
}

/**
 * Elements at positions that an index names: for each point of `space`, `k` is the index read there, which must be from 0 to
 * `limit − 1`; `table` is the element of the indexed tensor at that point plus `k · step`, `other` that of the other one.
 * `gather`: other = table, from the inputs table and index; `set`: table = other; `add`, `mul`, `max`, `min`: table is
 * combined with other, NaN if either is; points in order, from the inputs index and other; `mark`: table = 1, from the index
 * alone.
 */
export interface IndexKernel extends KernelOfFamily {
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
  /** The initial contents of a table that is written: a number, or null if the first input holds them. */
  readonly start: number | null;
  /** Whether the output buffer already holds the starting values. */
  readonly begun?: boolean;
  readonly inputs: readonly BufferRef[];
  readonly out: BufferRef;
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
export interface PoolKernel extends KernelOfFamily {
  readonly kind: 'pool';
  readonly mode: 'argmax' | 'sum' | 'spread';
  readonly planes: number;
  readonly spans: readonly Span[];
  readonly inputs: readonly [BufferRef];
  readonly out: BufferRef;
}

/** Where the first largest (or smallest) element along the middle of `[outer, length, inner]` is, or the first NaN. */
export interface PositionKernel extends KernelOfFamily {
  readonly kind: 'position';
  readonly largest: boolean;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly [BufferRef];
  readonly out: BufferRef;
}

/** Puts inputs side by side: each row of the result is a row of every input, of `lengths[i]` elements, one after the other. */
export interface JoinKernel extends KernelOfFamily {
  readonly kind: 'join';
  readonly rows: number;
  readonly lengths: readonly number[];
  readonly inputs: readonly BufferRef[];
  readonly out: BufferRef;
}

/** Random numbers of the generator's stream, from its seed and offset. */
export interface RandomKernel extends KernelOfFamily {
  readonly kind: 'random';
  readonly distribution: 'uniform' | 'normal';
  readonly count: number;
  readonly inputs: readonly [BufferRef, BufferRef];
  readonly out: BufferRef;
}

/**
 * What has accumulated so far along the middle of `[outer, length, inner]`, or from its end: sums, products, the position of
 * the largest or smallest element (the last of equal ones; NaN wins); `recurrence`: `h = a h + b` of the inputs a and b,
 * without a at the first.
 */
export interface CumulativeKernel extends KernelOfFamily {
  readonly kind: 'cumulative';
  readonly op: 'sum' | 'prod' | 'largest' | 'smallest' | 'recurrence';
  readonly reverse: boolean;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly BufferRef[];
  readonly out: BufferRef;
}

/**
 * Sorts rows along the middle of `[outer, length, inner]`: a stable order, with NaN after all numbers. `order`: where each
 * element of the sorted row was; `median`: the lower median, or NaN if there is one; `argmedian`: where that is, the first of
 * several.
 */
export interface SortKernel extends KernelOfFamily {
  readonly kind: 'sort';
  readonly result: 'order' | 'median' | 'argmedian';
  readonly descending: boolean;
  /** For an order: how many of its first elements are read, if they are few. */
  readonly leading?: number | undefined;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly inputs: readonly [BufferRef];
  readonly out: BufferRef;
}

/**
 * Where `each` values per row belong in `rows` sorted rows of `length`: before elements equal to them, or after (`right`).
 * NaN counts as larger than all numbers.
 */
export interface SearchKernel extends KernelOfFamily {
  readonly kind: 'search';
  readonly right: boolean;
  readonly rows: number;
  readonly length: number;
  readonly each: number;
  /** The sorted rows, then the values. */
  readonly inputs: readonly [BufferRef, BufferRef];
  readonly out: BufferRef;
}

/**
 * The norms of the differences of rows: `out[b][i][j] = ‖x[b][i] − y[b][j]‖` of `x [batch, rows, length]` and
 * `y [batch, columns, length]`.
 */
export interface DistanceKernel extends KernelOfFamily {
  readonly kind: 'distance';
  readonly norm: DistanceNorm;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  /** Both matrices; optionally also the products of their rows less a centre, and the squares of these. */
  readonly inputs:
    | readonly [BufferRef, BufferRef]
    | readonly [BufferRef, BufferRef, BufferRef, BufferRef, BufferRef];
  readonly out: BufferRef;
}

/**
 * Sums of differences of rows: `out[b][i] = Σⱼ w[b][i][j] (x[b][i] − y[b][j])` of `x [batch, rows, length]` and
 * `y [batch, columns, length]`.
 */
export interface PullKernel extends KernelOfFamily {
  readonly kind: 'pull';
  /** Whether the weights are stored as `w[b][j][i]`. */
  readonly transposed: boolean;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  /** The weights, `x` and `y`. */
  readonly inputs: readonly [BufferRef, BufferRef, BufferRef];
  readonly out: BufferRef;
}

/**
 * Sums `scale · Σ x[j] e^(± 2πi jk/n)` along the middle of `[outer, n, inner]`. Complex numbers are `pairs` in a last
 * dimension, or two tensors, the `parts`. The spectrum of `real` numbers may be computed, or given, only up to ⌊n/2⌋
 * (`half`), and the result may be real.
 */
export interface FourierKernel extends KernelOfFamily {
  readonly kind: 'fourier';
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** The sign of the exponent; −1 for real input, 1 for a real result. */
  readonly sign: number;
  readonly scale: number;
  readonly from: FourierForm;
  readonly to: Exclude<FourierForm, 'parts'>;
  readonly inputs: readonly BufferRef[];
  readonly out: BufferRef;
}

/** An operator kernel over contiguous operands. */
export type OperatorKernel =
  | ConvKernel
  | IndexKernel
  | PoolKernel
  | PositionKernel
  | JoinKernel
  | RandomKernel
  | CumulativeKernel
  | SearchKernel
  | SortKernel
  | DistanceKernel
  | PullKernel
  | FourierKernel;

/** Whether an index kernel only moves elements. */
function isDataMovement({ mode }: IndexKernel): boolean {
  return mode === 'gather' || mode === 'set' || mode === 'mark';
}

/** Additions and multiplications of an operator; 0 for those that only move elements. */
export function operatorFlops(kernel: OperatorKernel): number {
  const of = (...sizes: readonly number[]): number => sizes.reduce((n, x) => n * x, 1);
  switch (kernel.kind) {
    case 'conv': {
      const { batch, groups, inChannels, outChannels, outSize, window } = kernel;
      return of(2, batch, groups, inChannels, outChannels, ...outSize, ...window);
    }
    case 'index':
      return isDataMovement(kernel) ? 0 : of(...kernel.space);
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
    case 'pull':
      return of(3, kernel.batch, kernel.rows, kernel.columns, kernel.length);
    case 'fourier':
      return of(5, kernel.outer, kernel.length, kernel.inner, Math.log2(kernel.length));
    case 'join':
    case 'random':
    case 'search':
    case 'sort':
      return 0;
  }
}

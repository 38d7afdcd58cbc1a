/**
 * @file A kernel over scores that are never stored: each is the product of a row of one matrix and a row of another, and the
 * values computed from it are summed along the rows or down the columns.
 */
import type { Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';

/** `[…batch, rows, columns]` products of `a [.., rows, k]` and `b [.., k, columns]`. */
export interface Dot {
  readonly kind: 'dot';
  /** Strides over `[...batch, rows, k]`. */
  readonly a: Access;
  /** Strides over `[...batch, k, columns]`. */
  readonly b: Access;
  readonly k: number;
}

/** An input of the body: an element with strides over `[...outer, ...inner]`, or a score. */
export type ScoreInput = { readonly kind: 'element'; readonly access: Access } | Dot;

/**
 * The sum of `value · other` along the columns, or the rows: `other` has strides over `[...batch, columns, n]` or
 * `[...batch, rows, n]`, the result over `[...batch, rows, n]` or `[...batch, columns, n]`.
 */
export interface Contraction {
  readonly value: number;
  readonly other: Access;
  readonly n: number;
  readonly out: Access;
}

export interface ScoresKernel {
  /** Whether a workgroup has rows and traverses them, or has columns and goes down them; reductions are along rows. */
  readonly over: 'rows' | 'columns';
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** The dimensions of the body: of all rows of the batch, and of a row. */
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  readonly inputs: readonly ScoreInput[];
  readonly body: readonly Scalar[];
  /** Values of a row, with strides over `outer`. */
  readonly outputs: readonly (Access & { readonly value: number })[];
  readonly contractions: readonly Contraction[];
}

/** A maximum along the row, and the sum of the exponentials of the differences from it: computed in one pass. */
export interface Softmax {
  readonly score: number;
  readonly max: number;
  readonly exponential: number;
  readonly sum: number;
}

/** The softmax of a body; null if it has none. */
export function softmaxOf(body: readonly Scalar[]): Softmax | null {
  for (const [sum, s] of body.entries()) {
    if (s.kind !== 'reduce' || s.op !== 'sum' || s.dtype !== 'float32') continue;
    const exponential = body[s.arg]!;
    if (exponential.kind !== 'op' || exponential.op !== 'exp') continue;
    const difference = body[exponential.args[0]!]!;
    if (difference.kind !== 'op' || difference.op !== 'sub') continue;
    const [score, max] = difference.args as [number, number];
    const most = body[max]!;
    if (most.kind === 'reduce' && most.op === 'max' && most.arg === score)
      return { score, max, exponential: s.arg, sum };
  }
  return null;
}

/**
 * Whether all values that are summed are the exponential of the softmax times a value of the row. `point` says which values
 * differ between points of a row, `level` how many reductions come before each.
 */
export function isLinear(
  { body, contractions }: ScoresKernel,
  { exponential, sum }: Softmax,
  { point, level }: { readonly point: readonly boolean[]; readonly level: readonly number[] },
): boolean {
  const linear = (i: number): boolean => {
    if (i === exponential) return true;
    const s = body[i]!;
    if (s.kind === 'const') return s.value === 0;
    if (s.kind !== 'op') return false;
    const [x, y, z] = s.args as [number, number, number];
    if (s.op === 'where') return !point[x]! && linear(y) && linear(z);
    if (s.op !== 'mul') return false;
    return point[x]! ? !point[y]! && linear(x) : point[y]! && linear(y);
  };
  return (
    Math.max(0, ...level) <= level[sum]! &&
    contractions.length === 1 &&
    contractions.every(({ value }) => point[value]! && linear(value))
  );
}

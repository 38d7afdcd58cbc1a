/** @file Windows of a long sequence as a dataset, such as a time series or the tokens of a text. */
import {
  checkArgument,
  guardMethods,
  ChainruleError,
  defineOptions,
  display,
  IndexError,
  kinds,
  ShapeError,
  tensor,
  type Tensor,
  type TypedArray,
} from '@chainrule/autograd';
import { someIndices } from './datasets.js';
import type { RowDataset } from './datasets.js';

/** Options of `SlidingWindows`. */
export interface SlidingWindowsOptions {
  /** The number of steps in a window. */
  readonly size: number;
  /** The number of steps after it that are the target. Default 1; 0 for no target. */
  readonly horizon?: number;
  /** The number of steps between a window and its target. Default 0. */
  readonly gap?: number;
  /** The number of steps between the starts of windows. Default 1. */
  readonly stride?: number;
}

const slidingOptions = defineOptions<SlidingWindowsOptions>({
  size: kinds.required(kinds.count),
  horizon: kinds.size,
  gap: kinds.size,
  stride: kinds.count,
});

/** Cuts parts out of a sequence, whose elements are read once. */
class Sequence {
  readonly length: number;
  private readonly data: TypedArray;
  private readonly step: number;
  private readonly rest: readonly number[];
  private readonly dtype: Tensor['dtype'];

  constructor(op: string, given: Tensor | TypedArray) {
    const t: Tensor = ArrayBuffer.isView(given) ? tensor(given) : given;
    checkArgument(op, 'the sequence', t, kinds.tensor);
    if (t.ndim === 0) throw new ShapeError(`${op}: a tensor without dimensions is not a sequence`);
    const [length = 0, ...rest] = t.shape;
    this.length = length;
    this.rest = rest;
    this.step = rest.reduce((a, b) => a * b, 1);
    this.data = t.dataSync();
    this.dtype = t.dtype;
  }

  /** The parts of `size` steps that begin at each of the starts, stacked. */
  parts(starts: readonly number[], size: number): Tensor {
    const { data, step, rest, dtype } = this;
    const out = new (data.constructor as new (n: number) => TypedArray)(
      starts.length * size * step,
    );
    starts.forEach((start, i) =>
      out.set(data.subarray(start * step, (start + size) * step), i * size * step),
    );
    return tensor(out, { shape: [starts.length, size, ...rest], dtype });
  }
}

/**
 * The windows of a series `[time, …]`, each with the steps that follow it: `at(i)` is `[input, target]` of shapes `[size, …]`
 * and `[horizon, …]`. TensorFlow: `timeseries_dataset_from_array`.
 *
 * @throws {ChainruleError} if the series is shorter than one window and its target.
 * @example new DataLoader(new SlidingWindows(prices, { size: 30, horizon: 5 }), { batchSize: 32, shuffle: true })
 */
export class SlidingWindows implements RowDataset<[Tensor, Tensor]> {
  /** The number of windows. */
  readonly length: number;
  private readonly series: Sequence;
  private readonly options: Required<SlidingWindowsOptions>;

  constructor(series: Tensor | TypedArray, options: SlidingWindowsOptions) {
    guardMethods(this, SlidingWindows.prototype, 'dataset', (x) => x instanceof SlidingWindows);
    const { size, horizon = 1, gap = 0, stride = 1 } = slidingOptions('SlidingWindows', options);
    this.series = new Sequence('SlidingWindows', series);
    this.options = { size, horizon, gap, stride };
    const needed = size + gap + horizon;
    if (this.series.length < needed) {
      throw new ChainruleError(
        `SlidingWindows: a window and its target take ${needed} steps, the series has ${this.series.length}`,
      );
    }
    this.length = Math.floor((this.series.length - needed) / stride) + 1;
  }

  /** The window at an index, and its target. */
  at(index: number): [Tensor, Tensor] {
    return this.batch([index]).map((t) => t.select(0, 0)) as [Tensor, Tensor];
  }

  /** Several windows, stacked, and their targets. */
  batch(indices: ArrayLike<number>): [Tensor, Tensor] {
    const { size, horizon, gap, stride } = this.options;
    const starts = startsOf('SlidingWindows', indices, this.length, stride);
    const targets = starts.map((start) => start + size + gap);
    return [this.series.parts(starts, size), this.series.parts(targets, horizon)];
  }
}

/** Options of `TokenWindows`. */
export interface TokenWindowsOptions {
  /** The number of tokens in a window: the context of the model. */
  readonly size: number;
  /** The number of tokens between the starts of windows. Default `size`: windows do not overlap. */
  readonly stride?: number;
}

const tokenOptions = defineOptions<TokenWindowsOptions>({
  size: kinds.required(kinds.count),
  stride: kinds.count,
});

/**
 * The windows of a text's tokens for a language model: `at(i)` is `[tokens, next]`, both of shape `[size]`, where
 * `next` is shifted by one token.
 *
 * @throws {ChainruleError} unless there are more than `size` tokens.
 * @example new DataLoader(new TokenWindows(Int32Array.from(tokenizer.encode(text).ids), { size: 128 }), { batchSize: 16 })
 */
export class TokenWindows implements RowDataset<[Tensor, Tensor]> {
  /** The number of windows. */
  readonly length: number;
  private readonly tokens: Sequence;
  private readonly size: number;
  private readonly stride: number;

  constructor(tokens: Tensor | TypedArray, options: TokenWindowsOptions) {
    guardMethods(this, TokenWindows.prototype, 'dataset', (x) => x instanceof TokenWindows);
    const { size, stride = size } = tokenOptions('TokenWindows', options);
    this.tokens = new Sequence('TokenWindows', tokens);
    if (this.tokens.length <= size) {
      throw new ChainruleError(
        `TokenWindows: a window and the token after it take ${size + 1} tokens, there are ${this.tokens.length}`,
      );
    }
    this.size = size;
    this.stride = stride;
    this.length = Math.floor((this.tokens.length - size - 1) / stride) + 1;
  }

  /** The window at an index, and the same shifted by one token. */
  at(index: number): [Tensor, Tensor] {
    return this.batch([index]).map((t) => t.select(0, 0)) as [Tensor, Tensor];
  }

  /** Several windows, stacked. */
  batch(indices: ArrayLike<number>): [Tensor, Tensor] {
    const starts = startsOf('TokenWindows', indices, this.length, this.stride);
    const next = starts.map((start) => start + 1);
    return [this.tokens.parts(starts, this.size), this.tokens.parts(next, this.size)];
  }
}

function startsOf(
  op: string,
  indices: ArrayLike<number>,
  length: number,
  stride: number,
): number[] {
  const { length: count } = checkArgument(op, 'indices', indices, someIndices);
  return Array.from({ length: count }, (_, i) => {
    const index = indices[i] as number;
    if (!(Number.isInteger(index) && index >= 0 && index < length))
      throw new IndexError(`${op}: there is no window ${display(index)}; there are ${length}`);
    return index * stride;
  });
}

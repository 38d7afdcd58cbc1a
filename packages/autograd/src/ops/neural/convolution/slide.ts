/** @file Primitives over windows: unfolding them, summing them, and finding the largest element of each. */
import type { Value } from '../../../graph/primitive.js';
import { sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { pooling } from '../../../kernels/pooling.js';
import { reshapeNode } from '../../build/broadcast.js';
import { primitive, type PrimitiveOp } from '../../build/primitive.js';
import { slidingTable, tableOf, windowCounts } from './windows.js';

/** The geometry of windows that slide; see `Sliding`. */
export interface SlideAttrs extends Record<string, readonly number[]> {
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly padHigh: readonly number[];
  readonly dilation: readonly number[];
}

/** Every window of every channel, zeros in the padding: `[n, c, …size] → [n, c, …kernel, …windows]`. */
export const unfoldWindows: PrimitiveOp<SlideAttrs> = primitive<SlideAttrs>('unfold', {
  lowering: { kind: 'reference' },
  shape: ([x], attrs) => [
    ...(x as Tensor).sizes.slice(0, 2),
    ...attrs.kernel,
    ...windowCounts(attrs),
  ],
  vjp: (_i, ct, _inputs, _out, attrs) => foldWindows([ct], attrs),
  jvp: 'linear',
  batch: ([x], _batched, attrs) => asBatch(x as Tensor, (y) => unfoldWindows([y], attrs)),
  reference: ([x], out, attrs) => {
    eachTap(out.shape, attrs, (to, from) => {
      out.data[to] = (x as Value).data[from]!;
    });
  },
});

/** The transpose of `unfoldWindows`: `[n, c, …kernel, …windows] → [n, c, …size]`, adding up where windows overlap. */
export const foldWindows: PrimitiveOp<SlideAttrs> = primitive<SlideAttrs>('fold', {
  lowering: { kind: 'reference' },
  shape: ([x], { size }) => [...(x as Tensor).sizes.slice(0, 2), ...size],
  vjp: (_i, ct, _inputs, _out, attrs) => unfoldWindows([ct], attrs),
  jvp: 'linear',
  batch: ([x], _batched, attrs) => asBatch(x as Tensor, (y) => foldWindows([y], attrs)),
  reference: ([x], out, attrs) => {
    const sums = new Float64Array(out.data.length);
    eachTap((x as Value).shape, attrs, (from, to) => {
      sums[to]! += (x as Value).data[from]!;
    });
    out.data.set(sums);
  },
});

/** Visits `(position in the unfolded tensor, position in the folded one)` of every tap outside the padding. */
function eachTap(
  unfolded: Shape,
  attrs: SlideAttrs,
  f: (inside: number, outside: number) => void,
): void {
  const { index } = slidingTable(attrs);
  const taps = sizeOf(attrs.kernel);
  const positions = taps === 0 ? 0 : index.length / taps;
  const area = sizeOf(attrs.size);
  const planes = unfolded[0]! * unfolded[1]!;
  for (let plane = 0; plane < planes; plane++) {
    for (let t = 0, to = plane * taps * positions; t < taps; t++) {
      for (let p = 0; p < positions; p++, to++) {
        const from = index[p * taps + t]!;
        if (from >= 0) f(to, plane * area + from);
      }
    }
  }
}

function asBatch(x: Tensor, f: (y: Tensor) => Tensor): Tensor {
  const [b, n, ...rest] = x.sizes as readonly [number, number, ...number[]];
  const y = f(reshapeNode(x, [b * n, ...rest]));
  return reshapeNode(y, [b, n, ...y.sizes.slice(1)]);
}

/** Windows `[start, end)` over the last dimensions, of any sizes: one list per dimension. */
export interface SpanAttrs extends Record<
  string,
  readonly number[] | readonly (readonly number[])[]
> {
  /** The dimensions covered. */
  readonly size: readonly number[];
  readonly starts: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
}

/** The sum of each window: `[…, …size] → […, …windows]`. */
export const windowSum: PrimitiveOp<SpanAttrs> = primitive<SpanAttrs>('windowSum', {
  lowering: {
    kind: 'kernel',
    family: pooling,
    kernel: (spans) => ({ kind: 'pool', mode: 'sum', ...spans }),
  },
  shape: ([x], { size, starts }) => [
    ...lead((x as Tensor).sizes, size),
    ...starts.map((s) => s.length),
  ],
  vjp: (_i, ct, _inputs, _out, attrs) => windowSpread([ct], attrs),
  jvp: 'linear',
  batch: ([x], _batched, attrs) => windowSum([x as Tensor], attrs),
  reference: ([x], out, attrs) => out.data.set(separably(x as Value, attrs, false)),
});

/** The transpose of `windowSum`: adds each element to all that its window covers, `[…, …windows] → […, …size]`. */
export const windowSpread: PrimitiveOp<SpanAttrs> = primitive<SpanAttrs>('windowSpread', {
  lowering: {
    kind: 'kernel',
    family: pooling,
    kernel: (spans) => ({ kind: 'pool', mode: 'spread', ...spans }),
  },
  shape: ([x], { size }) => [...lead((x as Tensor).sizes, size), ...size],
  vjp: (_i, ct, _inputs, _out, attrs) => windowSum([ct], attrs),
  jvp: 'linear',
  batch: ([x], _batched, attrs) => windowSpread([x as Tensor], attrs),
  reference: ([x], out, attrs) => out.data.set(separably(x as Value, attrs, true)),
});

function lead(shape: Shape, size: Shape): Shape {
  return shape.slice(0, shape.length - size.length);
}

/** Sums over windows one dimension after the other, in float64. */
function separably(
  x: Value,
  { size, starts, ends }: SpanAttrs,
  spread: boolean,
): ArrayLike<number> {
  let data: ArrayLike<number> = x.data;
  const shape = [...x.shape];
  for (let d = 0; d < size.length; d++) {
    const axis = shape.length - size.length + d;
    const windows = starts[d]!.length;
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const [from, to] = spread ? [windows, size[d]!] : [size[d]!, windows];
    const next = new Float64Array(outer * to * inner);
    for (let o = 0; o < outer; o++) {
      for (let w = 0; w < windows; w++) {
        for (let i = starts[d]![w]!; i < ends[d]![w]!; i++) {
          let p = (o * from + (spread ? w : i)) * inner;
          let q = (o * to + (spread ? i : w)) * inner;
          for (let j = 0; j < inner; j++) next[q++]! += data[p++]!;
        }
      }
    }
    data = next;
    shape[axis] = to;
  }
  return data;
}

/** Like `SpanAttrs`, but only every `step`-th element counts. */
export interface ArgmaxAttrs extends SpanAttrs {
  readonly step: readonly number[];
}

/**
 * The position of the largest element of each window, counted over the covered dimensions: the first one, or the last NaN.
 * `[…, …size] → int32 […, …windows]`.
 */
export const windowArgmax: PrimitiveOp<ArgmaxAttrs> = primitive<ArgmaxAttrs>('windowArgmax', {
  lowering: {
    kind: 'kernel',
    family: pooling,
    kernel: (spans) => ({ kind: 'pool', mode: 'argmax', ...spans }),
  },
  differentiable: false,
  shape: ([x], { size, starts }) => [
    ...lead((x as Tensor).sizes, size),
    ...starts.map((s) => s.length),
  ],
  dtype: () => 'int32',
  batch: ([x], _batched, attrs) => windowArgmax([x as Tensor], attrs),
  reference: ([x], out, { size, starts, ends, step }) => {
    const table = tableOf(
      size,
      starts.map((list, d) =>
        list.map((start, w) => {
          const at: number[] = [];
          for (let i = start; i < ends[d]![w]!; i += step[d]!) at.push(i);
          return at;
        }),
      ),
    );
    const { data } = x as Value;
    const places = table.start.length - 1;
    const area = sizeOf(size);
    for (let o = 0, from = 0; o < out.data.length; from += area) {
      for (let p = 0; p < places; p++, o++) {
        let at = table.start[p]!;
        let best = table.index[at]!;
        for (const end = table.start[p + 1]!; at < end; at++) {
          const v = data[from + table.index[at]!]!;
          // As in PyTorch, a NaN wins over everything before it, even another NaN.
          if (v > data[from + best]! || v !== v) best = table.index[at]!;
        }
        out.data[o] = best;
      }
    }
  },
});

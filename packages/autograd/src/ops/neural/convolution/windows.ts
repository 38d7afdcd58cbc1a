/** @file Which elements the windows of a convolution or a pooling cover: tables of positions for the reference kernels. */
import { sizeOf, stridesOf, type Shape } from '../../../graph/shape.js';

/** Windows over some dimensions: those of position `p` of the result cover `index[start[p]] … index[start[p + 1] - 1]`. */
export interface WindowTable {
  readonly start: Int32Array;
  /** Flat positions over the dimensions of the input; -1 lies in the padding. */
  readonly index: Int32Array;
}

/** The geometry of sliding windows, one entry per dimension. */
export interface Sliding {
  /** The dimensions slid over. */
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly padHigh: readonly number[];
  readonly dilation: readonly number[];
}

/** The number of windows in each dimension; 0 or less if the kernel is larger than the padded input. */
export function windowCounts({
  size,
  kernel,
  stride,
  padLow,
  padHigh,
  dilation,
}: Sliding): number[] {
  return size.map((n, d) => {
    const span = n + padLow[d]! + padHigh[d]! - dilation[d]! * (kernel[d]! - 1) - 1;
    return Math.floor(span / stride[d]!) + 1;
  });
}

/** The table of windows that slide; every window has `sizeOf(kernel)` entries. */
export function slidingTable(g: Sliding): WindowTable {
  const counts = windowCounts(g);
  return tableOf(
    g.size,
    counts.map((count, d) =>
      Array.from({ length: count }, (_, o) => {
        const from = o * g.stride[d]! - g.padLow[d]!;
        return Array.from({ length: g.kernel[d]! }, (_, k) => {
          const at = from + k * g.dilation[d]!;
          return at >= 0 && at < g.size[d]! ? at : -1;
        });
      }),
    ),
  );
}

/** The table of windows that are products of lists: `lists[d][o]` holds the positions of window `o` along dimension `d`. */
export function tableOf(
  size: Shape,
  lists: readonly (readonly (readonly number[])[])[],
): WindowTable {
  const strides = stridesOf(size);
  const total = lists.reduce(
    (product, list) => product * list.reduce((sum, at) => sum + at.length, 0),
    1,
  );
  const start = new Int32Array(sizeOf(lists.map((list) => list.length)) + 1);
  const index = new Int32Array(total);
  let p = 0;
  let filled = 0;
  const cover = (d: number, chosen: readonly (readonly number[])[], offset: number): void => {
    if (d === chosen.length) {
      index[filled++] = offset;
      return;
    }
    for (const at of chosen[d]!)
      cover(d + 1, chosen, at < 0 || offset < 0 ? -1 : offset + at * strides[d]!);
  };
  const place = (d: number, chosen: readonly (readonly number[])[]): void => {
    if (d === lists.length) {
      cover(0, chosen, 0);
      start[++p] = filled;
      return;
    }
    for (const at of lists[d]!) place(d + 1, [...chosen, at]);
  };
  place(0, []);
  return { start, index };
}

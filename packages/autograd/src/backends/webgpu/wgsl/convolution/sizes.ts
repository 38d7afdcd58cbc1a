/** @file The sizes of a convolution: as a product, and of its result. */
import type { ConvKernel } from '../../../../engine/compile/operators.js';
import { product } from '../coordinates.js';

/** A convolution as a product for each group: its rows, columns, and terms of a sum. */
export function productOf({ batch, inChannels, outChannels, direction, ...k }: ConvKernel): {
  readonly m: number;
  readonly n: number;
  readonly k: number;
} {
  const [size, window, positions] = [k.size, k.window, k.outSize].map(product) as [
    number,
    number,
    number,
  ];
  switch (direction) {
    case 'forward':
      return { m: batch * positions, n: outChannels, k: inChannels * window };
    case 'gradInput':
      return { m: batch * size, n: inChannels, k: outChannels * window };
    case 'gradWeight':
      return { m: inChannels * window, n: outChannels, k: batch * positions };
  }
}

/** The dimensions of a result. */
export function sizesOf(k: ConvKernel): readonly number[] {
  const { batch, groups, inChannels, outChannels } = k;
  switch (k.direction) {
    case 'forward':
      return [batch, groups, outChannels, ...k.outSize];
    case 'gradInput':
      return [batch, groups, inChannels, ...k.size];
    case 'gradWeight':
      return [groups, outChannels, inChannels, ...k.window];
  }
}

/** `prefix1`, `prefix2`, …: this many names, from a number on. */
export function names(prefix: string, count: number, from: number): string[] {
  return Array.from({ length: count }, (_, d) => `${prefix}${from + d}`);
}

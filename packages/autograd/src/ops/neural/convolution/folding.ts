/** @file The windows of a convolution as columns, and the reverse. Part of the convolution family. */
import { defineOptions, plural } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ShapeError } from '../../../errors.js';
import { show, sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshapeNode } from '../../build/broadcast.js';
import { castNode } from '../../build/element.js';
import { gt } from '../../build/relations.js';
import { composite, operand } from '../../build/define.js';
import { batchedInput, checkFits, perDim, unbatched, type PerDim } from './geometry.js';
import { foldWindows, unfoldWindows, type SlideAttrs } from './slide.js';
import { windowCounts } from './windows.js';

/** Options of `unfold` and `fold`. */
export interface UnfoldOptions {
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim;
  /** Zeros added at each side. Default 0. */
  readonly padding?: PerDim;
  /** The distance between windows. Default 1. */
  readonly stride?: PerDim;
}

// Their values are checked together with the number of dimensions.
const unfoldOptions = defineOptions<UnfoldOptions>({
  dilation: kinds.anything,
  padding: kinds.anything,
  stride: kinds.anything,
});

/**
 * The windows of a convolution as columns: `x [n, c, h, w]` (or `[c, h, w]`) → `[n, c · kh · kw, windows]`, zeros in
 * the padding. PyTorch: `nn.functional.unfold` (im2col).
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example
 * unfold(arange(9).reshape([1, 1, 3, 3]).cast('float32'), 2) // [[[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]]
 */
export const unfold: (x: Tensor, kernelSize: PerDim, options?: UnfoldOptions) => Tensor = composite(
  'unfold',
  (input: Tensor, kernelSize: PerDim, given?: UnfoldOptions): Tensor => {
    const options = unfoldOptions('unfold', given);
    const { x, single } = batchedInput('unfold', operand('unfold', input), 2);
    const geometry = slidingOf('unfold', x.sizes.slice(2), kernelSize, options);
    checkFits('unfold', geometry);
    const rows = (x.sizes[1] as number) * sizeOf(geometry.kernel);
    const y = unfoldWindows([x], geometry);
    return unbatched(
      reshapeNode(y, [x.sizes[0] as number, rows, sizeOf(windowCounts(geometry))]),
      single,
    );
  },
);

/**
 * The transpose of `unfold`: adds up columns `[n, c · kh · kw, windows]` (or without n) where they overlap, to
 * `[n, c, ...outputSize]`; for booleans, true where any is. PyTorch: `nn.functional.fold` (col2im).
 *
 * @throws {ShapeError} unless there are as many rows and columns as `unfold` gives for `outputSize`.
 * @example fold(ones([1, 4, 4]), [3, 3], 2) // [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
 */
export const fold: (
  x: Tensor,
  outputSize: PerDim,
  kernelSize: PerDim,
  options?: UnfoldOptions,
) => Tensor = composite(
  'fold',
  (input: Tensor, outputSize: PerDim, kernelSize: PerDim, given?: UnfoldOptions): Tensor => {
    const options = unfoldOptions('fold', given);
    const { x, single } = batchedInput('fold', operand('fold', input), 1);
    const geometry = slidingOf(
      'fold',
      perDim('fold', 'outputSize', outputSize, 2, 1),
      kernelSize,
      options,
    );
    checkFits('fold', geometry);
    const [n, rows, columns] = x.sizes as readonly [number, number, number];
    const taps = sizeOf(geometry.kernel);
    const counts = windowCounts(geometry);
    if (rows % taps !== 0 || columns !== sizeOf(counts)) {
      throw new ShapeError(
        `fold: x ${show(input.sizes)} has ${plural(rows, 'row')} and ${plural(columns, 'column')}; kernel ${show(geometry.kernel)} over ` +
          `${show(geometry.size)} needs a multiple of ${taps} rows and ${sizeOf(counts)} columns`,
      );
    }
    const windows = reshapeNode(x, [n, rows / taps, ...geometry.kernel, ...counts]);
    // Where booleans overlap, the result is true if one of them is.
    const folded =
      x.dtype === 'bool'
        ? gt(foldWindows([castNode(windows, 'int32')], geometry), 0)
        : foldWindows([windows], geometry);
    return unbatched(folded, single);
  },
);

function slidingOf(
  op: string,
  size: Shape,
  kernelSize: PerDim,
  options: UnfoldOptions,
): SlideAttrs {
  const rank = size.length;
  const padding = perDim(op, 'padding', options.padding ?? 0, rank, 0);
  return {
    size,
    kernel: perDim(op, 'kernelSize', kernelSize, rank, 1),
    stride: perDim(op, 'stride', options.stride ?? 1, rank, 1),
    padLow: padding,
    padHigh: padding,
    dilation: perDim(op, 'dilation', options.dilation ?? 1, rank, 1),
  };
}

/** @file The windows of a convolution as columns, and back. */
import {
  checkArgument,
  defineOptions,
  kinds,
  fold,
  unfold,
  type Tensor,
  type UnfoldOptions,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import type { PerDim } from './spatial.js';

const sizes = kinds.oneOrMore(kinds.count);
const unfoldOptions = defineOptions<UnfoldOptions>({
  dilation: sizes,
  padding: kinds.oneOrMore(kinds.size),
  stride: sizes,
});

/**
 * `[batch, channels, height, width] → [batch, channels · window, windows]`. See `unfold`. PyTorch: `nn.Unfold`.
 * @example new Unfold(2).forward(zeros([1, 3, 4, 4])).shape // [1, 12, 9]
 */
export class Unfold extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The size of the window along each dimension. */
  readonly kernelSize: PerDim;
  /** The options it was made with. */
  readonly options: UnfoldOptions;

  constructor(kernelSize: PerDim, options?: UnfoldOptions) {
    super();
    this.kernelSize = checkArgument('Unfold', 'kernelSize', kernelSize, sizes);
    this.options = unfoldOptions('Unfold', options);
  }

  override forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return show({ kernelSize: this.kernelSize, ...this.options });
  }
}

/**
 * The transpose of `Unfold`: adds columns up to images of `outputSize`. See `fold`. PyTorch: `nn.Fold`.
 * @example new Fold([4, 4], 2).forward(zeros([1, 12, 9])).shape // [1, 3, 4, 4]
 */
export class Fold extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The sizes of the result. */
  readonly outputSize: PerDim;
  /** The size of the window along each dimension. */
  readonly kernelSize: PerDim;
  /** The options it was made with. */
  readonly options: UnfoldOptions;

  constructor(outputSize: PerDim, kernelSize: PerDim, options?: UnfoldOptions) {
    super();
    this.outputSize = checkArgument('Fold', 'outputSize', outputSize, sizes);
    this.kernelSize = checkArgument('Fold', 'kernelSize', kernelSize, sizes);
    this.options = unfoldOptions('Fold', options);
  }

  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return show({ outputSize: this.outputSize, kernelSize: this.kernelSize, ...this.options });
  }
}

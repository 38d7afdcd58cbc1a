/**
 * @file Padding layers. The padding is one number for all sides, or two for each dimension, the last one first:
 * `[left, right, top, bottom, front, back]`; negative numbers cut off. See `pad` for the modes.
 */
import {
  byPosition,
  checkArgument,
  defineOptions,
  display,
  kinds,
  passes,
  ChainruleError,
  pad,
  ShapeError,
  type PadMode,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

/** One number for all sides, or one for each, the last dimension first. */
export type Padding = number | readonly number[];

const wholeNumbers = kinds.oneOrMore(kinds.whole);
const valueOption = byPosition(
  defineOptions<{ readonly value?: number }>({ value: kinds.number }),
  'value',
);

abstract class Padded extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** How much is added at each side of each dimension. */
  readonly padding: readonly number[];
  private readonly rank: number;
  private readonly mode: PadMode;

  constructor(rank: number, mode: PadMode, padding: Padding) {
    super();
    this.rank = rank;
    this.mode = mode;
    const given = passes(wholeNumbers, padding) ? padding : [];
    this.padding = typeof given === 'number' ? new Array<number>(2 * rank).fill(given) : given;
    if (this.padding.length !== 2 * rank) {
      throw new ChainruleError(
        `${new.target.name}: padding must be a whole number or ${2 * rank} of them, got ${display(padding)}`,
      );
    }
  }

  protected padded(x: Tensor, value?: number): Tensor {
    if (this.mode !== 'constant' && x.ndim !== this.rank + 1 && x.ndim !== this.rank + 2) {
      throw new ShapeError(
        `${this.constructor.name}: expected ${this.rank + 2} dimensions, or ${this.rank + 1} without a batch, ` +
          `got shape [${x.shape.join(', ')}]`,
      );
    }
    return pad(x, this.padding, { mode: this.mode, ...(value !== undefined && { value }) });
  }

  override forward(x: Tensor): Tensor {
    return this.padded(x);
  }

  override extraRepr(): string {
    return show({ padding: this.padding });
  }
}

abstract class ConstantPadding extends Padded {
  /** What the padding holds. */
  readonly value: number;

  constructor(rank: number, padding: Padding, value: number | { readonly value?: number }) {
    super(rank, 'constant', padding);
    const { value: given } = valueOption(new.target.name, value);
    this.value = checkArgument(new.target.name, 'value', given, kinds.number);
  }

  override forward(x: Tensor): Tensor {
    return this.padded(x, this.value);
  }

  override extraRepr(): string {
    return show({ padding: this.padding, value: this.value });
  }
}

/**
 * Adds a number around the last dimension of x, of any rank. PyTorch: `nn.ConstantPad1d`.
 * @example new ConstantPad1d(1, 9).forward(tensor([[1, 2]])) // [[9, 1, 2, 9]]
 */
export class ConstantPad1d extends ConstantPadding {
  constructor(padding: Padding, value: number | { readonly value?: number }) {
    super(1, padding, value);
  }
}

/**
 * Adds a number around the last 2 dimensions of x, of any rank. PyTorch: `nn.ConstantPad2d`.
 * @example new ConstantPad2d([0, 1, 0, 1], 9).forward(tensor([[[1]]])) // [[[1, 9], [9, 9]]]
 */
export class ConstantPad2d extends ConstantPadding {
  constructor(padding: Padding, value: number | { readonly value?: number }) {
    super(2, padding, value);
  }
}

/**
 * Adds a number around the last 3 dimensions of x, of any rank. PyTorch: `nn.ConstantPad3d`.
 * @example new ConstantPad3d(1, 9).forward(zeros([1, 2, 2, 2])).shape // [1, 4, 4, 4]
 */
export class ConstantPad3d extends ConstantPadding {
  constructor(padding: Padding, value: number | { readonly value?: number }) {
    super(3, padding, value);
  }
}

/**
 * Adds zeros around the last dimension of x, of any rank. PyTorch: `nn.ZeroPad1d`.
 * @example new ZeroPad1d([2, 0]).forward(tensor([[1, 2]])) // [[0, 0, 1, 2]]
 */
export class ZeroPad1d extends ConstantPad1d {
  constructor(padding: Padding) {
    super(padding, 0);
  }
}

/**
 * Adds zeros around the last 2 dimensions of x, of any rank. PyTorch: `nn.ZeroPad2d`.
 * @example new ZeroPad2d(1).forward(tensor([[[5]]])) // [[[0, 0, 0], [0, 5, 0], [0, 0, 0]]]
 */
export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: Padding) {
    super(padding, 0);
  }
}

/**
 * Adds zeros around the last 3 dimensions of x, of any rank. PyTorch: `nn.ZeroPad3d`.
 * @example new ZeroPad3d(1).forward(zeros([1, 2, 2, 2])).shape // [1, 4, 4, 4]
 */
export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: Padding) {
    super(padding, 0);
  }
}

/**
 * Mirrors elements at the edges of `[…, length]`. PyTorch: `nn.ReflectionPad1d`.
 * @example new ReflectionPad1d(2).forward(tensor([[1, 2, 3]])) // [[3, 2, 1, 2, 3, 2, 1]]
 */
export class ReflectionPad1d extends Padded {
  constructor(padding: Padding) {
    super(1, 'reflect', padding);
  }
}

/**
 * Mirrors elements at the edges of `[…, height, width]`. PyTorch: `nn.ReflectionPad2d`.
 * @example
 * new ReflectionPad2d(1).forward(tensor([[[1, 2], [3, 4]]])) // [[[4, 3, 4, 3], [2, 1, 2, 1], [4, 3, 4, 3], [2, 1, 2, 1]]]
 */
export class ReflectionPad2d extends Padded {
  constructor(padding: Padding) {
    super(2, 'reflect', padding);
  }
}

/**
 * Mirrors elements at the edges of `[…, depth, height, width]`. PyTorch: `nn.ReflectionPad3d`.
 * @example new ReflectionPad3d(1).forward(zeros([1, 2, 2, 2])).shape // [1, 4, 4, 4]
 */
export class ReflectionPad3d extends Padded {
  constructor(padding: Padding) {
    super(3, 'reflect', padding);
  }
}

/**
 * Repeats the outermost elements around `[…, length]`. PyTorch: `nn.ReplicationPad1d`.
 * @example new ReplicationPad1d(2).forward(tensor([[1, 2, 3]])) // [[1, 1, 1, 2, 3, 3, 3]]
 */
export class ReplicationPad1d extends Padded {
  constructor(padding: Padding) {
    super(1, 'replicate', padding);
  }
}

/**
 * Repeats the outermost elements around `[…, height, width]`. PyTorch: `nn.ReplicationPad2d`.
 * @example new ReplicationPad2d(1).forward(tensor([[[5]]])) // [[[5, 5, 5], [5, 5, 5], [5, 5, 5]]]
 */
export class ReplicationPad2d extends Padded {
  constructor(padding: Padding) {
    super(2, 'replicate', padding);
  }
}

/**
 * Repeats the outermost elements around `[…, depth, height, width]`. PyTorch: `nn.ReplicationPad3d`.
 * @example new ReplicationPad3d(1).forward(zeros([1, 2, 2, 2])).shape // [1, 4, 4, 4]
 */
export class ReplicationPad3d extends Padded {
  constructor(padding: Padding) {
    super(3, 'replicate', padding);
  }
}

/**
 * Continues with the elements from the opposite edge around `[…, length]`. PyTorch: `nn.CircularPad1d`.
 * @example new CircularPad1d(2).forward(tensor([[1, 2, 3]])) // [[2, 3, 1, 2, 3, 1, 2]]
 */
export class CircularPad1d extends Padded {
  constructor(padding: Padding) {
    super(1, 'circular', padding);
  }
}

/**
 * Continues with the elements from the opposite edge around `[…, height, width]`. PyTorch: `nn.CircularPad2d`.
 * @example new CircularPad2d([1, 0, 0, 0]).forward(tensor([[[1, 2], [3, 4]]])) // [[[2, 1, 2], [4, 3, 4]]]
 */
export class CircularPad2d extends Padded {
  constructor(padding: Padding) {
    super(2, 'circular', padding);
  }
}

/**
 * Continues with the elements from the opposite edge around `[…, depth, height, width]`. PyTorch:
 * `nn.CircularPad3d`.
 * @example new CircularPad3d(1).forward(zeros([1, 2, 2, 2])).shape // [1, 4, 4, 4]
 */
export class CircularPad3d extends Padded {
  constructor(padding: Padding) {
    super(3, 'circular', padding);
  }
}

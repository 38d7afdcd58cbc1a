/** @file Layers that rearrange or resample elements. */
import {
  ChainruleError,
  checkArgument,
  defineOptions,
  kinds,
  channelShuffle,
  flatten,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  unflatten,
  type Flattened,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';

const flattenOptions = defineOptions<{ readonly startDim?: number; readonly endDim?: number }>({
  startDim: kinds.dim,
  endDim: kinds.dim,
});

/**
 * Merges the dimensions from `startDim` to `endDim`; by default all but the first. PyTorch: `nn.Flatten`.
 * @example new Flatten().forward(zeros([8, 3, 4])).shape // [8, 12]
 */
export class Flatten<From extends number = 1, To extends number = -1> extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The first of the dimensions to merge. */
  readonly startDim: From;
  /** The last of the dimensions to merge. */
  readonly endDim: To;

  constructor(options?: { readonly startDim?: From; readonly endDim?: To }) {
    super();
    const given = flattenOptions('Flatten', options);
    const { startDim = 1 as From, endDim = -1 as To } = given as NonNullable<typeof options>;
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<Flattened<S, From, To>> {
    return flatten(x, this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return show({ startDim: this.startDim, endDim: this.endDim });
  }
}

/**
 * Splits dimension `dim` into `sizes`. PyTorch: `nn.Unflatten`.
 * @example new Unflatten(1, [3, 4]).forward(zeros([8, 12])).shape // [8, 3, 4]
 */
export class Unflatten extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The dimension that is split. */
  readonly dim: number;
  /** The sizes it is split into. */
  readonly unflattenedSize: readonly number[];

  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    this.dim = checkArgument('Unflatten', 'dim', dim, kinds.dim);
    this.unflattenedSize = checkArgument(
      'Unflatten',
      'unflattenedSize',
      unflattenedSize,
      kinds.listOf(kinds.whole),
    );
  }

  override forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return show({ dim: this.dim, unflattenedSize: this.unflattenedSize });
  }
}

/** Options of `Upsample`. */
export interface UpsampleOptions {
  /** The sizes of the result. Either this or `scaleFactor`. */
  readonly size?: number | readonly number[];
  /** The factor of each size. Either this or `size`. */
  readonly scaleFactor?: number | readonly number[];
  /** How values are interpolated. Default `'nearest'`. */
  readonly mode?: 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear';
  /** Whether the centres of the corner elements stay in place. Default false. */
  readonly alignCorners?: boolean;
  /** Whether the factor is computed again from the rounded sizes of the result. Default false. */
  readonly recomputeScaleFactor?: boolean;
}

/** Options of `UpsamplingNearest2d` and `UpsamplingBilinear2d`: one of the two. */
export type UpsamplingOptions = Pick<UpsampleOptions, 'size' | 'scaleFactor'>;

const sizeKinds = {
  size: kinds.oneOrMore(kinds.count),
  scaleFactor: kinds.oneOrMore(kinds.positive),
};
const upsamplingOptions = defineOptions<UpsamplingOptions>(sizeKinds);
const upsampleOptions = defineOptions<UpsampleOptions>({
  ...sizeKinds,
  mode: kinds.oneOf('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear'),
  alignCorners: kinds.flag,
  recomputeScaleFactor: kinds.flag,
});

/**
 * Resizes `[batch, channels, …size]` to a size or by a factor. See `interpolate`. PyTorch: `nn.Upsample`.
 * @example new Upsample({ scaleFactor: 2 }).forward(tensor([[[1, 3]]])) // [[[1, 1, 3, 3]]]
 */
export class Upsample extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The options it was made with. */
  readonly options: UpsampleOptions;

  constructor(options: UpsampleOptions) {
    super();
    this.options = upsampleOptions(new.target.name, options);
    if ((this.options.size === undefined) === (this.options.scaleFactor === undefined)) {
      throw new ChainruleError(`${new.target.name}: give either size or scaleFactor`);
    }
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override extraRepr(): string {
    return show(this.options as Record<string, unknown>);
  }
}

/**
 * {@link Upsample} with mode `'nearest'`, to a size or by a factor. PyTorch: `nn.UpsamplingNearest2d`.
 * @example new UpsamplingNearest2d({ scaleFactor: 2 }).forward(zeros([1, 3, 4, 4])).shape // [1, 3, 8, 8]
 */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({ ...upsamplingOptions('UpsamplingNearest2d', options), mode: 'nearest' });
  }
}

/**
 * {@link Upsample} with mode `'bilinear'` and `alignCorners`. PyTorch: `nn.UpsamplingBilinear2d`.
 * @example
 * new UpsamplingBilinear2d({ size: 3 }).forward(tensor([[[[0, 2], [4, 6]]]])) // [[[[0, 1, 2], [2, 3, 4], [4, 5, 6]]]]
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({
      ...upsamplingOptions('UpsamplingBilinear2d', options),
      mode: 'bilinear',
      alignCorners: true,
    });
  }
}

/**
 * `[…, c · r², h, w] → […, c, h · r, w · r]` (Shi et al. 2016). PyTorch: `nn.PixelShuffle`.
 * @example new PixelShuffle(2).forward(zeros([1, 12, 4, 4])).shape // [1, 3, 8, 8]
 */
export class PixelShuffle extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The factor of the height and the width. */
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = checkArgument('PixelShuffle', 'upscaleFactor', upscaleFactor, kinds.count);
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override extraRepr(): string {
    return show({ upscaleFactor: this.upscaleFactor });
  }
}

/**
 * `[…, c, h · r, w · r] → […, c · r², h, w]`, the inverse of `PixelShuffle`. PyTorch: `nn.PixelUnshuffle`.
 * @example new PixelUnshuffle(2).forward(zeros([1, 3, 8, 8])).shape // [1, 12, 4, 4]
 */
export class PixelUnshuffle extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The divisor of the height and the width. */
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = checkArgument(
      'PixelUnshuffle',
      'downscaleFactor',
      downscaleFactor,
      kinds.count,
    );
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override extraRepr(): string {
    return show({ downscaleFactor: this.downscaleFactor });
  }
}

/**
 * Interleaves the groups of channels of `[batch, channels, …]` (Zhang et al. 2018). See `channelShuffle`. PyTorch:
 * `nn.ChannelShuffle`.
 * @example new ChannelShuffle(2).forward(tensor([[[0], [1], [2], [3]]])) // [[[0], [2], [1], [3]]]
 */
export class ChannelShuffle extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The number of groups that the channels are split into. */
  readonly groups: number;

  constructor(groups: number) {
    super();
    this.groups = checkArgument('ChannelShuffle', 'groups', groups, kinds.count);
  }

  override forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }

  override extraRepr(): string {
    return show({ groups: this.groups });
  }
}

/** @file Resizes pictures, and cuts parts out of them, from the middle or at random. */
import { defineOptions, kinds, ShapeError, type Tensor } from '@chainrule/autograd';
import {
  picturesOf,
  resample,
  type Affine,
  type Interpolation,
  type Part,
  type Pictures,
} from './sample.js';
import { draws, range, sizeOf, type Size, type Transform } from './transform.js';

/** Options of `resize`. */
export interface ResizeOptions {
  /** How values are interpolated. Default `'bilinear'`, without antialiasing, as PyTorch's `interpolate`. */
  readonly interpolation?: Interpolation;
}

const resizeOptions = defineOptions<ResizeOptions>({
  interpolation: kinds.oneOf('nearest', 'bilinear'),
});

/**
 * Resizes pictures to the given size. torchvision: `Resize`, with `antialias=False`.
 *
 * @example resize([224, 224])(image)
 */
export function resize(size: Size, options?: ResizeOptions): Transform {
  const to = sizeOf('resize', size);
  const { interpolation = 'bilinear' } = resizeOptions('resize', options);
  return (image) => {
    const from = picturesOf('resize', image);
    return cut(from, [[0, 0, from.height, from.width]], to, interpolation);
  };
}

/**
 * Cuts out the centre; a size beyond the picture is filled with zeros. torchvision: `CenterCrop`.
 *
 * @example compose(resize(256), centerCrop(224))(image)
 */
export function centerCrop(size: Size): Transform {
  const to = sizeOf('centerCrop', size);
  return (image) => {
    const from = picturesOf('centerCrop', image);
    const [top, left] = [middle(from.height - to[0]), middle(from.width - to[1])];
    return resample(from, to, [[1, 0, left, 0, 1, top]], { interpolation: 'nearest', fill: 0 });
  };
}

/**
 * Where a middle part begins, as in torchvision: at half of the surplus, rounded to the even number. If the picture is too
 * small, it is filled up, with the smaller half first.
 */
function middle(room: number): number {
  if (room < 0) return Math.ceil(room / 2);
  const half = Math.floor(room / 2);
  return half + (room % 2) * (half % 2);
}

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** How many zeros are first added at each side. Default 0. */
  readonly padding?: number;
}

const cropOptions = defineOptions<RandomCropOptions>({ padding: kinds.size });

/**
 * Cuts out a random part of the given size from each picture. torchvision: `RandomCrop`.
 *
 * @throws {ShapeError} if the picture is smaller.
 * @example randomCrop(32, { padding: 4 })(batch)
 */
export function randomCrop(size: Size, options?: RandomCropOptions): Transform {
  const to = sizeOf('randomCrop', size);
  const { padding = 0 } = cropOptions('randomCrop', options);
  return (image) => {
    const from = picturesOf('randomCrop', image);
    const room = [from.height + 2 * padding - to[0], from.width + 2 * padding - to[1]] as const;
    if (room[0] < 0 || room[1] < 0) {
      throw new ShapeError(
        `randomCrop: a part of ${to[0]} × ${to[1]} does not fit into ${from.height} × ${from.width} with padding ${padding}`,
      );
    }
    const at = draws(2 * from.count);
    const maps = Array.from({ length: from.count }, (_, n): Affine => {
      const top = Math.floor((at[2 * n] as number) * (room[0] + 1)) - padding;
      const left = Math.floor((at[2 * n + 1] as number) * (room[1] + 1)) - padding;
      return [1, 0, left, 0, 1, top];
    });
    return resample(from, to, maps, { interpolation: 'nearest', fill: 0 });
  };
}

/** Options of `randomResizedCrop`. */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** The range of the share of the area. Default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** The range of width over height. Default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number];
}

const resizedCropOptions = defineOptions<RandomResizedCropOptions>({
  ...resizeOptions.table,
  scale: range,
  ratio: range,
});

/**
 * Cuts out a part of random area and shape and resizes it: Inception's augmentation (Szegedy et al. 2014). A part that does
 * not fit is drawn again, up to ten times; then the largest part in the middle with an allowed shape is taken.
 * torchvision: `RandomResizedCrop`.
 *
 * @example randomResizedCrop(224, { scale: [0.5, 1] })(batch)
 */
export function randomResizedCrop(size: Size, options?: RandomResizedCropOptions): Transform {
  const to = sizeOf('randomResizedCrop', size);
  const {
    scale = [0.08, 1],
    ratio = [3 / 4, 4 / 3],
    interpolation = 'bilinear',
  } = resizedCropOptions('randomResizedCrop', options);
  return (image) => {
    const from = picturesOf('randomResizedCrop', image);
    const parts = Array.from({ length: from.count }, () => randomPart(from, scale, ratio));
    return cut(from, parts, to, interpolation);
  };
}

/**
 * A part whose fraction of the area and aspect ratio are drawn until it fits, at most ten times; else the largest part in the
 * middle.
 */
function randomPart(
  { height, width }: Pictures,
  scale: readonly [number, number],
  [narrow, wide]: readonly [number, number],
): Part {
  for (let attempt = 0; attempt < 10; attempt++) {
    const [a, r, y, x] = draws(4) as [number, number, number, number];
    const area = height * width * (scale[0] + (scale[1] - scale[0]) * a);
    const shape = narrow * (wide / narrow) ** r;
    const [h, w] = [Math.round(Math.sqrt(area / shape)), Math.round(Math.sqrt(area * shape))];
    if (h < 1 || w < 1 || h > height || w > width) continue;
    return [Math.floor(y * (height - h + 1)), Math.floor(x * (width - w + 1)), h, w];
  }
  const shape = width / height;
  const h = shape < narrow ? Math.max(1, Math.round(width / narrow)) : height;
  const w = shape > wide ? Math.max(1, Math.round(height * wide)) : width;
  return [Math.floor((height - h) / 2), Math.floor((width - w) / 2), h, w];
}

/**
 * The map from a result of size `to` into a part: pixel centres to pixel centres or, of nearest pixels, to the one at
 * floor(i · scale), as PyTorch takes it.
 */
function into(
  [top, left, height, width]: Part,
  to: readonly [number, number],
  interpolation: Interpolation,
): Affine {
  const [sy, sx] = [height / to[0], width / to[1]];
  const eps = 1e-6 - 0.5;
  return interpolation === 'nearest'
    ? [sx, 0, left + eps, 0, sy, top + eps]
    : [sx, 0, left + (sx - 1) / 2, 0, sy, top + (sy - 1) / 2];
}

/** Cuts parts out of pictures, one for each picture or one for all, and resizes them to one size. */
function cut(
  from: Pictures,
  parts: readonly Part[],
  to: readonly [number, number],
  interpolation: Interpolation,
): Tensor {
  const maps = parts.map((part) => into(part, to, interpolation));
  return resample(from, to, maps, { interpolation, fill: 0, parts });
}

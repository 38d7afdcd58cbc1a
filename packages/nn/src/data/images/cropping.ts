/** @file Pictures resized and cut out, in the middle or at random. */
import { defineOptions, kinds, ShapeError, type Tensor } from '@chainrule/autograd';
import { picturesOf, resample, type Affine, type Interpolation, type Pictures } from './sample.js';
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
    return cut(from, [0, 0, from.height, from.width], to, interpolation);
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
    const [top, left] = [
      Math.round((from.height - to[0]) / 2),
      Math.round((from.width - to[1]) / 2),
    ];
    return resample(from, to, [[1, 0, left, 0, 1, top]], { interpolation: 'nearest', fill: 0 });
  };
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
 * Cuts out a part of random area and shape and resizes it: Inception's augmentation (Szegedy et al. 2014).
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
    const u = draws(4 * from.count);
    const maps = Array.from({ length: from.count }, (_, n): Affine => {
      const [a, r, y, x] = u.slice(4 * n, 4 * n + 4) as [number, number, number, number];
      const area = from.height * from.width * (scale[0] + (scale[1] - scale[0]) * a);
      const shape = ratio[0] * (ratio[1] / ratio[0]) ** r;
      const width = Math.max(1, Math.min(from.width, Math.round(Math.sqrt(area * shape))));
      const height = Math.max(1, Math.min(from.height, Math.round(Math.sqrt(area / shape))));
      const top = Math.floor(y * (from.height - height + 1));
      const left = Math.floor(x * (from.width - width + 1));
      return scaled([top, left, height, width], to);
    });
    return resample(from, to, maps, { interpolation, fill: 0, clamp: true });
  };
}

/** The map from a result of size `to` into the part `[top, left, height, width]`, pixel centres to pixel centres. */
function scaled(
  [top, left, height, width]: readonly [number, number, number, number],
  to: readonly [number, number],
): Affine {
  const [sy, sx] = [height / to[0], width / to[1]];
  return [sx, 0, left + (sx - 1) / 2, 0, sy, top + (sy - 1) / 2];
}

function cut(
  from: Pictures,
  part: readonly [number, number, number, number],
  to: readonly [number, number],
  interpolation: Interpolation,
): Tensor {
  if (interpolation === 'bilinear')
    return resample(from, to, [scaled(part, to)], { interpolation, fill: 0, clamp: true });
  // PyTorch's nearest takes the pixel at floor(i · scale).
  const [sy, sx] = [part[2] / to[0], part[3] / to[1]];
  const eps = 1e-6 - 0.5;
  return resample(from, to, [[sx, 0, part[1] + eps, 0, sy, part[0] + eps]], {
    interpolation,
    fill: 0,
    clamp: true,
  });
}

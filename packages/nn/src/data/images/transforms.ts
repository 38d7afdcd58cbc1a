/**
 * @file Transforms and augmentations of pictures `[…, channels, height, width]`, to be composed and given to
 * `MapDataset` or applied to batches, where every picture has its own random numbers, which `manualSeed` governs.
 */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  kinds,
  rand,
  reading,
  ShapeError,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { picturesOf, resample, type Affine, type Interpolation, type Pictures } from './sample.js';

/** A function from pictures to pictures. */
export type Transform = (image: Tensor) => Tensor;

/** A size: `[height, width]`, or one number for both. */
export type Size = number | readonly [height: number, width: number];

const sizeKind = kinds.kind<Size>(
  'be a whole number > 0 or [height, width]',
  (x) =>
    kinds.count.test(x) ||
    (Array.isArray(x) && x.length === 2 && x.every((n) => kinds.count.test(n))),
);

function sizeOf(op: string, size: Size): readonly [number, number] {
  const given = checkArgument(op, 'size', size, sizeKind);
  return typeof given === 'number' ? [given, given] : given;
}

/** `count` uniform draws from `low` to `high`. */
function draws(count: number, low = 0, high = 1): number[] {
  return Array.from(rand([count]).dataSync(), (x) => low + (high - low) * x);
}

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];
const bilinear = { interpolation: 'bilinear', fill: 0 } as const;

/**
 * Applies transforms in order. torchvision: `Compose`. @example compose(randomCrop(32, { padding: 4 }),
 * randomHorizontalFlip())
 */
export function compose(...transforms: readonly Transform[]): Transform {
  transforms.forEach((f) => checkArgument('compose', 'each argument', f, kinds.callable));
  return (image) => transforms.reduce((x, f) => f(x), image);
}

/** Options of `resize`. */
export interface ResizeOptions {
  /** How values are interpolated. Default `'bilinear'`, without antialiasing, as PyTorch's `interpolate`. */
  readonly interpolation?: Interpolation;
}

const resizeOptions = defineOptions<ResizeOptions>({
  interpolation: kinds.oneOf('nearest', 'bilinear'),
});

/** Resizes pictures to the given size. torchvision: `Resize`, with `antialias=False`. */
export function resize(size: Size, options?: ResizeOptions): Transform {
  const to = sizeOf('resize', size);
  const { interpolation = 'bilinear' } = resizeOptions('resize', options);
  return (image) => {
    const from = picturesOf('resize', image);
    return cut(from, [0, 0, from.height, from.width], to, interpolation);
  };
}

/** Cuts out the centre; a size beyond the picture is filled with zeros. torchvision: `CenterCrop`. */
export function centerCrop(size: Size): Transform {
  const to = sizeOf('centerCrop', size);
  return (image) => {
    const from = picturesOf('centerCrop', image);
    const [top, left] = [
      Math.round((from.height - to[0]) / 2),
      Math.round((from.width - to[1]) / 2),
    ];
    return resample(from, to, [[1, 0, left, 0, 1, top]], { ...bilinear, interpolation: 'nearest' });
  };
}

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** How many zeros are first added at each side. Default 0. */
  readonly padding?: number;
}

const cropOptions = defineOptions<RandomCropOptions>({ padding: kinds.size });

/**
 * Cuts out a random part of the given size from each picture. torchvision: `RandomCrop`. @throws {ShapeError} if the
 * picture is smaller.
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
    return resample(from, to, maps, { ...bilinear, interpolation: 'nearest' });
  };
}

/** Options of `randomResizedCrop`. */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** The range of the share of the area. Default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** The range of width over height. Default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number];
}

const range = kinds.kind<readonly [number, number]>(
  'be [from, to], numbers > 0',
  (x) =>
    Array.isArray(x) &&
    x.length === 2 &&
    x.every((n) => kinds.positive.test(n)) &&
    Number(x[0]) <= Number(x[1]),
);
const resizedCropOptions = defineOptions<RandomResizedCropOptions>({
  ...resizeOptions.table,
  scale: range,
  ratio: range,
});

/**
 * Cuts out a part of random area and shape and resizes it: Inception's augmentation (Szegedy et al. 2014).
 * torchvision: `RandomResizedCrop`.
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

/** Mirrors each picture left to right with probability `p`. torchvision: `RandomHorizontalFlip`. */
export function randomHorizontalFlip(p = 0.5): Transform {
  return flip('randomHorizontalFlip', p, ({ width }) => [-1, 0, width - 1, 0, 1, 0]);
}

/** Mirrors each picture top to bottom with probability `p`. torchvision: `RandomVerticalFlip`. */
export function randomVerticalFlip(p = 0.5): Transform {
  return flip('randomVerticalFlip', p, ({ height }) => [1, 0, 0, 0, -1, height - 1]);
}

function flip(op: string, p: number, map: (from: Pictures) => Affine): Transform {
  checkArgument(op, 'p', p, kinds.fraction);
  return (image) => {
    const from = picturesOf(op, image);
    const maps = draws(from.count).map((u) => (u < p ? map(from) : IDENTITY));
    return resample(from, [from.height, from.width], maps, {
      ...bilinear,
      interpolation: 'nearest',
    });
  };
}

/** Options of `randomAffine`. */
export interface RandomAffineOptions {
  /** The largest angle in degrees, in either direction; or [from, to], counterclockwise. Default 0. */
  readonly degrees?: number | readonly [number, number];
  /** The largest shift, as shares of width and height. Default [0, 0]. */
  readonly translate?: readonly [number, number];
  /** The range of scale factors. Default [1, 1]. */
  readonly scale?: readonly [number, number];
  /** The largest shear along x, in degrees. Default 0. */
  readonly shear?: number;
  /** How values are interpolated. Default `'bilinear'`; torchvision's is `'nearest'`. */
  readonly interpolation?: Interpolation;
  /** The value for pixels outside of the picture. Default 0. */
  readonly fill?: number;
}

const pair = kinds.tuple(kinds.finite, kinds.finite);
const affineOptions = defineOptions<RandomAffineOptions>({
  degrees: kinds.either(kinds.nonNegative, pair),
  translate: kinds.tuple(kinds.fraction, kinds.fraction),
  scale: range,
  shear: kinds.nonNegative,
  interpolation: kinds.oneOf('nearest', 'bilinear'),
  fill: kinds.finite,
});

/** Rotates, shifts, scales and shears each picture about its centre by random amounts. torchvision: `RandomAffine`. */
export function randomAffine(options?: RandomAffineOptions): Transform {
  const {
    degrees = 0,
    translate = [0, 0],
    scale = [1, 1],
    shear = 0,
    interpolation = 'bilinear',
    fill = 0,
  } = affineOptions('randomAffine', options);
  const [low, high] = typeof degrees === 'number' ? [-degrees, degrees] : degrees;
  return (image) => {
    const from = picturesOf('randomAffine', image);
    const { height, width } = from;
    const u = draws(5 * from.count);
    const maps = Array.from({ length: from.count }, (_, n): Affine => {
      const [a, tx, ty, s, sh] = u.slice(5 * n, 5 * n + 5) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const angle = ((low + (high - low) * a) * Math.PI) / 180;
      const zoom = scale[0] + (scale[1] - scale[0]) * s;
      const lean = Math.tan((shear * (2 * sh - 1) * Math.PI) / 180);
      const [dx, dy] = [translate[0] * width * (2 * tx - 1), translate[1] * height * (2 * ty - 1)];
      return about([(width - 1) / 2, (height - 1) / 2], angle, zoom, lean, [dx, dy]);
    });
    return resample(from, [height, width], maps, { interpolation, fill });
  };
}

/** Rotates each picture by up to `degrees` in either direction. torchvision: `RandomRotation`. */
export function randomRotation(
  degrees: number | readonly [number, number],
  options?: Pick<RandomAffineOptions, 'interpolation' | 'fill'>,
): Transform {
  return randomAffine(reading('randomRotation', 'options', () => ({ degrees, ...options })));
}

/**
 * `(x − mean) / std` for each channel. torchvision: `Normalize`. @example normalize([0.485, 0.456, 0.406], [0.229,
 * 0.224, 0.225])
 */
export function normalize(mean: readonly number[], std: readonly number[]): Transform {
  checkArgument('normalize', 'mean', mean, kinds.listOf(kinds.finite));
  checkArgument('normalize', 'std', std, kinds.listOf(kinds.positive));
  if (mean.length !== std.length)
    throw new ChainruleError('normalize: mean and std must have the same number of channels');
  const shape = [mean.length, 1, 1];
  return (image) =>
    image
      .sub(tensor(Float32Array.from(mean), { shape }))
      .div(tensor(Float32Array.from(std), { shape }));
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

/**
 * From the turned, scaled, sheared and moved picture back to where its pixels were. Angles are counterclockwise, y
 * points down.
 */
function about(
  [cx, cy]: readonly [number, number],
  angle: number,
  zoom: number,
  lean: number,
  [dx, dy]: readonly [number, number],
): Affine {
  // Forward: R · S · zoom, with R = [cos, sin; −sin, cos] and S = [1, lean; 0, 1].
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [a, b, d, e] = [cos, cos * lean + sin, -sin, cos - sin * lean].map((x) => x * zoom) as [
    number,
    number,
    number,
    number,
  ];
  const det = a * e - b * d;
  const [p, q, r, s] = [e / det, -b / det, -d / det, a / det];
  const [x, y] = [cx + dx, cy + dy];
  return [p, q, cx - p * x - q * y, r, s, cy - r * x - s * y];
}

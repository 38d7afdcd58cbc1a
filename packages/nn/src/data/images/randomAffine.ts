/** @file Pictures mirrored, turned, moved, scaled and sheared at random. */
import { checkArgument, defineOptions, kinds, reading } from '@chainrule/autograd';
import { picturesOf, resample, type Affine, type Interpolation, type Pictures } from './sample.js';
import { draws, range, type Transform } from './transform.js';

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

/**
 * Mirrors each picture left to right with probability `p`. torchvision: `RandomHorizontalFlip`.
 *
 * @example randomHorizontalFlip(0.5)(batch)
 */
export function randomHorizontalFlip(p = 0.5): Transform {
  return flip('randomHorizontalFlip', p, ({ width }) => [-1, 0, width - 1, 0, 1, 0]);
}

/**
 * Mirrors each picture top to bottom with probability `p`. torchvision: `RandomVerticalFlip`.
 *
 * @example randomVerticalFlip(0.5)(batch)
 */
export function randomVerticalFlip(p = 0.5): Transform {
  return flip('randomVerticalFlip', p, ({ height }) => [1, 0, 0, 0, -1, height - 1]);
}

function flip(op: string, p: number, map: (from: Pictures) => Affine): Transform {
  checkArgument(op, 'p', p, kinds.fraction);
  return (image) => {
    const from = picturesOf(op, image);
    const maps = draws(from.count).map((u) => (u < p ? map(from) : IDENTITY));
    return resample(from, [from.height, from.width], maps, { interpolation: 'nearest', fill: 0 });
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

/**
 * Rotates, shifts, scales and shears each picture about its centre by random amounts. torchvision: `RandomAffine`,
 * whose angles are clockwise.
 *
 * @example randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1] })(batch)
 */
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

/**
 * Rotates each picture by up to `degrees` in either direction. torchvision: `RandomRotation`.
 *
 * @example randomRotation(15)(batch)
 */
export function randomRotation(
  degrees: number | readonly [number, number],
  options?: Pick<RandomAffineOptions, 'interpolation' | 'fill'>,
): Transform {
  return randomAffine(reading('randomRotation', 'options', () => ({ degrees, ...options })));
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

/** @file Resampling: each pixel of the result is read at some position of the picture. */
import { checkArgument, kinds, ShapeError, tensor, type Tensor } from '@chainrule/autograd';

/** Where a pixel comes from: (x, y) = (a·x + b·y + c, d·x + e·y + f), of pixel centres counted from 0. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** How values between pixels are interpolated. */
export type Interpolation = 'nearest' | 'bilinear';

/** A part of a picture, in pixels. */
export type Part = readonly [top: number, left: number, height: number, width: number];

/** A picture or a batch of them, read once: `[…, channels, height, width]`. */
export interface Pictures {
  readonly data: Float32Array;
  readonly batchShape: readonly number[];
  /** How many pictures there are, each with its channels. */
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Reads a tensor. @throws {ShapeError} for fewer than three dimensions. */
export function picturesOf(op: string, image: Tensor): Pictures {
  checkArgument(op, 'image', image, kinds.tensor);
  if (image.ndim < 3) {
    throw new ShapeError(
      `${op}: expected [channels, height, width] or a batch of such, got [${image.shape.join(', ')}]`,
    );
  }
  const [channels = 0, height = 0, width = 0] = image.shape.slice(-3);
  const batchShape = image.shape.slice(0, -3);
  const count = batchShape.reduce((a, b) => a * b, 1);
  const data = image.cast('float32').dataSync() as Float32Array;
  return { data, batchShape, count, channels, height, width };
}

/**
 * New pictures of a given size, each by a map of its own. Positions outside get `fill`; with `parts`, one for each map, they
 * get the nearest pixel of that part.
 */
export function resample(
  from: Pictures,
  [height, width]: readonly [number, number],
  maps: readonly Affine[],
  options: {
    readonly interpolation: Interpolation;
    readonly fill: number;
    readonly parts?: readonly Part[];
  },
): Tensor {
  const { data, batchShape, count, channels, height: h, width: w } = from;
  const { interpolation, fill, parts } = options;
  const out = new Float32Array(count * channels * height * width);
  let part: Part | undefined;
  const read = (base: number, x: number, y: number): number => {
    if (part !== undefined)
      return data[base + inside(y, part[0], part[2]) * w + inside(x, part[1], part[3])] as number;
    return x < 0 || y < 0 || x >= w || y >= h ? fill : (data[base + y * w + x] as number);
  };
  for (let n = 0; n < count; n++) {
    const [a, b, c, d, e, f] = maps[n % maps.length] as Affine;
    part = parts?.[n % maps.length];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = [a * x + b * y + c, d * x + e * y + f];
        const nearest = interpolation === 'nearest';
        const [x0, y0] = nearest ? [Math.round(u), Math.round(v)] : [Math.floor(u), Math.floor(v)];
        const [tx, ty] = nearest ? [0, 0] : [u - x0, v - y0];
        for (let k = 0; k < channels; k++) {
          const base = (n * channels + k) * h * w;
          let value = read(base, x0, y0);
          if (tx > 0) value += tx * (read(base, x0 + 1, y0) - value);
          if (ty > 0) {
            let below = read(base, x0, y0 + 1);
            if (tx > 0) below += tx * (read(base, x0 + 1, y0 + 1) - below);
            value += ty * (below - value);
          }
          out[((n * channels + k) * height + y) * width + x] = value;
        }
      }
    }
  }
  return tensor(out, { shape: [...batchShape, channels, height, width] });
}

function inside(i: number, from: number, size: number): number {
  return Math.max(from, Math.min(from + size - 1, i));
}

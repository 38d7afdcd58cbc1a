/** @file Random changes of brightness, contrast, saturation and hue. */
import { defineOptions, kinds, rand, ShapeError, tensor, type Tensor } from '@chainrule/autograd';
import { picturesOf } from './sample.js';
import type { Transform } from './transform.js';

/** Options of `colorJitter`: factors are drawn from max(0, 1 − x) to 1 + x, rotations of the hue from −x to x. */
export interface ColorJitterOptions {
  /** Default 0. */
  readonly brightness?: number;
  /** Default 0. */
  readonly contrast?: number;
  /** Default 0. */
  readonly saturation?: number;
  /** Up to 0.5, half a turn of the colour wheel. Default 0. */
  readonly hue?: number;
}

const jitterOptions = defineOptions<ColorJitterOptions>({
  brightness: kinds.nonNegative,
  contrast: kinds.nonNegative,
  saturation: kinds.nonNegative,
  hue: kinds.between(0, 0.5),
});

/**
 * Changes brightness, contrast, saturation and hue of each picture at random; pictures have three channels from 0 to 1,
 * and results are clipped to [0, 1]. torchvision: `ColorJitter`; the hue is rotated in YIQ here, and the order is
 * fixed.
 *
 * @throws {ShapeError} unless there are three channels.
 * @example colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.05 })
 */
export function colorJitter(options?: ColorJitterOptions): Transform {
  const {
    brightness = 0,
    contrast = 0,
    saturation = 0,
    hue = 0,
  } = jitterOptions('colorJitter', options);
  return (image: Tensor) => {
    const { data, batchShape, count, channels, height, width } = picturesOf('colorJitter', image);
    if (channels !== 3) throw new ShapeError(`colorJitter: expected 3 channels, got ${channels}`);
    const out = Float32Array.from(data);
    const u = rand([4 * count]).dataSync();
    const size = height * width;
    for (let n = 0; n < count; n++) {
      const around = (k: number, amount: number): number => {
        const low = Math.max(0, 1 - amount);
        return low + (1 + amount - low) * (u[4 * n + k] as number);
      };
      const picture = out.subarray(3 * n * size, 3 * (n + 1) * size);
      const light = around(0, brightness);
      for (let i = 0; i < picture.length; i++) picture[i] = clip((picture[i] as number) * light);
      blend(picture, size, around(1, contrast), meanOf(picture, size));
      blend(picture, size, around(2, saturation), null);
      if (hue > 0) turn(picture, size, 2 * Math.PI * hue * (2 * (u[4 * n + 3] as number) - 1));
    }
    return tensor(out, { shape: [...batchShape, 3, height, width] });
  };
}

const clip = (x: number): number => Math.max(0, Math.min(1, x));

const grayOf = (p: Float32Array, size: number, i: number): number =>
  0.299 * (p[i] as number) + 0.587 * (p[size + i] as number) + 0.114 * (p[2 * size + i] as number);

function meanOf(picture: Float32Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += grayOf(picture, size, i);
  return sum / size;
}

/** Moves colours away from a gray, that of the whole picture or of each pixel: gray + factor · (x − gray). */
function blend(picture: Float32Array, size: number, factor: number, gray: number | null): void {
  if (factor === 1) return;
  for (let i = 0; i < size; i++) {
    const at = gray ?? grayOf(picture, size, i);
    for (let c = 0; c < 3; c++) {
      const k = c * size + i;
      picture[k] = clip(at + factor * ((picture[k] as number) - at));
    }
  }
}

/** Rotates I and Q of YIQ. */
function turn(picture: Float32Array, size: number, angle: number): void {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < size; i++) {
    const [r, g, b] = [picture[i], picture[size + i], picture[2 * size + i]] as [
      number,
      number,
      number,
    ];
    const y = grayOf(picture, size, i);
    const p = 0.5959 * r - 0.2746 * g - 0.3213 * b;
    const q = 0.2115 * r - 0.5227 * g + 0.3112 * b;
    const [s, t] = [cos * p - sin * q, sin * p + cos * q];
    picture[i] = clip(y + 0.956 * s + 0.619 * t);
    picture[size + i] = clip(y - 0.272 * s - 0.647 * t);
    picture[2 * size + i] = clip(y - 1.106 * s + 1.703 * t);
  }
}

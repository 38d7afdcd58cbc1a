/**
 * @file Pictures to tensors and back, and their transforms: compared with interpolation, rotations of the plane, and results
 * by hand.
 */
import { arange, flip, manualSeed, rand, stack, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import {
  centerCrop,
  colorJitter,
  compose,
  fromPixels,
  normalize,
  randomAffine,
  randomCrop,
  randomHorizontalFlip,
  randomResizedCrop,
  randomRotation,
  randomVerticalFlip,
  resize,
  toPixels,
} from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

const close = (a: Tensor, b: Tensor, digits = 5): void => {
  expect(a.shape).toEqual(b.shape);
  const y = b.dataSync();
  a.dataSync().forEach((x, i) => expect(x).toBeCloseTo(y[i] as number, digits));
};
const grid = (h: number, w: number): Tensor =>
  arange(h * w)
    .cast('float32')
    .reshape([1, h, w]);

describe('pixels', () => {
  const data = Uint8Array.of(255, 0, 0, 255, 0, 255, 51, 128);
  it('become channels from 0 to 1, and come back', () => {
    const x = fromPixels({ data, width: 2, height: 1 }, { channels: 4 });
    expect(x.shape).toEqual([4, 1, 2]);
    close(x.reshape([8]), tensor([1, 0, 0, 1, 0, 0.2, 1, 128 / 255]));
    expect(Array.from(toPixels(x).data)).toEqual(Array.from(data));
    close(fromPixels({ data, width: 2, height: 1 }, { channels: 1 }), tensor([[[0.299, 0.6098]]]));
    expect(Array.from(toPixels(tensor([[0.5, 2, NaN]])).data)).toEqual([
      ...[128, 128, 128, 255],
      ...[255, 255, 255, 255],
      ...[0, 0, 0, 255],
    ]);
  });
  it('invalid ones are refused', () => {
    expect(() => fromPixels({ data, width: 3, height: 1 })).toThrow('have 12 bytes, got 8');
    expect(() => fromPixels({})).toThrow('expected an ImageData');
    expect(() => fromPixels({ width: 0, height: 0 })).toThrow('no size yet');
    expect(() => toPixels(rand([2, 3, 3]))).toThrow(/got \[2, 3, 3\]/);
  });
});

describe('transforms', () => {
  it.each([
    [5, 7],
    [3, 4],
    [12, 9],
  ])('resize equals interpolate, to %i × %i', (h, w) => {
    const x = rand([2, 3, 6, 5]);
    for (const interpolation of ['bilinear', 'nearest'] as const) {
      const expected = nn.functional.interpolate(x, { size: [h, w], mode: interpolation });
      close(resize([h, w], { interpolation })(x), expected);
    }
  });

  it('crops lie in the picture, in its middle, or within its padding', () => {
    manualSeed(1);
    const x = grid(6, 6);
    expect(centerCrop(2)(x).toArray()).toEqual([
      [
        [14, 15],
        [20, 21],
      ],
    ]);
    expect(centerCrop(8)(x).at(0, 0).sum().item()).toBe(0);
    // Where torchvision's begin, by the pixels left over: Python rounds halves to even.
    const line = arange(1, 21).cast('float32').reshape([1, 1, 20]);
    const starts = [1, 2, 3, 5, 7, 9].map(
      (n) =>
        centerCrop([1, 20 - n])(line)
          .at(0, 0, 0)
          .item() - 1,
    );
    expect(starts).toEqual([0, 1, 2, 2, 4, 4]);
    expect(centerCrop([1, 23])(line).at(0, 0, ':3').toArray()).toEqual([0, 1, 2]);
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const part = randomCrop(3)(x);
      const first = part.at(0, 0, 0).item();
      seen.add(first);
      close(part, x.narrow(1, Math.floor(first / 6), 3).narrow(2, first % 6, 3));
    }
    expect(seen.size).toBe(16);
    expect(randomCrop(8, { padding: 1 })(x).sum().item()).toBe(x.sum().item());
    expect(() => randomCrop(7)(x)).toThrow('does not fit into 6 × 6');
  });

  it('flips mirror each picture of a batch for itself', () => {
    manualSeed(2);
    const x = grid(3, 4);
    close(randomHorizontalFlip(1)(x), flip(x, [2]));
    close(randomVerticalFlip(1)(x), flip(x, [1]));
    close(randomVerticalFlip(0)(x), x);
    const batch = stack(Array.from({ length: 400 }, () => x));
    const corners = randomHorizontalFlip(0.25)(batch).at(':', 0, 0, 0).dataSync();
    const share = corners.filter((v) => v === 3).length / 400;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
    expect(corners.every((v) => v === 3 || v === 0)).toBe(true);
  });

  it('a quarter turn is counterclockwise; shifts, factors and shears go where they say', () => {
    const x = tensor([
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
    ]);
    close(
      randomRotation([90, 90])(x),
      tensor([
        [
          [3, 6, 9],
          [2, 5, 8],
          [1, 4, 7],
        ],
      ]),
      4,
    );
    close(randomAffine()(x), x);
    // Twice as large about the middle: halfway between neighbours.
    close(randomAffine({ scale: [2, 2] })(x).at(0, 0), tensor([3, 3.5, 4]), 4);
    const moved = Array.from({ length: 50 }, () => randomAffine({ translate: [0.5, 0] })(x));
    expect(moved.every((m) => m.at(0, 1, 1).item() <= 6 && m.at(0, 1, 1).item() >= 2)).toBe(true);
    const tall = tensor([[[0], [0], [1]]]);
    expect(randomAffine({ degrees: 180 })(tall).shape).toEqual([1, 3, 1]);
  });

  it('a resized part of all there is, in its own shape, is the picture resized', () => {
    const x = rand([3, 8, 8]);
    close(randomResizedCrop(5, { scale: [1, 1], ratio: [1, 1] })(x), resize(5)(x));
  });

  it('a random part has a share of the area and a shape in their ranges, or is the largest in the middle', () => {
    manualSeed(5);
    // Corners tell which part it was: a pixel is its place.
    const x = stack([
      arange(40).cast('float32').reshape([40, 1]).expand([40, 30]),
      arange(30).cast('float32').reshape([1, 30]).expand([40, 30]),
    ]);
    const crop = randomResizedCrop(2, { scale: [0.2, 1], ratio: [0.5, 2] });
    const shares = Array.from({ length: 400 }, () => {
      const [rows, columns] = crop(x).unbind(0) as [Tensor, Tensor];
      // Centres of halves are half of the size apart.
      const height = 2 * (rows.at(1, 0).item() - rows.at(0, 0).item());
      const width = 2 * (columns.at(0, 1).item() - columns.at(0, 0).item());
      expect(width / height).toBeGreaterThan(0.45);
      expect(width / height).toBeLessThan(2.2);
      return (height * width) / 1200;
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.18);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    // Parts that would not fit are drawn again, so few are of nearly the whole picture, whose shape is 3 : 4.
    expect(shares.filter((s) => s > 0.95).length).toBeLessThan(12);
    const middle = randomResizedCrop([10, 30], { scale: [1, 1], ratio: [3, 3] })(x);
    expect(middle.at(0, ':', 0).toArray()).toEqual(Array.from({ length: 10 }, (_, i) => 15 + i));
    // It is cut out, then resized: nothing beside it shines in.
    const larger = randomResizedCrop([20, 60], { scale: [1, 1], ratio: [3, 3] })(x);
    close(larger, resize([20, 60])(x.narrow(1, 15, 10)));
    const nearest = { scale: [1, 1], ratio: [3, 3], interpolation: 'nearest' } as const;
    close(
      randomResizedCrop([7, 13], nearest)(x),
      resize([7, 13], { interpolation: 'nearest' })(x.narrow(1, 15, 10)),
    );
  });

  it('normalize is (x − mean) / std by channel', () => {
    const x = rand([2, 3, 4, 4]);
    const y = normalize([0.5, 0.4, 0.3], [0.1, 0.2, 0.4])(x);
    close(y.at(1, 2), x.at(1, 2).sub(0.3).div(0.4));
    expect(() => normalize([0, 0], [1])).toThrow('same number of channels');
  });

  it('color jitter: a zero range is the identity, gray stays gray, brightness is a factor', () => {
    const x = rand([3, 4, 4]);
    close(colorJitter()(x), x);
    const gray = rand([1, 4, 4]).expand([3, 4, 4]).mul(1);
    close(colorJitter({ saturation: 0.9, hue: 0.5 })(gray), gray, 2);
    const bright = colorJitter({ brightness: 0.4 })(x.mul(0.5)).div(x.mul(0.5));
    const factors = bright.dataSync();
    factors.forEach((f) => expect(f).toBeCloseTo(factors[0] as number, 3));
    // A range from 0 to 3, evenly: none is piled up at 0.
    const dark = colorJitter({ brightness: 2 })(tensor([0.1]).expand([500, 3, 1, 1])).dataSync();
    expect(dark.filter((v) => v === 0)).toHaveLength(0);
    expect(dark.filter((v) => v < 0.1).length / dark.length).toBeCloseTo(1 / 3, 1);
    const values = colorJitter({ brightness: 1, contrast: 1, saturation: 1, hue: 0.5 })(
      x,
    ).dataSync();
    expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(() => colorJitter({ hue: 0.6 })).toThrow(/hue must be a number from 0 to 0.5/);
    expect(() => colorJitter()(rand([1, 2, 2]))).toThrow('expected 3 channels, got 1');
  });

  it('are composed, and the same seed makes them again', () => {
    const augment = compose(
      randomCrop(6, { padding: 1 }),
      randomHorizontalFlip(),
      randomRotation(15),
      colorJitter({ brightness: 0.3, hue: 0.1 }),
    );
    const x = rand([4, 3, 7, 7]);
    const run = (seed: number): unknown => (manualSeed(seed), augment(x).toArray());
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
    expect(() => compose(3 as never)).toThrow(/compose/);
    expect(() => resize(0)).toThrow(/size must be/);
    expect(() => resize(3)(rand([2, 2]))).toThrow('expected [channels, height, width]');
  });
});

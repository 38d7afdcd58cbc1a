/**
 * @file Transforms of pictures `[…, channels, height, width]`, to be composed and given to `MapDataset` or applied to batches,
 * where every picture has its own random numbers, which `manualSeed` governs.
 */
import {
  checkArgument,
  ChainruleError,
  kinds,
  rand,
  tensor,
  type Tensor,
} from '@chainrule/autograd';

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

export function sizeOf(op: string, size: Size): readonly [number, number] {
  const given = checkArgument(op, 'size', size, sizeKind);
  return typeof given === 'number' ? [given, given] : given;
}

/** Draws `count` uniform numbers from `low` to `high`. */
export function draws(count: number, low = 0, high = 1): number[] {
  return Array.from(rand([count]).dataSync(), (x) => low + (high - low) * x);
}

/** A range from which numbers are drawn. */
export const range = kinds.kind<readonly [number, number]>(
  'be [from, to], numbers > 0',
  (x) =>
    Array.isArray(x) &&
    x.length === 2 &&
    x.every((n) => kinds.positive.test(n)) &&
    Number(x[0]) <= Number(x[1]),
);
/**
 * One transform that applies several in order. torchvision: `Compose`.
 *
 * @example compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip())(batch)
 */
export function compose(...transforms: readonly Transform[]): Transform {
  transforms.forEach((f) => checkArgument('compose', 'each argument', f, kinds.callable));
  return (image) => transforms.reduce((x, f) => f(x), image);
}

/**
 * `(x − mean) / std` for each channel. torchvision: `Normalize`.
 *
 * @example normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])(image)
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

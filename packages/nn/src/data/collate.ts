/** @file Combines a list of samples into one batch. */
import {
  checkArgument,
  display,
  kinds,
  ChainruleError,
  ShapeError,
  stack,
  Tensor,
  tensor,
  type NestedArray,
  type TypedArray,
} from '@chainrule/autograd';

/** The result of `collate` for samples of a type. */
export type Collated<T> = T extends Tensor | TypedArray | number | boolean
  ? Tensor
  : T extends readonly unknown[]
    ? T extends NestedArray
      ? Tensor
      : { -readonly [K in keyof T]: Collated<T[K]> }
    : T extends string | ((...args: never[]) => unknown)
      ? T[]
      : T extends Readonly<Record<string, unknown>>
        ? { -readonly [K in keyof T]: Collated<T[K]> }
        : T[];

const someSamples = kinds.listOf(kinds.kind('be given', (x) => x !== undefined));

/**
 * Stacks samples: tensors, typed arrays and nested arrays of numbers become one tensor with a new first dimension,
 * numbers a float32 vector, booleans a bool one. Arrays of anything else and objects are collated part by part; strings
 * and other values stay in a list. PyTorch: `default_collate`, where an array of numbers is a tuple.
 *
 * @throws {ShapeError} if samples differ in shape.
 * @example collate([{ x: tensor([1, 2]), y: 0 }, { x: tensor([3, 4]), y: 1 }]) // { x: [2, 2], y: [2] }
 */
export function collate(samples: readonly unknown[]): unknown {
  checkArgument('collate', 'samples', samples, someSamples);
  try {
    return joined(samples);
  } catch (error) {
    if (error instanceof ChainruleError) throw error;
    throw new ChainruleError(`collate: the samples cannot be read: ${display(samples)}`, {
      cause: error,
    });
  }
}

function joined(samples: readonly unknown[]): unknown {
  const [first] = samples;
  if (first instanceof Tensor) return stacked(samples as readonly Tensor[]);
  if (ArrayBuffer.isView(first)) return stacked(samples.map((s) => tensor(s as TypedArray)));
  if (typeof first === 'number' || typeof first === 'boolean')
    return tensor(samples as NestedArray);
  if (Array.isArray(first)) {
    if (isNumeric(first)) return tensor(samples as NestedArray);
    return first.map((_, part) => joined(samples.map((s) => partOf(s, part, first.length))));
  }
  if (
    typeof first === 'object' &&
    first !== null &&
    Object.getPrototypeOf(first) === Object.prototype
  ) {
    const keys = Object.keys(first);
    return Object.fromEntries(
      keys.map((key) => [key, joined(samples.map((s) => (s as Record<string, unknown>)[key]))]),
    );
  }
  return [...samples];
}

function stacked(samples: readonly Tensor[]): Tensor {
  const [first] = samples;
  samples.forEach((t, i) => {
    if (!(t instanceof Tensor) || String(t.shape) !== String(first?.shape)) {
      throw new ShapeError(
        `collate: sample ${i} of the batch has shape ${t instanceof Tensor ? `[${t.shape.join(', ')}]` : 'none'}, ` +
          `the first [${first?.shape.join(', ')}]; pass { collate } to join samples that differ`,
      );
    }
  });
  return stack(samples);
}

/** Whether everything in an array, at any depth, is a number or a boolean. */
function isNumeric(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isNumeric);
  return typeof value === 'number' || typeof value === 'boolean';
}

function partOf(sample: unknown, part: number, length: number): unknown {
  if (!Array.isArray(sample) || sample.length !== length) {
    throw new ChainruleError(
      `collate: samples of a batch must have the same parts: one has ${length}, another ` +
        `${Array.isArray(sample) ? sample.length : display(sample)}`,
    );
  }
  return sample[part];
}

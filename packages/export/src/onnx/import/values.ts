/** @file The values that the edges of an imported graph carry. */
import {
  checkArgument,
  kinds,
  tensor,
  DTypeError,
  ShapeError,
  type DType,
  type Tensor,
} from '@chainrule/autograd';

/** A tensor of strings. */
export class Strings {
  /** The shape; by default that of a vector of all strings. */
  readonly shape: readonly number[];
  /** The strings in row-major order. */
  readonly data: readonly string[];

  constructor(data: readonly string[], shape?: readonly number[]) {
    this.data = checkArgument('Strings', 'data', data, kinds.listOf(kinds.text));
    const sizes = shape ?? [data.length];
    this.shape = checkArgument('Strings', 'shape', sizes, kinds.listOf(kinds.size));
    const size = sizes.reduce((n, m) => n * m, 1);
    if (size !== data.length)
      throw new ShapeError(
        `Strings: ${data.length} strings do not fill shape [${sizes.join(', ')}]`,
      );
  }
}

/** A map of ONNX, with integers or strings as keys: the features of one example, say. */
export type OnnxMap = ReadonlyMap<string | number, string | number>;

/** The inputs and outputs of models: tensors, strings, and sequences of them; some models use maps. */
export type OnnxValue = Tensor | Strings | OnnxMap | readonly OnnxValue[];

export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * Numbers that are known before the model runs: constants of the file, shapes, and numbers computed from these. They decide
 * which graph is built, and may be read meanwhile. Integers beyond int32 are kept, as slices end at 2^63 − 1.
 */
export class Known {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Int32 numbers, in a Float64Array if one of them does not fit. */
  readonly data: Numbers;
  private leaf: Tensor | null = null;

  constructor(data: Numbers, shape: readonly number[], dtype: DType) {
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** As a tensor. @throws {DTypeError} for an integer that fits nowhere; the ends of int64 become those of int32. */
  get tensor(): Tensor {
    return (this.leaf ??= tensor(this.fitting(), { shape: this.shape, dtype: this.dtype }));
  }

  private fitting(): Numbers {
    if (this.dtype !== 'int32' || this.data instanceof Int32Array) return this.data;
    return Int32Array.from(this.data, (x) => {
      if (Math.abs(x) >= 2 ** 63) return x < 0 ? -(2 ** 31) : 2 ** 31 - 1;
      if (x === (x | 0)) return x;
      throw new DTypeError(`${x} does not fit in int32, the only integer type here`);
    });
  }
}

/** A value inside of the interpreter. */
export type Value = Tensor | Known | Strings | OnnxMap | readonly Value[];

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** Known numbers of a dtype: floats are rounded to it, integers beyond int32 kept. */
export function known(
  data: ArrayLike<number>,
  shape: readonly number[],
  dtype: DType = 'int32',
): Known {
  const wide = dtype === 'int32' && Array.prototype.some.call(data, (x: number) => x !== (x | 0));
  return new Known((wide ? Float64Array : ARRAYS[dtype]).from(data), shape, dtype);
}

/** A vector of known integers. */
export function integers(data: readonly number[]): Known {
  return known(data, [data.length]);
}

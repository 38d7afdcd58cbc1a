/** @file The four element types, their typed arrays, and how they combine. */
import { display } from '../arguments/display.js';
import { DTypeError } from '../errors.js';
import { outOfMemory } from './values/allocateBytes.js';

export const DTYPES = ['float32', 'float64', 'int32', 'bool'] as const;

/** The element types of a tensor. `float32` is the default for floats. */
export type DType = (typeof DTYPES)[number];

/** The elements of a tensor, row-major and contiguous; a boolean is a byte of 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The typed array for a dtype, over unshared memory: as Blob, fetch and WebGPU require. */
export type ArrayOf<D extends DType> = {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}[D];

/** The number of bytes of an element. */
export const itemSize: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  bool: 1,
};

/** Refuses a value that is not a dtype. */
export function checkDType(op: string, dtype: unknown): void {
  if ((DTYPES as readonly unknown[]).includes(dtype)) return;
  throw new DTypeError(
    `${op}: there is no dtype ${display(dtype)}; choose one of ${DTYPES.join(', ')}`,
  );
}

/**
 * Refuses a number that does not fit int32 once it is truncated: NaN, and numbers below −2³¹ or above 2³¹ − 1. `at` says in
 * the message which element it is.
 */
export function checkFits(op: string, x: number, at = ''): void {
  if (x > -2147483649 && x < 2147483648) return;
  throw new DTypeError(
    `${op}: ${x}${at} does not fit int32, which holds whole numbers from -2147483648 to 2147483647; ` +
      "take dtype 'float64', or cast floats: cast('int32') gives the nearest that fits, and 0 for NaN",
  );
}

/** A zero-filled array of `size` elements. @throws {DeviceError} where there is no memory for it. */
export function allocate(dtype: 'float64', size: number): Float64Array;
export function allocate(dtype: DType, size: number): TypedArray;
export function allocate(dtype: DType, size: number): TypedArray {
  try {
    switch (dtype) {
      case 'float32':
        return new Float32Array(size);
      case 'float64':
        return new Float64Array(size);
      case 'int32':
        return new Int32Array(size);
      case 'bool':
        return new Uint8Array(size);
    }
  } catch (cause) {
    throw outOfMemory(size * (dtype === 'float64' ? 8 : dtype === 'bool' ? 1 : 4), cause);
  }
}

/** The same numbers in an array of their own, which is never shared memory. */
export function copyArray(data: TypedArray): ArrayOf<DType> {
  try {
    if (data instanceof Float32Array) return new Float32Array(data);
    if (data instanceof Float64Array) return new Float64Array(data);
    if (data instanceof Int32Array) return new Int32Array(data);
    return new Uint8Array(data);
  } catch (cause) {
    throw outOfMemory(data.byteLength, cause);
  }
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** bool < integer < float: PyTorch's three categories of number. */
export function category(dtype: DType): 0 | 1 | 2 {
  return dtype === 'bool' ? 0 : dtype === 'int32' ? 1 : 2;
}

/** The smaller dtype that holds both: bool < int32 < float32 < float64. */
export function promote(x: DType, y: DType): DType {
  if (x === y) return x;
  if (x === 'float64' || y === 'float64') return 'float64';
  if (x === 'float32' || y === 'float32') return 'float32';
  return 'int32';
}

/** The dtype a float function computes in: integers and booleans become float32, as in PyTorch. */
export function toFloat(dtype: DType): DType {
  return isFloat(dtype) ? dtype : 'float32';
}

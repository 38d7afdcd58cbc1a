/** @file The element types of ONNX, and the dtype that represents each here. */
import { FormatError, type DType } from '@chainrule/autograd';
import type { FloatFormat } from './floatFormat.js';

export type ElementType =
  | 'float'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'double'
  | 'uint32'
  | 'uint64'
  | 'bfloat16'
  | 'uint4'
  | 'int4'
  | 'uint2'
  | 'int2'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1';

interface Element {
  /** Its number in `TensorProto.DataType`. */
  readonly code: number;
  /** Null for strings. Floats of 16 bits and fewer are widened; integers become int32 if they fit. */
  readonly dtype: DType | null;
  /** Bits per element in `raw_data`. */
  readonly bits: number;
  /** The range of an integer. */
  readonly range?: readonly [low: number, high: number];
  /** The format of a float narrower than float32. */
  readonly format?: FloatFormat;
}

export const ELEMENTS: Readonly<Record<ElementType, Element>> = {
  float: { code: 1, dtype: 'float32', bits: 32 },
  uint8: { code: 2, dtype: 'int32', bits: 8, range: [0, 255] },
  int8: { code: 3, dtype: 'int32', bits: 8, range: [-128, 127] },
  uint16: { code: 4, dtype: 'int32', bits: 16, range: [0, 65535] },
  int16: { code: 5, dtype: 'int32', bits: 16, range: [-32768, 32767] },
  int32: { code: 6, dtype: 'int32', bits: 32, range: [-(2 ** 31), 2 ** 31 - 1] },
  int64: { code: 7, dtype: 'int32', bits: 64, range: [-(2 ** 63), 2 ** 63] },
  string: { code: 8, dtype: null, bits: 0 },
  bool: { code: 9, dtype: 'bool', bits: 8 },
  float16: {
    code: 10,
    dtype: 'float32',
    bits: 16,
    format: { mantissa: 10, bias: 15, max: 65504, special: 'ieee' },
  },
  double: { code: 11, dtype: 'float64', bits: 64 },
  uint32: { code: 12, dtype: 'int32', bits: 32, range: [0, 2 ** 32 - 1] },
  uint64: { code: 13, dtype: 'int32', bits: 64, range: [0, 2 ** 64] },
  bfloat16: {
    code: 16,
    dtype: 'float32',
    bits: 16,
    format: { mantissa: 7, bias: 127, max: (2 - 2 ** -7) * 2 ** 127, special: 'ieee' },
  },
  float8e4m3fn: {
    code: 17,
    dtype: 'float32',
    bits: 8,
    format: { mantissa: 3, bias: 7, max: 448, special: 'fn' },
  },
  float8e4m3fnuz: {
    code: 18,
    dtype: 'float32',
    bits: 8,
    format: { mantissa: 3, bias: 8, max: 240, special: 'fnuz' },
  },
  float8e5m2: {
    code: 19,
    dtype: 'float32',
    bits: 8,
    format: { mantissa: 2, bias: 15, max: 57344, special: 'ieee' },
  },
  float8e5m2fnuz: {
    code: 20,
    dtype: 'float32',
    bits: 8,
    format: { mantissa: 2, bias: 16, max: 57344, special: 'fnuz' },
  },
  uint4: { code: 21, dtype: 'int32', bits: 4, range: [0, 15] },
  int4: { code: 22, dtype: 'int32', bits: 4, range: [-8, 7] },
  float4e2m1: {
    code: 23,
    dtype: 'float32',
    bits: 4,
    format: { mantissa: 1, bias: 1, max: 6, special: 'none' },
  },
  float8e8m0: {
    code: 24,
    dtype: 'float32',
    bits: 8,
    format: { mantissa: 0, bias: 127, max: 2 ** 127, special: 'scale' },
  },
  uint2: { code: 25, dtype: 'int32', bits: 2, range: [0, 3] },
  int2: { code: 26, dtype: 'int32', bits: 2, range: [-2, 1] },
};

/** The type in files that holds a dtype exactly. */
export const TYPE_OF: Readonly<Record<DType, ElementType>> = {
  float32: 'float',
  float64: 'double',
  int32: 'int32',
  bool: 'bool',
};

const BY_CODE: ReadonlyMap<number, ElementType> = new Map(
  (Object.keys(ELEMENTS) as ElementType[]).map((type) => [ELEMENTS[type].code, type]),
);

/** The element type with a code; null if it is not supported. */
export function elementTypeOf(code: number | undefined): ElementType | null {
  return BY_CODE.get(code ?? 0) ?? null;
}

/** Like `elementTypeOf`, but throws an error that names `what` if the type is not supported. */
export function requireElementType(code: number | undefined, what: string): ElementType {
  const type = elementTypeOf(code);
  if (type !== null) return type;
  throw new FormatError(
    `importOnnx: ${what} has elements of type ${code ?? 'none'}; there are ${Object.keys(ELEMENTS).join(', ')}`,
  );
}

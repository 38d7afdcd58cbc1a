/**
 * @file The element types that files hold, and how each becomes one of the four dtypes: halves widen to float32, all
 * integers become int32 if they fit. The bytes may lie at any offset and in either byte order.
 */
import { ElementError, FormatError } from '../errors.js';
import { allocate, type DType, type TypedArray } from '../graph/dtype.js';
import { MAX_RANK } from '../graph/shape.js';

/** An array in memory, as the codecs in this folder use it: row-major; `data.length` is the product of `shape`. */
export interface ArrayRecord {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Bytes per element, by the names that safetensors gives the types. */
export const ELEMENT_SIZE = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof ELEMENT_SIZE;

/** The type in which an array is written: the one that holds its dtype exactly. */
export const ELEMENT_OF: Readonly<Record<DType, ElementType>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  bool: 'BOOL',
};

const INT32_MAX = 2 ** 31 - 1;

/** The 16 bits of a half-precision number (IEEE 754 binary16) as a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * Reads all of `bytes` as elements of type `element`.
 *
 * @param what The name of the array in errors.
 * @throws {ElementError} if a 64-bit or unsigned integer does not fit in int32. @throws {FormatError} if a boolean is neither 0
 * nor 1.
 */
export function decodeElements(
  bytes: Uint8Array,
  element: ElementType,
  what: string,
  littleEndian = true,
): { dtype: DType; data: TypedArray } {
  const count = bytes.byteLength / ELEMENT_SIZE[element];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (index: number, value: number | bigint): never => {
    const found = `${what}: element ${index} of type ${element} is ${value}`;
    if (element === 'BOOL') throw new FormatError(`${found}, neither 0 nor 1`);
    throw new ElementError(`${found}, outside int32, the only integer type here`);
  };

  /** Types that are stored unchanged: one copy of the bytes, at any offset. */
  const copy = <T extends TypedArray>(data: T, read: (offset: number) => number): T => {
    if (littleEndian) new Uint8Array(data.buffer).set(bytes);
    else for (let i = 0; i < count; i++) data[i] = read(i * data.BYTES_PER_ELEMENT);
    return data;
  };
  const integers = (read: (index: number) => number): { dtype: DType; data: TypedArray } => {
    const data = allocate('int32', count);
    for (let i = 0; i < count; i++) data[i] = read(i);
    return { dtype: 'int32', data };
  };
  const inRange = (value: number, index: number): number =>
    value > INT32_MAX ? refuse(index, value) : value;
  const bigInRange = (value: bigint, index: number): number =>
    value === BigInt.asIntN(32, value) ? Number(value) : refuse(index, value);

  switch (element) {
    case 'F64':
      return {
        dtype: 'float64',
        data: copy(allocate('float64', count), (o) => view.getFloat64(o)),
      };
    case 'F32':
      return {
        dtype: 'float32',
        data: copy(allocate('float32', count), (o) => view.getFloat32(o)),
      };
    case 'I32':
      return { dtype: 'int32', data: copy(allocate('int32', count), (o) => view.getInt32(o)) };
    case 'F16': {
      const data = allocate('float32', count);
      for (let i = 0; i < count; i++) data[i] = halfToNumber(view.getUint16(2 * i, littleEndian));
      return { dtype: 'float32', data };
    }
    case 'BF16': {
      // A bfloat16 is the upper half of a float32.
      const data = allocate('float32', count);
      const bits = new Uint32Array(data.buffer);
      for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, littleEndian) << 16;
      return { dtype: 'float32', data };
    }
    case 'BOOL': {
      const data = bytes.slice();
      data.forEach((value, index) => value > 1 && refuse(index, value));
      return { dtype: 'bool', data };
    }
    case 'I64':
      return integers((i) => bigInRange(view.getBigInt64(8 * i, littleEndian), i));
    case 'U64':
      return integers((i) => bigInRange(view.getBigUint64(8 * i, littleEndian), i));
    case 'U32':
      return integers((i) => inRange(view.getUint32(4 * i, littleEndian), i));
    case 'I16':
      return integers((i) => view.getInt16(2 * i, littleEndian));
    case 'U16':
      return integers((i) => view.getUint16(2 * i, littleEndian));
    case 'I8':
      return integers((i) => view.getInt8(i));
    case 'U8':
      return integers((i) => view.getUint8(i));
  }
}

/** The bytes of an array's elements, little-endian, as a view on its memory. */
export function elementBytes({ data }: ArrayRecord): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The product of `shape`; throws if it is not exact any more. */
export function elementCount(shape: readonly number[], what: string): number {
  if (shape.length > MAX_RANK) {
    throw new FormatError(
      `${what}: the shape has ${shape.length} dimensions; a tensor has at most ${MAX_RANK}`,
    );
  }
  // A zero makes the array empty whatever the other dimensions are.
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const dim of shape) {
    count *= dim;
    if (!Number.isSafeInteger(count))
      throw new FormatError(`${what}: shape [${shape.join(', ')}] has over 2^53 elements`);
  }
  return count;
}

/** An object without prototype: any string, even `__proto__`, is an ordinary key. */
export function plainRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

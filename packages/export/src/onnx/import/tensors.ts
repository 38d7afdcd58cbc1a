/** @file Tensors of a file: checked against their shape, and read in any of the layouts that ONNX has. */
import { FormatError, type DType } from '@chainrule/autograd';
import { ELEMENTS, requireElementType, type ElementType } from '../schema/elementTypes.js';
import type { TensorProto } from '../schema/protos.js';
import { countOf, type Limits } from './limits.js';
import { Known, known, Strings } from './values.js';

/** Gives the bytes of a file beside the model. */
export type ExternalData = (location: string, offset: number, length: number | null) => Uint8Array;

export interface TensorContext {
  readonly limits: Limits;
  readonly external: ExternalData;
}

/** The elements of a tensor in a file. @throws {FormatError} if they are not as many as its shape says. */
export function readTensor(
  proto: TensorProto,
  what: string,
  context: TensorContext,
): Known | Strings {
  const type = requireElementType(proto.dataType, what);
  const count = countOf(proto.dims, context.limits, what);
  const bytes = proto.dataLocation === 1 ? outside(proto, what, context) : proto.rawData;
  if (type === 'string') return new Strings(texts(proto.stringData, count, what), proto.dims);
  const { dtype } = ELEMENTS[type];
  if (bytes !== undefined) return fromBytes(bytes, type, proto.dims, count, what);
  const list = listOf(proto, type);
  expect(
    list.length,
    type === 'int4' || type === 'uint4' ? Math.ceil(count / 2) : count,
    'elements',
    what,
  );
  return known(fromList(list, type, count), proto.dims, dtype as DType);
}

/** UTF-8 as text. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(`importOnnx: ${what} is a text that is not UTF-8`);
  }
}

function texts(data: readonly Uint8Array[], count: number, what: string): string[] {
  expect(data.length, count, 'texts', what);
  return data.map((bytes) => textOf(bytes, what));
}

function expect(found: number, count: number, unit: string, what: string): void {
  if (found !== count)
    throw new FormatError(`importOnnx: ${what} has ${found} ${unit}, its shape asks for ${count}`);
}

function outside(proto: TensorProto, what: string, { external }: TensorContext): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (location === undefined)
    throw new FormatError(`importOnnx: ${what} lies in another file, and does not say in which`);
  const number = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined) return null;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new FormatError(`importOnnx: ${what} lies in '${location}' at the ${key} '${text}'`);
  };
  return external(location, number('offset') ?? 0, number('length'));
}

/** The field that holds elements of a type where they are not raw bytes. */
function listOf(proto: TensorProto, type: ElementType): readonly number[] {
  if (type === 'float') return proto.floatData;
  if (type === 'double') return proto.doubleData;
  if (type === 'int64') return proto.int64Data;
  if (type === 'uint32' || type === 'uint64') return proto.uint64Data;
  return proto.int32Data;
}

/** Halves stand as their bits in a list of integers, 4-bit numbers two in one. */
function fromList(list: readonly number[], type: ElementType, count: number): ArrayLike<number> {
  if (type === 'float16') return list.map(halfToNumber);
  if (type === 'bfloat16') return list.map(brainToNumber);
  if (type === 'uint4' || type === 'int4') return nibbles(list, type === 'int4', count);
  if (type === 'uint64') return list.map((x) => (x < 0 ? x + 2 ** 64 : x));
  return list;
}

function fromBytes(
  bytes: Uint8Array,
  type: ElementType,
  shape: readonly number[],
  count: number,
  what: string,
): Known {
  const { bits, dtype } = ELEMENTS[type];
  expect(bytes.length, Math.ceil((count * bits) / 8), 'bytes', what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integer = (size: number, read: (at: number) => number): Known => {
    const data = new Int32Array(count);
    for (let i = 0; i < count; i++) data[i] = read(i * size);
    return new Known(data, shape, 'int32');
  };
  /** The same bytes in memory of their own, wherever they lie. */
  const copied = <A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
    data: A,
  ): Known => {
    new Uint8Array(data.buffer).set(bytes);
    return new Known(data, shape, dtype as DType);
  };
  switch (type) {
    case 'float':
      return copied(new Float32Array(count));
    case 'double':
      return copied(new Float64Array(count));
    case 'int32':
      return copied(new Int32Array(count));
    case 'bool':
      if (bytes.some((x) => x > 1))
        throw new FormatError(`importOnnx: ${what} has a boolean that is neither 0 nor 1`);
      return copied(new Uint8Array(count));
    case 'float16':
      return new Known(
        Float32Array.from({ length: count }, (_, i) => halfToNumber(view.getUint16(2 * i, true))),
        shape,
        'float32',
      );
    case 'bfloat16':
      return new Known(
        Float32Array.from({ length: count }, (_, i) => brainToNumber(view.getUint16(2 * i, true))),
        shape,
        'float32',
      );
    case 'int64':
      return wide(count, shape, (i) => view.getBigInt64(8 * i, true));
    case 'uint64':
      return wide(count, shape, (i) => view.getBigUint64(8 * i, true));
    case 'uint32':
      return wide(count, shape, (i) => view.getUint32(4 * i, true));
    case 'int16':
      return integer(2, (at) => view.getInt16(at, true));
    case 'uint16':
      return integer(2, (at) => view.getUint16(at, true));
    case 'int8':
      return integer(1, (at) => view.getInt8(at));
    case 'uint8':
      return integer(1, (at) => view.getUint8(at));
    case 'uint4':
    case 'int4':
      return new Known(Int32Array.from(nibbles(bytes, type === 'int4', count)), shape, 'int32');
    case 'string':
      throw new FormatError(`importOnnx: ${what} has strings as raw bytes`);
  }
}

function wide(
  count: number,
  shape: readonly number[],
  read: (i: number) => number | bigint,
): Known {
  const data = new Float64Array(count);
  let fits = true;
  for (let i = 0; i < count; i++) {
    const x = (data[i] = Number(read(i)));
    fits &&= x === (x | 0);
  }
  return new Known(fits ? Int32Array.from(data) : data, shape, 'int32');
}

/** Numbers of four bits, the lower half of a byte first. */
function nibbles(bytes: ArrayLike<number>, signed: boolean, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const bits = ((bytes[i >> 1] as number) >> (i % 2 === 0 ? 0 : 4)) & 15;
    return signed && bits > 7 ? bits - 16 : bits;
  });
}

/** The 16 bits of an IEEE 754 binary16 as a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** A bfloat16 is the upper half of a float32. */
function brainToNumber(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] as number;
}

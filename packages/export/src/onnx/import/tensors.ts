/** @file Reads tensors of a file: checks them against their shape, and decodes any of the layouts of ONNX. */
import { FormatError, type DType } from '@chainrule/autograd';
import { ELEMENTS, requireElementType, type ElementType } from '../schema/elementTypes.js';
import { numberOf } from '../schema/floatFormat.js';
import type { TensorProto } from '../schema/protos.js';
import { countOf, type Limits } from './limits.js';
import { Known, known, Strings } from './values.js';

/** Returns the bytes of a file beside the model. */
export type ExternalData = (location: string, offset: number, length: number | null) => Uint8Array;

export interface TensorContext {
  readonly limits: Limits;
  readonly external: ExternalData;
}

/** The elements of a tensor in a file. @throws {FormatError} if their number does not match its shape. */
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
    ELEMENTS[type].bits < 8 ? Math.ceil((count * ELEMENTS[type].bits) / 8) : count,
    'elements',
    what,
  );
  return known(fromList(list, type, count), proto.dims, dtype as DType);
}

/** UTF-8 bytes as text. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(`importOnnx: ${what} is a string that is not UTF-8`);
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
    throw new FormatError(`importOnnx: ${what} lies in another file, but does not name it`);
  const number = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined) return null;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new FormatError(`importOnnx: ${what} lies in '${location}' at the ${key} '${text}'`);
  };
  return external(location, number('offset') ?? 0, number('length'));
}

/** The field that holds the elements of a type if they are not raw bytes. */
function listOf(proto: TensorProto, type: ElementType): readonly number[] {
  if (type === 'float') return proto.floatData;
  if (type === 'double') return proto.doubleData;
  if (type === 'int64') return proto.int64Data;
  if (type === 'uint32' || type === 'uint64') return proto.uint64Data;
  return proto.int32Data;
}

/** Narrow floats are stored as their bits in a list of integers, numbers of less than 8 bits several in one integer. */
function fromList(list: readonly number[], type: ElementType, count: number): ArrayLike<number> {
  const { bits, format } = ELEMENTS[type];
  if (bits < 8 && type !== 'string') return unpacked(list, type, count);
  if (format !== undefined) return list.map((code) => numberOf(code, bits, format));
  if (type === 'uint64') return list.map((x) => (x < 0 ? x + 2 ** 64 : x));
  return list;
}

/** The elements in little-endian bytes. */
export function fromBytes(
  bytes: Uint8Array,
  type: ElementType,
  shape: readonly number[],
  count: number,
  what: string,
): Known {
  const { bits, dtype, format } = ELEMENTS[type];
  expect(bytes.length, Math.ceil((count * bits) / 8), 'bytes', what);
  if (type !== 'string' && bits < 8)
    return known(unpacked(bytes, type, count), shape, dtype as DType);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integer = (size: number, read: (at: number) => number): Known => {
    const data = new Int32Array(count);
    for (let i = 0; i < count; i++) data[i] = read(i * size);
    return new Known(data, shape, 'int32');
  };
  /** A copy of the bytes, so that they are aligned. */
  const copied = <A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
    data: A,
  ): Known => {
    new Uint8Array(data.buffer).set(bytes);
    return new Known(data, shape, dtype as DType);
  };
  if (format !== undefined) {
    // A table of the values of all codes, if there are at least as many elements as codes.
    const all =
      count < 2 ** bits
        ? null
        : Float32Array.from({ length: 2 ** bits }, (_, i) => numberOf(i, bits, format));
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const code = bits === 8 ? bytes[i]! : view.getUint16(2 * i, true);
      data[i] = all?.[code] ?? numberOf(code, bits, format);
    }
    return new Known(data, shape, 'float32');
  }
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
    default:
      throw new FormatError(`importOnnx: ${what} has ${type}s as raw bytes`);
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

/** Numbers of less than eight bits, starting with the lowest bits of a byte. */
function unpacked(list: ArrayLike<number>, type: ElementType, count: number): number[] {
  const { bits, range, format } = ELEMENTS[type];
  const each = 8 / bits;
  return Array.from({ length: count }, (_, i) => {
    const code = (list[Math.floor(i / each)]! >> (bits * (i % each))) & (2 ** bits - 1);
    if (format !== undefined) return numberOf(code, bits, format);
    return code > (range?.[1] ?? 0) ? code - 2 ** bits : code;
  });
}

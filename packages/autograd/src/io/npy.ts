/**
 * @file NumPy's .npy format: a magic string, a version, a Python dictionary as text, and the elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * The dictionary is read by a parser that accepts only its three entries; object arrays, which hold pickled Python code, are
 * refused.
 */
import { FormatError } from '../errors.js';
import { decodeElements, ELEMENT_SIZE, elementBytes, elementCount } from './elements.js';
import type { ArrayRecord, ElementType } from './elements.js';
import { decodeUtf8 } from './json.js';
import type { DType, TypedArray } from '../graph/dtype.js';
import { allocateBytes } from '../graph/values/allocateBytes.js';

/** NumPy itself refuses longer headers unless it is told to trust the file. */
export const MAX_NPY_HEADER_BYTES = 10_000;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

const ELEMENTS: Readonly<Record<string, ElementType>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  i4: 'I32',
  i2: 'I16',
  i1: 'I8',
  u8: 'U64',
  u4: 'U32',
  u2: 'U16',
  u1: 'U8',
  b1: 'BOOL',
};
const DESCR: Readonly<Record<DType, string>> = {
  float64: '<f8',
  float32: '<f4',
  int32: '<i4',
  bool: '|b1',
};

/**
 * Reads a whole .npy file, of version 1, 2 or 3, in C or Fortran order, of either byte order.
 *
 * @param what The name of the file in errors.
 * @throws {FormatError} if anything is malformed, of an unsupported dtype, or does not fit.
 */
export function readNpy(bytes: Uint8Array, what = 'npy'): ArrayRecord {
  const { text, dataStart } = headerText(bytes, what);
  const { descr, fortranOrder, shape } = parseHeader(text, what);
  const { element, littleEndian } = elementOf(descr, what);
  const expected = elementCount(shape, what) * ELEMENT_SIZE[element];
  const found = bytes.byteLength - dataStart;
  if (found !== expected) {
    const fault = found < expected ? 'is it truncated?' : 'bytes follow the array';
    throw new FormatError(
      `${what}: '${descr}' of shape (${shape.join(', ')}) takes ${expected} bytes, the file has ${found}; ${fault}`,
    );
  }
  const { dtype, data } = decodeElements(bytes.subarray(dataStart), element, what, littleEndian);
  return { dtype, shape, data: fortranOrder ? toRowMajor(data, shape) : data };
}

function headerText(bytes: Uint8Array, what: string): { text: string; dataStart: number } {
  if (bytes.byteLength < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError(`${what}: does not start with the magic string \\x93NUMPY`);
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (minor !== 0 || (major !== 1 && major !== 2 && major !== 3)) {
    throw new FormatError(
      `${what}: format version ${major}.${minor}; supported are 1.0, 2.0 and 3.0`,
    );
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const textStart = 8 + lengthBytes;
  if (bytes.byteLength < textStart)
    throw new FormatError(`${what}: the file ends inside its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_NPY_HEADER_BYTES) {
    throw new FormatError(
      `${what}: a header of ${length} bytes; at most ${MAX_NPY_HEADER_BYTES} are read`,
    );
  }
  const dataStart = textStart + length;
  if (dataStart > bytes.byteLength)
    throw new FormatError(`${what}: the file ends inside its header`);
  const raw = bytes.subarray(textStart, dataStart);
  // Versions 1 and 2 are Latin-1, one byte per character.
  const text = major === 3 ? decodeUtf8(raw, `${what}: header`) : String.fromCharCode(...raw);
  return { text, dataStart };
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` and nothing else. */
function parseHeader(text: string, what: string): Header {
  let at = 0;
  const fail = (): never => {
    throw new FormatError(
      `${what}: the header is not of the form {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }: ` +
        JSON.stringify(text.slice(0, 100)),
    );
  };
  /** The next piece of text that matches, after white space; undefined if it does not match. */
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(`\\s*(${pattern.source})`, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found) at = sticky.lastIndex;
    return found?.[1];
  };
  const expect = (pattern: RegExp): string => take(pattern) ?? fail();
  const string = (): string | undefined => take(/'[^'\\]*'|"[^"\\]*"/)?.slice(1, -1);

  const readShape = (): number[] => {
    const shape: number[] = [];
    expect(/\(/);
    while (take(/\)/) === undefined) {
      const dim = Number(expect(/0|[1-9]\d*/));
      take(/L/); // Python 2 wrote long integers this way
      if (!Number.isSafeInteger(dim)) throw new FormatError(`${what}: a dimension beyond 2^53`);
      shape.push(dim);
      // A comma may be omitted only before the closing bracket, but not after a single dimension.
      if (take(/,/) === undefined) {
        if (shape.length === 1) fail();
        expect(/\)/);
        break;
      }
    }
    return shape;
  };

  let descr: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  expect(/\{/);
  while (take(/\}/) === undefined) {
    const key = string();
    expect(/:/);
    if (key === 'descr' && descr === undefined) {
      descr = string();
      if (descr === undefined) {
        throw new FormatError(
          `${what}: a structured dtype; only arrays of plain numbers and booleans are read`,
        );
      }
    } else if (key === 'fortran_order' && fortranOrder === undefined)
      fortranOrder = expect(/True|False/) === 'True';
    else if (key === 'shape' && shape === undefined) shape = readShape();
    else fail();
    if (take(/,/) === undefined) {
      expect(/\}/);
      break;
    }
  }
  if (text.slice(at).trim() !== '') fail();
  if (descr === undefined || fortranOrder === undefined || shape === undefined) return fail();
  return { descr, fortranOrder, shape };
}

function elementOf(descr: string, what: string): { element: ElementType; littleEndian: boolean } {
  if (/^[|<>=]?O/.test(descr)) {
    throw new FormatError(
      `${what}: an object array ('${descr}') holds pickled Python code, which is never run`,
    );
  }
  const type = /^([|<>])([fiub][1248])$/.exec(descr);
  const element =
    type?.[2] !== undefined && Object.hasOwn(ELEMENTS, type[2]) ? ELEMENTS[type[2]] : undefined;
  if (!type || !element || (type[1] === '|' && ELEMENT_SIZE[element] > 1)) {
    throw new FormatError(
      `${what}: dtype '${descr}' is not supported; supported are f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 and b1, with < or >`,
    );
  }
  return { element, littleEndian: type[1] !== '>' };
}

/** Reorders data whose first index varies fastest so that the last one does. */
function toRowMajor(data: TypedArray, shape: readonly number[]): TypedArray {
  const result = data.slice();
  const index = shape.map(() => 0);
  const strides: number[] = [];
  shape.reduce((stride, dim) => (strides.push(stride), stride * dim), 1);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return result;
}

/** Writes a .npy file of version 1.0, byte for byte as `numpy.save` does. */
export function writeNpy(array: ArrayRecord): Uint8Array<ArrayBuffer> {
  const { dtype, shape } = array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy leaves room for the first dimension to grow to 21 digits, and aligns the data to 64 bytes.
  const room = shape.length > 0 ? ' '.repeat(Math.max(0, 21 - String(shape[0]).length)) : '';
  const unpadded = 10 + dictionary.length + room.length + 1;
  const padding = ' '.repeat(Math.ceil(unpadded / 64) * 64 - unpadded);
  const header = `${dictionary}${room}${padding}\n`;
  if (header.length > MAX_NPY_HEADER_BYTES)
    throw new FormatError(`npy: a shape of ${shape.length} dimensions is too long`);

  const bytes = allocateBytes(10 + header.length + array.data.byteLength);
  bytes.set([...MAGIC, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(elementBytes(array), 10 + header.length);
  return bytes;
}

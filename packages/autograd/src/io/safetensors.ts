/**
 * @file The safetensors format: eight bytes that give the length of a JSON header, the header, and the tensors' bytes
 * one after the other. https://github.com/huggingface/safetensors
 *
 * Everything is checked before the first tensor is allocated: the data must tile the rest of the file exactly.
 */
import { display } from '../arguments/display.js';
import { FormatError } from '../errors.js';
import { allocateBytes } from '../graph/values/allocateBytes.js';
import { asArray, asNatural, asObject, asString, decodeUtf8, readJson } from './json.js';
import type { JsonValue } from './json.js';
import {
  decodeElements,
  ELEMENT_OF,
  ELEMENT_SIZE,
  elementBytes,
  elementCount,
  plainRecord,
} from './elements.js';
import type { ArrayRecord, ElementType } from './elements.js';
import { HALVES, toHalves, type Half } from './halves.js';
import { quoted } from './quoted.js';

/** The longest header that the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The most tensors in one file: reading this many takes seconds. Published models have some thousands per file. */
export const MAX_TENSORS = 250_000;

const METADATA = '__metadata__';
/** Larger elements first, so that each array is aligned; then by name, the order of the reference implementation. */
const ORDER: readonly ElementType[] = ['F64', 'F32', 'I32', 'BF16', 'F16', 'BOOL'];

export interface SafetensorsContent {
  /** Without prototype, in the order of the header. */
  readonly arrays: Record<string, ArrayRecord>;
  readonly metadata: Record<string, string>;
}

interface Entry {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a whole safetensors file.
 *
 * @param what The name of the file in errors.
 * @throws {FormatError} if anything violates the format, if there are more than `MAX_TENSORS` tensors, or if the type or the
 * values of a tensor are not supported here.
 */
export function readSafetensors(bytes: Uint8Array, what = 'safetensors'): SafetensorsContent {
  const { entries, metadata, dataStart } = readHeader(bytes, what);
  const arrays = plainRecord<ArrayRecord>();
  for (const { name, element, shape, begin, end } of entries) {
    const part = bytes.subarray(dataStart + begin, dataStart + end);
    arrays[name] = {
      shape,
      ...decodeElements(part, element, `${what}: tensor ${quoted(name)}`),
    };
  }
  return { arrays, metadata };
}

function readHeader(bytes: Uint8Array, what: string) {
  if (bytes.byteLength < 8) {
    throw new FormatError(
      `${what}: ${bytes.byteLength} bytes are too few; the header's length alone takes 8`,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `${what}: a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.byteLength) {
    throw new FormatError(
      `${what}: a header of ${length} bytes in a file of ${bytes.byteLength}; is it truncated?`,
    );
  }
  if (bytes[8] !== 0x7b || length === 0n)
    throw new FormatError(`${what}: the header does not start with '{'`);

  const text = decodeUtf8(bytes.subarray(8, dataStart), `${what}: header`);
  const metadata = plainRecord<string>();
  const entries: Entry[] = [];
  const visit = (name: string, value: JsonValue): void => {
    if (name !== METADATA) {
      if (entries.length === MAX_TENSORS)
        throw new FormatError(`${what}: more than ${MAX_TENSORS} tensors; shard the file`);
      entries.push(readEntry(name, value, what));
      return;
    }
    for (const [key, text] of asObject(value, `${what}: ${METADATA}`)) {
      metadata[key] = asString(text, `${what}: ${METADATA}[${quoted(key)}]`);
    }
  };
  const title = `${what}: header`;
  asObject(readJson(text, title, { naturalNumbers: true, maxDepth: 8, visit }), title);
  checkTiling(entries, bytes.byteLength - dataStart, what);
  return { entries, metadata, dataStart };
}

function readEntry(name: string, value: JsonValue, file: string): Entry {
  const what = `${file}: tensor ${quoted(name)}`;
  const info = asObject(value, what);
  const element = asString(info.get('dtype'), `${what}: dtype`);
  if (!isElementType(element)) {
    const known = Object.keys(ELEMENT_SIZE).join(', ');
    throw new FormatError(
      `${what}: dtype ${quoted(element)} is not supported; supported are ${known}`,
    );
  }
  const shape = asArray(info.get('shape'), `${what}: shape`).map((dim) =>
    asNatural(dim, `${what}: shape`),
  );
  const offsets = asArray(info.get('data_offsets'), `${what}: data_offsets`);
  if (offsets.length !== 2)
    throw new FormatError(`${what}: data_offsets has ${offsets.length} numbers instead of 2`);
  const [begin, end] = offsets.map((offset) => asNatural(offset, `${what}: data_offsets`)) as [
    number,
    number,
  ];
  const size = elementCount(shape, what) * ELEMENT_SIZE[element];
  if (end - begin !== size) {
    throw new FormatError(
      `${what}: ${element} of shape [${shape.join(', ')}] takes ${size} bytes, but data_offsets are [${begin}, ${end}]`,
    );
  }
  return { name, element, shape, begin, end };
}

function isElementType(name: string): name is ElementType {
  return Object.hasOwn(ELEMENT_SIZE, name);
}

/** The tensors must cover the data from the first byte to the last, without gaps or overlap. */
function checkTiling(entries: readonly Entry[], size: number, what: string): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      const fault = begin < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new FormatError(
        `${what}: tensor ${quoted(name)} at [${begin}, ${end}] ${fault} (${covered} expected)`,
      );
    }
    covered = end;
  }
  if (covered !== size) {
    const fault = covered > size ? 'is it truncated?' : 'there are bytes that belong to no tensor';
    throw new FormatError(
      `${what}: the tensors take ${covered} bytes, the file has ${size} after the header; ${fault}`,
    );
  }
}

/**
 * Writes arrays as one safetensors file, byte for byte as the reference implementation does (except for the order of several
 * metadata keys, which is random there). float32 is written as `floats`.
 *
 * @throws {FormatError} for a name that the format reserves or that is not valid Unicode.
 */
export function writeSafetensors(
  arrays: Readonly<Record<string, ArrayRecord>>,
  metadata: Readonly<Record<string, string>> = {},
  floats: 'float32' | Half = 'float32',
): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(arrays)
    .map(([name, array]) => ({
      name,
      shape: array.shape,
      ...encoded(array, floats, name),
      key: new TextEncoder().encode(name),
    }))
    .sort(
      (a, b) => ORDER.indexOf(a.element) - ORDER.indexOf(b.element) || compareBytes(a.key, b.key),
    );

  if (sorted.length > MAX_TENSORS) {
    throw new FormatError(
      `safetensors: ${sorted.length} tensors; one file holds at most ${MAX_TENSORS}`,
    );
  }
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const pairs = Object.entries(metadata).map(([key, value]) => {
      if (typeof value !== 'string') {
        throw new FormatError(
          `safetensors: metadata[${quoted(key)}] must be a string, got ${display(value)}`,
        );
      }
      return `${quote(key)}:${quote(value)}`;
    });
    fields.push(`"${METADATA}":{${pairs.join(',')}}`);
  }
  let size = 0;
  for (const { name, shape, data, element } of sorted) {
    if (name === METADATA)
      throw new FormatError(`safetensors: a tensor cannot be named ${METADATA}`);
    const begin = size;
    size += data.byteLength;
    fields.push(
      `${quote(name)}:{"dtype":"${element}","shape":[${shape.join(',')}],"data_offsets":[${begin},${size}]}`,
    );
  }

  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8; // spaces up to a multiple of 8
  if (padded > MAX_HEADER_BYTES) {
    throw new FormatError(
      `safetensors: the header would take ${padded} bytes; at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const bytes = allocateBytes(8 + padded + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, 8, 8 + padded).set(header, 8);
  let at = 8 + padded;
  for (const { data } of sorted) {
    bytes.set(data, at);
    at += data.byteLength;
  }
  return bytes;
}

/** The bytes of an array's elements, and their type. */
function encoded(
  array: ArrayRecord,
  floats: 'float32' | Half,
  name: string,
): { readonly element: ElementType; readonly data: Uint8Array } {
  const { data, dtype } = array;
  if (floats === 'float32' || !(data instanceof Float32Array))
    return { element: ELEMENT_OF[dtype], data: elementBytes(array) };
  const bits = toHalves(data, floats, `safetensors: the tensor ${quoted(name)}`);
  return { element: HALVES[floats].element, data: new Uint8Array(bits.buffer) };
}

/** A JSON string; a lone surrogate would silently become another name in UTF-8. */
function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new FormatError(
      `safetensors: the name ${quoted(text)} is not valid Unicode (half a surrogate pair)`,
    );
  }
  return JSON.stringify(text);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const differs = a.findIndex((byte, i) => byte !== b[i]);
  // A name that is a prefix of another comes first.
  return differs < 0 ? a.length - b.length : (a[differs] ?? -1) - (b[differs] ?? -1);
}

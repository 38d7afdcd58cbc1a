/**
 * @file Reads protobuf without trusting any byte: lengths are checked before anything is allocated, and limits bound the
 * depth and the number of messages.
 */
import { FormatError } from '@chainrule/autograd';
import { WIRE, WIRE_OF, type Field, type Schema } from './schema.js';

export interface DecodeLimits {
  /** The deepest nesting of messages. */
  readonly depth: number;
  /** The most messages and strings in all. */
  readonly messages: number;
}

/** Decodes the message in `bytes`. Fields of type `bytes` are views, not copies; fields that the schema lacks are skipped. */
export function decode<T extends object>(
  bytes: Uint8Array,
  schema: Schema<T>,
  limits: DecodeLimits,
): T {
  return new Decoder(bytes, limits).message(schema, bytes.length, 0);
}

type Fields = ReadonlyMap<number, readonly [name: string, field: Field]>;
type Values = Record<string, unknown>;

class Decoder {
  private readonly bytes: Uint8Array;
  private readonly limits: DecodeLimits;
  private readonly view: DataView;
  private readonly text = new TextDecoder('utf-8', { fatal: true });
  private readonly tables = new Map<Schema<object>, Fields>();
  private at = 0;
  private count = 0;

  constructor(bytes: Uint8Array, limits: DecodeLimits) {
    this.bytes = bytes;
    this.limits = limits;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message<T extends object>(schema: Schema<T>, end: number, depth: number): T {
    if (depth > this.limits.depth)
      this.refuse(`messages are nested deeper than ${this.limits.depth} (limits.depth)`);
    const found: Values = {};
    const fields = this.fieldsOf(schema);
    for (const [name, { repeated }] of fields.values()) if (repeated) found[name] = [];
    while (this.at < end) {
      const tag = this.varint(end);
      const number = Math.floor(tag / 8);
      if (tag < 8 || number > 0x1fffffff)
        this.refuse(`${schema.name} has a field numbered ${number}`);
      const entry = fields.get(number);
      if (entry === undefined) this.skip(tag % 8, end, schema.name);
      else this.field(found, entry[0], entry[1], tag % 8, end, depth, schema.name);
    }
    return found as T;
  }

  private fieldsOf(schema: Schema<object>): Fields {
    let table = this.tables.get(schema);
    if (table === undefined) {
      const entries = Object.entries(schema.fields as Record<string, Field>);
      table = new Map(entries.map(([name, field]) => [field.number, [name, field]]));
      this.tables.set(schema, table);
    }
    return table;
  }

  private field(
    found: Values,
    name: string,
    field: Field,
    wire: number,
    end: number,
    depth: number,
    owner: string,
  ): void {
    const { type, repeated } = field;
    const numeric = type === 'int' || type === 'float' || type === 'double';
    if (repeated && numeric && wire === WIRE.length) {
      const last = this.length(end, owner);
      const list = found[name] as number[];
      while (this.at < last) list.push(this.number(type, last));
      return;
    }
    if (wire !== WIRE_OF[type])
      this.refuse(`${owner}.${name} is laid out as wire type ${wire}, not ${WIRE_OF[type]}`);
    let value: unknown;
    if (numeric) value = this.number(type, end);
    else {
      const last = this.length(end, owner);
      if (type !== 'bytes' && ++this.count > this.limits.messages)
        this.refuse(`there are more than ${this.limits.messages} messages (limits.messages)`);
      if (field.type === 'message') value = this.message(field.schema(), last, depth + 1);
      else value = this.slice(type === 'text', last, `${owner}.${name}`);
    }
    if (repeated) (found[name] as unknown[]).push(value);
    else found[name] = value;
  }

  private slice(isText: boolean, end: number, what: string): string | Uint8Array {
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    if (!isText) return part;
    try {
      return this.text.decode(part);
    } catch {
      return this.refuse(`${what} is not UTF-8`);
    }
  }

  /** Reads a length, and returns the end of the field that has it. */
  private length(end: number, owner: string): number {
    const length = this.varint(end);
    if (length < 0 || length > end - this.at) {
      this.refuse(
        `a part of ${owner} claims ${length} bytes where ${end - this.at} are left: the file is cut off or damaged`,
      );
    }
    return this.at + length;
  }

  private number(type: 'int' | 'float' | 'double', end: number): number {
    if (type === 'int') return this.varint(end);
    const size = type === 'float' ? 4 : 8;
    this.need(size, end);
    const at = this.at;
    this.at += size;
    return size === 4 ? this.view.getFloat32(at, true) : this.view.getFloat64(at, true);
  }

  /** A signed 64-bit integer in groups of seven bits, the lowest first. */
  private varint(end: number): number {
    let [low, high] = [0, 0];
    for (let i = 0; i < 10; i++) {
      this.need(1, end);
      const byte = this.bytes[this.at++] as number;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (i < 9) high |= bits << (7 * i - 32);
      else if (byte > 1) break;
      else high |= byte << 31;
      if (byte < 0x80) return (high | 0) * 2 ** 32 + (low >>> 0);
    }
    return this.refuse('a number has more than 64 bits');
  }

  private skip(wire: number, end: number, owner: string): void {
    if (wire === WIRE.varint) this.varint(end);
    else if (wire === WIRE.length) this.at = this.length(end, owner);
    else if (wire === WIRE.fixed32 || wire === WIRE.fixed64) {
      const size = wire === WIRE.fixed32 ? 4 : 8;
      this.need(size, end);
      this.at += size;
    } else this.refuse(`${owner} has a field of the unknown wire type ${wire}`);
  }

  private need(bytes: number, end: number): void {
    if (this.at + bytes > end) this.refuse('it ends in the middle of a field: cut off or damaged');
  }

  private refuse(why: string): never {
    throw new FormatError(`importOnnx: not an ONNX file, at byte ${this.at}: ${why}`);
  }
}

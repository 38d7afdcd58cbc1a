/** @file Writes protobuf: a message as bytes, with fields in the order of their numbers. */
import { WIRE, WIRE_OF, type Field, type Schema } from './schema.js';

/** Encodes a message. Undefined fields and empty lists are omitted; large `bytes` are copied once. */
export function encode<T extends object>(value: T, schema: Schema<T>): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.message(value as Record<string, unknown>, schema);
  return writer.finish();
}

/** Writes bytes from the last to the first, so that a message's length is known before it is written. */
class Writer {
  private buffer = new Uint8Array(1024);
  /** The start of the bytes written so far. */
  private at = 1024;

  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(this.at);
  }

  message(value: Record<string, unknown>, schema: Schema<object>): void {
    const fields = Object.entries(schema.fields as Record<string, Field>);
    for (const [name, field] of fields.sort(([, a], [, b]) => b.number - a.number)) {
      const given = value[name];
      if (given === undefined) continue;
      if (!field.repeated) this.field(given, field);
      else this.list(given as readonly unknown[], field);
    }
  }

  private list(values: readonly unknown[], field: Field): void {
    const { type, number } = field;
    if (values.length === 0) return;
    if (type === 'text' || type === 'bytes' || type === 'message') {
      for (let i = values.length; i-- > 0;) this.field(values[i], field);
      return;
    }
    const end = this.written;
    for (let i = values.length; i-- > 0;) this.number(values[i] as number, type);
    this.varint(this.written - end);
    this.varint(number * 8 + WIRE.length);
  }

  private field(value: unknown, field: Field): void {
    const end = this.written;
    if (field.type === 'message') this.message(value as Record<string, unknown>, field.schema());
    else if (field.type === 'text') this.push(new TextEncoder().encode(value as string));
    else if (field.type === 'bytes') this.push(value as Uint8Array);
    else this.number(value as number, field.type);
    if (WIRE_OF[field.type] === WIRE.length) this.varint(this.written - end);
    this.varint(field.number * 8 + WIRE_OF[field.type]);
  }

  private number(value: number, type: 'int' | 'float' | 'double'): void {
    if (type === 'int') return this.varint(value);
    const size = type === 'float' ? 4 : 8;
    const at = this.reserve(size);
    const view = new DataView(this.buffer.buffer, at, size);
    if (type === 'float') view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
  }

  private varint(value: number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    this.push(Uint8Array.from(bytes));
  }

  private push(bytes: Uint8Array): void {
    // Growing may replace the buffer.
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  private get written(): number {
    return this.buffer.length - this.at;
  }

  /** Reserves `bytes` bytes before those written, and returns their position. */
  private reserve(bytes: number): number {
    if (bytes > this.at) {
      const grown = new Uint8Array(Math.max(2 * this.buffer.length, this.written + bytes));
      grown.set(this.buffer.subarray(this.at), grown.length - this.written);
      this.at = grown.length - this.written;
      this.buffer = grown;
    }
    return (this.at -= bytes);
  }
}

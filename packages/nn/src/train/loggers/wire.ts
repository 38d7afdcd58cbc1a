/** @file Writes the wire format of protocol buffers. */

/** A message under construction: fields in ascending order, as the canonical form requires. */
export class Message {
  private readonly parts: number[] = [];

  /** A whole number ≥ 0, below 2⁵³; 0 is left out, as the default. */
  int(field: number, value: number): this {
    if (value === 0) return this;
    this.varint(field * 8);
    return this.varint(value);
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + 5);
    return this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }

  double(field: number, value: number): this {
    this.varint(field * 8 + 1);
    return this.raw(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** Omitted if it is 0. */
  doubleOrNone(field: number, value: number): this {
    return value === 0 ? this : this.double(field, value);
  }

  doubles(field: number, values: ArrayLike<number>): this {
    return this.bytes(field, new Uint8Array(Float64Array.from(values).buffer));
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint(field * 8 + 2).varint(value.length);
    return this.raw(value);
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.parts);
  }

  private varint(value: number): this {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.parts.push((rest % 128) + 128);
    this.parts.push(rest);
    return this;
  }

  private raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.parts.push(byte);
    return this;
  }
}

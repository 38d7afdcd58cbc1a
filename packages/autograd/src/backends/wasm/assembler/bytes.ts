/** @file A growing byte array with the number formats of WebAssembly's binary format. */

const scratch = new DataView(new ArrayBuffer(8));

/** Arrays of finished functions, for reuse: allocating new ones for each plan would cost more than writing them. */
const spare: Uint8Array<ArrayBuffer>[] = [];
const EMPTY = new Uint8Array(0);

/** Bytes that are appended one after another. */
export class Bytes {
  private array: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor() {
    this.array = spare.pop() ?? new Uint8Array(2048);
  }

  /** Gives the memory to the next `Bytes`; this one must not be used any more. */
  recycle(): void {
    if (spare.length < 64 && this.array.length <= 1 << 18) spare.push(this.array);
    this.array = EMPTY;
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.array.length) this.grow(1);
    this.array[this.length++] = value;
  }

  bytes(...values: readonly number[]): void {
    for (const value of values) this.byte(value);
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  float32(value: number): void {
    scratch.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
  }

  float64(value: number): void {
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
  }

  name(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  append(other: Bytes): void {
    const bytes = other.view();
    if (this.length + bytes.length > this.array.length) this.grow(bytes.length);
    this.array.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Overwrites five bytes with a padded LEB128 number. */
  patch(position: number, value: number): void {
    for (let i = 0; i < 5; i++)
      this.array[position + i] = ((value >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.array.subarray(0, this.length);
  }

  private grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.array.length * 2, this.length + needed));
    larger.set(this.array);
    this.array = larger;
  }
}

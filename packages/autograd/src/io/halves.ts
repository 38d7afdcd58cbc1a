/** @file float32 numbers in 16 bits: float16 and bfloat16. */
import { FormatError } from '../errors.js';

/** float32 numbers as the bits of float16, ties to even. Numbers beyond its range become infinite. */
function toFloat16(data: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = bitsOf(data);
  const half = new Float32Array(1);
  const halfBits = new Uint32Array(half.buffer);
  return Uint16Array.from(bits, (x, i) => {
    const sign = (x >>> 16) & 0x8000;
    const size = x & 0x7fffffff;
    if (size > 0x7f800000) return sign | 0x7e00;
    if (size >= 0x47800000) return sign | 0x7c00;
    if (size >= 0x38800000) {
      const nearest = size + 0xfff + ((size >>> 13) & 1);
      return sign | ((nearest - 0x38000000) >>> 13);
    }
    // The last bit of a float32 from 0.5 to 1 is that of a subnormal float16, so this sum rounds as it should.
    half[0] = Math.abs(data[i]!) + 0.5;
    return sign | (halfBits[0]! - 0x3f000000);
  });
}

/** float32 numbers as the bits of bfloat16, ties to even. Numbers beyond its range become infinite. */
function toBfloat16(data: Float32Array): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(bitsOf(data), (x) => {
    if ((x & 0x7fffffff) > 0x7f800000) return (x >>> 16) | 0x40;
    return (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  });
}

function bitsOf(data: Float32Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** The halves of a type. */
export const HALVES = {
  float16: { element: 'F16', infinite: 0x7c00, bits: toFloat16 },
  bfloat16: { element: 'BF16', infinite: 0x7f80, bits: toBfloat16 },
} as const;

export type Half = keyof typeof HALVES;

/** The bits of numbers in 16 bits, ties to even. @throws {FormatError} for a finite number that would become infinite. */
export function toHalves(data: Float32Array, type: Half, what: string): Uint16Array<ArrayBuffer> {
  const { bits: narrow, infinite } = HALVES[type];
  const bits = narrow(data);
  const lost = bits.findIndex((x, i) => (x & 0x7fff) === infinite && Number.isFinite(data[i]));
  if (lost < 0) return bits;
  throw new FormatError(`${what} contains ${data[lost]!}, which is beyond the range of ${type}`);
}

/** @file Reads PNG pictures (ISO/IEC 15948) with 8 bits per channel, not interlaced. */
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: number;
  /** Row-major, with the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/** The number of channels by colour type; palettes (3) are not read. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @throws {RangeError} if it is not such a picture, or ends too early. */
export function decodePng(bytes: Uint8Array): Picture {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (SIGNATURE.some((byte, i) => data[i] !== byte)) throw new RangeError('it is not a PNG file');
  const packed: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = 8; at + 12 <= data.length;) {
    const length = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    const content = data.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = content;
    if (type === 'IDAT') packed.push(content);
    at += 12 + length; // length, type, content, checksum
  }
  if (header === undefined || header.length !== 13) throw new RangeError('it has no PNG header');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth = 0, colour = -1, , , interlace = 0] = header.subarray(8);
  const channels = CHANNELS[colour];
  if (depth !== 8 || channels === undefined || interlace !== 0) {
    throw new RangeError(
      `expected 8 bits a channel, no palette and no interlacing; got ${depth} bits, colour type ${colour}, interlacing ${interlace}`,
    );
  }
  const rows = inflateSync(Buffer.concat(packed));
  const stride = width * channels;
  if (rows.length !== height * (stride + 1))
    throw new RangeError(`${rows.length} bytes of pixels instead of ${height * (stride + 1)}`);
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) unfilter(rows, pixels, y, stride, channels);
  return { width, height, channels, pixels };
}

/**
 * Row `y`: each byte is stored as its difference from the value that the filter predicts from the left, upper and upper left
 * bytes.
 */
function unfilter(
  rows: Uint8Array,
  pixels: Uint8Array,
  y: number,
  stride: number,
  channels: number,
): void {
  const filter = rows[y * (stride + 1)] ?? 0;
  if (filter > 4) throw new RangeError(`row ${y} has the unknown filter ${filter}`);
  const from = y * (stride + 1) + 1;
  const to = y * stride;
  for (let i = 0; i < stride; i++) {
    const left = i < channels ? 0 : (pixels[to + i - channels] as number);
    const up = y === 0 ? 0 : (pixels[to + i - stride] as number);
    const corner = i < channels || y === 0 ? 0 : (pixels[to + i - stride - channels] as number);
    let expected = 0;
    if (filter === 1) expected = left;
    else if (filter === 2) expected = up;
    else if (filter === 3) expected = (left + up) >> 1;
    else if (filter === 4) expected = paeth(left, up, corner);
    pixels[to + i] = (rows[from + i] as number) + expected; // modulo 256, because of the array type
  }
}

/** The one of the three that is nearest to `left + up - corner`; ties in this order (A. W. Paeth 1991). */
function paeth(left: number, up: number, corner: number): number {
  const a = Math.abs(up - corner);
  const b = Math.abs(left - corner);
  const c = Math.abs(left + up - 2 * corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

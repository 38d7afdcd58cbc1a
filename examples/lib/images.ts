/** @file Small gray or colour images as PNG, and a grid of them with captions as one SVG. */
import { deflateSync } from 'node:zlib';

export interface GridImage {
  /** Values from 0 to 255 in row-major order: one per pixel for gray, or red, green and blue of each pixel. */
  readonly pixels: Uint8Array;
  readonly caption?: string;
}

export interface GridOptions {
  readonly width: number;
  readonly height: number;
  readonly columns?: number;
  /** The size in the picture of one pixel of an image. */
  readonly scale?: number;
  readonly title?: string;
}

const GAP = 10;
const CAPTION = 20;
const TITLE = 30;

/** Images in rows, each with its caption below, as an SVG that is legible on light and dark pages. */
export function imageGrid(images: readonly GridImage[], options: GridOptions): string {
  const { width, height, columns = 8, scale = 4, title } = options;
  const cell = { width: width * scale + GAP, height: height * scale + CAPTION + GAP };
  const top = title === undefined ? GAP : TITLE + GAP;
  const across = Math.min(columns, Math.max(1, images.length));
  const size = {
    width: across * cell.width + GAP,
    height: top + Math.ceil(images.length / across) * cell.height,
  };

  const parts = images.map(({ pixels, caption = '' }, i) => {
    const x = GAP + (i % across) * cell.width;
    const y = top + Math.floor(i / across) * cell.height;
    const middle = x + (width * scale) / 2;
    return (
      `<image x="${x}" y="${y}" width="${width * scale}" height="${height * scale}" ` +
      `style="image-rendering:pixelated" href="${pngDataUri(pixels, width, height)}"/>` +
      `<text x="${middle}" y="${y + height * scale + 15}" text-anchor="middle">${escapeXml(caption)}</text>`
    );
  });
  const heading =
    title === undefined ? '' : `<text x="${GAP}" y="24" font-size="15">${escapeXml(title)}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-grid" viewBox="0 0 ${size.width} ${size.height}" ` +
    `width="${size.width}" height="${size.height}" font-family="system-ui, sans-serif" font-size="12">` +
    `<style>.chainrule-grid{background:#fff;fill:#24292f;border-radius:6px}` +
    `@media (prefers-color-scheme:dark){.chainrule-grid{background:#161b22;fill:#e6edf3}}</style>` +
    `${heading}${parts.join('')}</svg>`
  );
}

/** A PNG as a `data:` URL; see {@link encodePng}. */
export function pngDataUri(pixels: Uint8Array, width: number, height: number): string {
  return `data:image/png;base64,${Buffer.from(encodePng(pixels, width, height)).toString('base64')}`;
}

/** An 8-bit PNG (ISO/IEC 15948): gray from one value per pixel, colour from three. */
export function encodePng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const channels = pixels.length / (width * height);
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`encodePng: ${pixels.length} values for ${width} × ${height} pixels`);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits per channel
  header[9] = channels === 1 ? 0 : 2; // gray or RGB; the rest are zeros
  // Each row begins with the number of its filter; 0 for none.
  const stride = width * channels;
  const rows = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y++)
    rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const result = Buffer.alloc(12 + data.length);
  result.writeUInt32BE(data.length, 0);
  result.write(type, 4, 'latin1');
  result.set(data, 8);
  result.writeUInt32BE(crc32(result.subarray(4, 8 + data.length)), 8 + data.length);
  return result;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

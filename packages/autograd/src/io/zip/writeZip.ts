/** @file Writes zip archives without compression, as weights hardly shrink. PKWARE APPNOTE 6.3. */
import { FormatError } from '../../errors.js';
import { allocateBytes } from '../../graph/values/allocateBytes.js';
import { crc32 } from './crc32.js';

const LOCAL = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;
/** The flag for names in UTF-8. */
const FLAGS = 0x800;
const VERSION = 20;
/** The first day that the format can express, 1 January 1980: the same files give the same bytes. */
const DAY = 0x21;
const LIMIT = 2 ** 32 - 1;

/** An archive of the files. @throws {FormatError} for 4 GiB and more, or more than 65,535 files. */
export function writeZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries = Object.entries(files).map(([name, bytes]) => ({
    name: new TextEncoder().encode(name),
    bytes,
  }));
  const sizes = entries.map(({ name, bytes }) => 30 + name.length + bytes.byteLength);
  const start = sizes.reduce((a, b) => a + b, 0);
  const directory = entries.reduce((sum, { name }) => sum + 46 + name.length, 0);
  if (start + directory + 22 > LIMIT || entries.length > 0xffff)
    throw new FormatError('zip: an archive has at most 4 GiB and 65,535 files');
  const out = allocateBytes(start + directory + 22);
  const view = new DataView(out.buffer);
  let at = 0;
  const u16 = (...values: number[]): void => {
    for (const value of values) view.setUint16((at += 2) - 2, value, true);
  };
  const u32 = (...values: number[]): void => {
    for (const value of values) view.setUint32((at += 4) - 4, value, true);
  };
  const put = (bytes: Uint8Array): void => {
    out.set(bytes, at);
    at += bytes.byteLength;
  };
  const sums = entries.map(({ bytes }) => crc32(bytes));
  const offsets = entries.map(({ name, bytes }, i) => {
    const offset = at;
    u32(LOCAL);
    u16(VERSION, FLAGS, 0, 0, DAY);
    u32(sums[i] as number, bytes.byteLength, bytes.byteLength);
    u16(name.length, 0);
    put(name);
    put(bytes);
    return offset;
  });
  entries.forEach(({ name, bytes }, i) => {
    u32(DIRECTORY);
    u16(VERSION, VERSION, FLAGS, 0, 0, DAY);
    u32(sums[i] as number, bytes.byteLength, bytes.byteLength);
    u16(name.length, 0, 0, 0, 0);
    u32(0, offsets[i] as number);
    put(name);
  });
  u32(END);
  u16(0, 0, entries.length, entries.length);
  u32(directory, start);
  u16(0);
  return out;
}

/**
 * @file Reads untrusted zip archives: the central directory is authoritative, the local headers must agree with it, entries may
 * not share bytes, and no entry may unpack to more than it declares. PKWARE APPNOTE 6.3.
 */
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { FormatError } from '../../errors.js';
import { plainRecord } from '../elements.js';
import { decodeUtf8 } from '../json.js';
import { quoted } from '../quoted.js';
import { crc32 } from './crc32.js';
import { inflate } from './inflate.js';

/** Limits of an archive; anything larger is refused. */
export interface ZipLimits {
  /** The most bytes that all entries together may unpack to. */
  readonly maxBytes?: number;
  /** The most files. */
  readonly maxEntries?: number;
}

/** Reads the limits of an archive. */
export const zipLimits: OptionsReader<ZipLimits> = defineOptions<ZipLimits>({
  maxBytes: kinds.size,
  maxEntries: kinds.size,
});

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly headerAt: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1 << 0;
const SIZES_FOLLOW = 1 << 3;
const UTF8_NAME = 1 << 11;
/** The largest ratio that deflate can reach; an entry that claims more is wrong. */
const MAX_RATIO = 1032;
const DEFAULT_MAX_BYTES = 4 * 2 ** 30;

/**
 * Unpacks all files of a zip archive; folders are left out.
 *
 * @throws {FormatError} if the archive is malformed, encrypted, in parts, or exceeds the limits.
 */
export async function readZip(
  bytes: Uint8Array,
  what = 'zip',
  { maxBytes = DEFAULT_MAX_BYTES, maxEntries = 65_535 }: ZipLimits = {},
): Promise<Record<string, Uint8Array>> {
  const archive = new Archive(bytes, what);
  const entries = archive.directory(maxEntries);
  const total = entries.reduce((sum, { unpacked }) => sum + unpacked, 0);
  if (total > maxBytes) {
    throw new FormatError(
      `${what}: unpacks to ${total} bytes, over the limit of ${maxBytes} (option maxBytes)`,
    );
  }
  const parts = archive.locate(entries);
  const files = plainRecord<Uint8Array>();
  for (const { entry, part } of parts) {
    const place = `${what}: entry ${quoted(entry.name)}`;
    const content = entry.method === STORED ? part : await inflate(part, entry.unpacked, place);
    if (crc32(content) !== entry.crc)
      throw new FormatError(`${place}: the checksum is wrong; the archive is damaged`);
    if (!entry.name.endsWith('/')) files[entry.name] = content;
  }
  return files;
}

class Archive {
  private readonly bytes: Uint8Array;
  private readonly what: string;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private fail(reason: string): never {
    throw new FormatError(`${this.what}: ${reason}`);
  }

  /** The position of `size` bytes, which must lie in the file and, if a signature is given, begin with it. */
  private at(offset: number, size: number, signature?: number): number {
    if (offset < 0 || offset + size > this.bytes.byteLength)
      this.fail('a header lies outside the archive; is it truncated?');
    if (signature !== undefined && this.view.getUint32(offset, true) !== signature) {
      this.fail(`no header where one should be, at byte ${offset}`);
    }
    return offset;
  }

  private u16(offset: number): number {
    return this.view.getUint16(this.at(offset, 2), true);
  }

  private u32(offset: number): number {
    return this.view.getUint32(this.at(offset, 4), true);
  }

  private u64(offset: number): number {
    const value = Number(this.view.getBigUint64(this.at(offset, 8), true));
    return Number.isSafeInteger(value) ? value : this.fail(`a size of ${value} bytes`);
  }

  directory(maxEntries: number): Entry[] {
    const end = this.findEnd();
    if (this.u16(end + 4) !== 0 && this.u16(end + 4) !== 0xffff)
      this.fail('an archive in several parts is not supported');
    let count = this.u16(end + 10);
    let size = this.u32(end + 12);
    let start = this.u32(end + 16);
    if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
      const locator = this.at(end - 20, 20, ZIP64_LOCATOR);
      const end64 = this.at(this.u64(locator + 8), 56, ZIP64_END);
      count = this.u64(end64 + 32);
      size = this.u64(end64 + 40);
      start = this.u64(end64 + 48);
    }
    if (count > maxEntries) this.fail(`${count} entries, over the limit of ${maxEntries}`);
    if (start + size > end) this.fail('the directory lies outside the archive; is it truncated?');

    const entries: Entry[] = [];
    const names = new Set<string>();
    let at = start;
    for (let i = 0; i < count; i++) {
      const { entry, next } = this.readEntry(at);
      if (names.has(entry.name)) this.fail(`two entries are named ${quoted(entry.name)}`);
      names.add(entry.name);
      entries.push(entry);
      at = next;
    }
    if (at !== start + size) this.fail('the directory is not as long as its header says');
    return entries;
  }

  /** The end record is last in the file, except for a comment of up to 65,535 bytes. */
  private findEnd(): number {
    const last = this.bytes.byteLength - 22;
    for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
      if (
        this.view.getUint32(at, true) === END_OF_DIRECTORY &&
        at + 22 + this.u16(at + 20) === this.bytes.byteLength
      ) {
        return at;
      }
    }
    return this.fail('not a zip archive, or a truncated one: no end record');
  }

  private readEntry(offset: number): { entry: Entry; next: number } {
    const at = this.at(offset, 46, DIRECTORY_ENTRY);
    const flags = this.u16(at + 8);
    const method = this.u16(at + 10);
    const nameLength = this.u16(at + 28);
    const extraLength = this.u16(at + 30);
    const next = at + 46 + nameLength + extraLength + this.u16(at + 32);
    const name = this.readName(at + 46, nameLength, flags);
    if (flags & ENCRYPTED) this.fail(`entry ${quoted(name)} is encrypted`);
    if (method !== STORED && method !== DEFLATED) {
      this.fail(
        `entry ${quoted(name)} is packed with method ${method}; supported are 0 (stored) and 8 (deflate)`,
      );
    }
    // Values that do not fit in 32 bits are in an extra field, in this order.
    const large = this.zip64Values(at + 46 + nameLength, extraLength);
    const value = (field: number): number => {
      const small = this.u32(field);
      return small === 0xffffffff ? (large.shift() ?? small) : small;
    };
    const unpacked = value(at + 24);
    const packed = value(at + 20);
    const headerAt = value(at + 42);
    if (method === STORED ? packed !== unpacked : unpacked > packed * MAX_RATIO) {
      this.fail(
        `entry ${quoted(name)} claims to unpack from ${packed} to ${unpacked} bytes, which is impossible`,
      );
    }
    return { entry: { name, method, crc: this.u32(at + 16), packed, unpacked, headerAt }, next };
  }

  private readName(offset: number, length: number, flags: number): string {
    const raw = this.bytes.subarray(this.at(offset, length), offset + length);
    const name =
      flags & UTF8_NAME ? decodeUtf8(raw, `${this.what}: entry name`) : String.fromCharCode(...raw);
    // Nothing is written to disk here, but a name may become part of a user's path.
    if (name === '' || /^[/\\]|^[A-Za-z]:|\\|\0|(^|\/)\.\.?(\/|$)/.test(name)) {
      this.fail(`entry name ${quoted(name)} is not a plain relative path`);
    }
    return name;
  }

  private zip64Values(offset: number, length: number): number[] {
    const end = this.at(offset, length) + length;
    for (let at = offset; at + 4 <= end; at += 4 + this.u16(at + 2)) {
      const size = this.u16(at + 2);
      if (at + 4 + size > end) this.fail('an extra field runs past its header');
      if (this.u16(at) === 1) {
        return Array.from({ length: Math.min(3, size >> 3) }, (_, i) => this.u64(at + 4 + 8 * i));
      }
    }
    return [];
  }

  /** Finds the bytes of each entry, checks the local header against the directory, and that no two entries share bytes. */
  locate(entries: readonly Entry[]): { entry: Entry; part: Uint8Array }[] {
    let free = 0;
    return [...entries]
      .sort((a, b) => a.headerAt - b.headerAt)
      .map((entry) => {
        const place = `entry ${quoted(entry.name)}`;
        const at = this.at(entry.headerAt, 30, LOCAL_HEADER);
        if (at < free) this.fail(`${place} shares bytes with another entry`);
        const flags = this.u16(at + 6);
        const nameLength = this.u16(at + 26);
        const start = at + 30 + nameLength + this.u16(at + 28);
        const differs =
          this.u16(at + 8) !== entry.method ||
          this.readName(at + 30, nameLength, flags) !== entry.name ||
          (!(flags & SIZES_FOLLOW) && this.localSizesDiffer(at, start, entry));
        if (differs) this.fail(`${place}: its own header and the directory disagree`);
        free = this.at(start, entry.packed) + entry.packed;
        return { entry, part: this.bytes.subarray(start, free) };
      });
  }

  private localSizesDiffer(at: number, dataStart: number, { packed, unpacked }: Entry): boolean {
    const extraAt = at + 30 + this.u16(at + 26);
    const large = this.zip64Values(extraAt, dataStart - extraAt);
    const is = (field: number, expected: number): boolean => {
      const small = this.u32(field);
      return (small === 0xffffffff ? (large.shift() ?? small) : small) === expected;
    };
    return !(is(at + 22, unpacked) && is(at + 18, packed));
  }
}

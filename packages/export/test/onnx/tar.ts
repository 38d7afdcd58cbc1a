/** @file The files in a .tar.gz, for fixtures of many small files. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The files by name, of an archive in `fixtures`. */
export function readTar(name: string): Map<string, Uint8Array> {
  const bytes = gunzipSync(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
  const text = (from: number, to: number): string =>
    bytes.subarray(from, to).toString('latin1').replace(/\0.*$/s, '');
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, at + 136), 8);
    // A copy: a reader must not depend on where a file lies in memory.
    files.set(text(at, at + 100), new Uint8Array(bytes.subarray(at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

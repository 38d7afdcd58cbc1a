/** @file The files beside a model, read in parts as they are requested. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxBytes } from '../index.js';

/**
 * Files in a folder, by name. A link is refused, wherever it leads: the author of the model may have made it too.
 *
 * @throws {Error} that names the file if it is missing or is not a regular file.
 */
export function filesBeside(folder: string): (name: string) => OnnxBytes {
  const root = realpathSync(folder);
  const known = new Map<string, OnnxBytes>();
  return (name) => {
    const path = join(root, name);
    let found = known.get(name);
    if (found === undefined) known.set(name, (found = { length: sizeOf(path, name), subarray }));
    return found;

    function subarray(begin: number, end: number): Uint8Array {
      return reading(path, (file) => {
        const bytes = new Uint8Array(end - begin);
        for (let at = 0; at < bytes.length;) {
          const read = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30), begin + at);
          if (read === 0) throw new Error(`${name} became shorter while it was read`);
          at += read;
        }
        return bytes;
      });
    }
  };
}

function sizeOf(path: string, name: string): number {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    throw new Error(`there is no file ${name} beside the model`, { cause: error });
  }
  if (real !== path) throw new Error(`${name} is a link, which is not followed: copy the file`);
  return reading(path, (file) => {
    const info = fstatSync(file);
    if (!info.isFile()) throw new Error(`${name} is not a file`);
    return info.size;
  });
}

function reading<T>(path: string, does: (file: number) => T): T {
  // A pipe must not block the call, and a link created since the check must not be followed.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return does(file);
  } finally {
    closeSync(file);
  }
}

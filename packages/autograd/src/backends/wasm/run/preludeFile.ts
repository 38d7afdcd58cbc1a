/** @file The files of the preludes: in Node.js, in a folder beside the built file. See `prelude.ts`. */
import { DeviceError } from '../../../errors.js';
import { ownPlace } from '../../../graph/copy.js';

/** A prelude: its forms, and the modules that hold them. */
export interface Prelude {
  /** The keys of its forms, in order. */
  readonly keys: readonly string[];
  /** For each kind of kernel its form and the numbers that belong to it, as text, since few are asked for. */
  readonly ways: ReadonlyMap<string, string>;
  /** The modules that hold the forms, in order. */
  readonly parts: readonly PreludePart[];
}

export interface PreludePart {
  /** The index after that of its last form. */
  readonly end: number;
  readonly read: () => Uint8Array<ArrayBuffer>;
}

/** The files of a prelude: its table of contents, and its modules. */
export interface PreludeFiles {
  readonly text: string;
  readonly modules: readonly Uint8Array<ArrayBuffer>[];
}

/** Separates a kind of kernel from its numbers. */
const WAY = ' = ';

/** The table of contents: where each module ends, the keys, and the kinds with their numbers. */
export function contentsOf(
  ends: readonly number[],
  keys: readonly string[],
  ways: ReadonlyMap<string, string>,
): string {
  const lines = Array.from(ways, ([way, found]) => `${way}${WAY}${found}`);
  return [ends.join(' '), ...keys, ...lines].join('\n');
}

/** A prelude from its table of contents and a function that reads one of its modules. */
export function preludeOf(text: string, read: (part: number) => Uint8Array<ArrayBuffer>): Prelude {
  const [first = '', ...lines] = text.split('\n');
  const ends = first.split(' ').map(Number);
  const count = ends[ends.length - 1] ?? 0;
  return {
    keys: lines.slice(0, count),
    ways: new Map(lines.slice(count).map((line) => line.split(WAY) as [string, string])),
    parts: ends.map((end, part) => ({ end, read: () => read(part) })),
  };
}

/** The prelude for a width, or null. Never used in a bundle: there is no such folder beside one. */
export function findPrelude(width: string): Prelude | null {
  const contents = read(`${width}.txt`);
  if (contents === null) return null;
  return preludeOf(contents.toString('latin1'), (part) => {
    const module = read(`${width}.${part}.wasm`);
    if (module === null)
      throw new DeviceError(
        `a file of the precompiled kernels (${width}) is missing: reinstall @chainrule/autograd`,
      );
    return new Uint8Array(module);
  });
}

/** The driver for shared memory, if there is a built one. */
export function findDriver(): Uint8Array<ArrayBuffer> | null {
  const module = read(DRIVER);
  return module === null ? null : new Uint8Array(module);
}

export const DRIVER = 'driver.wasm';

/** A file of the folder; null if there is none: when running from the sources, or bundled. */
function read(name: string): Buffer | null {
  const place = ownPlace();
  if (
    place === null ||
    typeof process !== 'object' ||
    typeof process.getBuiltinModule !== 'function'
  )
    return null;
  const path = process.getBuiltinModule('node:path');
  const url = process.getBuiltinModule('node:url');
  const fs = process.getBuiltinModule('node:fs');
  try {
    const file = place.startsWith('file:') ? url.fileURLToPath(place) : place;
    return fs.readFileSync(path.join(path.dirname(file), 'prelude', name));
  } catch {
    return null;
  }
}

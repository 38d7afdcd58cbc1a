/** @file Where the preludes lie: in Node.js, in a folder beside the built file. See `prelude.ts`. */
import { DeviceError } from '../../../errors.js';
import { ownPlace } from '../../../graph/copy.js';

/** A prelude: which forms lie ready, and where. */
export interface Prelude {
  /** The keys of its forms, in order. */
  readonly keys: readonly string[];
  /** For each way of asking for a kernel its form and what belongs to it, as text: few are asked for. */
  readonly ways: ReadonlyMap<string, string>;
  /** The modules that hold the forms, in order. */
  readonly parts: readonly PreludePart[];
}

export interface PreludePart {
  /** The first form after those that it holds. */
  readonly end: number;
  readonly read: () => Uint8Array<ArrayBuffer>;
}

/** What a prelude is in files: its table of contents, and its modules. */
export interface PreludeFiles {
  readonly text: string;
  readonly modules: readonly Uint8Array<ArrayBuffer>[];
}

/** Stands between a way and its numbers. */
const WAY = ' = ';

/** The table of contents: where each module ends, the keys, and the ways. */
export function contentsOf(
  ends: readonly number[],
  keys: readonly string[],
  ways: ReadonlyMap<string, string>,
): string {
  const lines = Array.from(ways, ([way, found]) => `${way}${WAY}${found}`);
  return [ends.join(' '), ...keys, ...lines].join('\n');
}

/** A prelude by its table of contents, and by what reads one of its modules. */
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

/** The prelude for a width, if there is one. Never in what a bundler takes: there is no such folder beside a bundle. */
export function findPrelude(width: string): Prelude | null {
  const contents = read(`${width}.txt`);
  if (contents === null) return null;
  return preludeOf(contents.toString('latin1'), (part) => {
    const module = read(`${width}.${part}.wasm`);
    if (module === null)
      throw new DeviceError(
        `the prelude of ${width} lacks a part: install @chainrule/autograd again`,
      );
    return new Uint8Array(module);
  });
}

/** The module that runs lists in memory that threads share, if it lies ready. */
export function findDriver(): Uint8Array<ArrayBuffer> | null {
  const module = read(DRIVER);
  return module === null ? null : new Uint8Array(module);
}

export const DRIVER = 'driver.wasm';

/** A file of the folder; null where there is none: running from the sources, or bundled. */
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

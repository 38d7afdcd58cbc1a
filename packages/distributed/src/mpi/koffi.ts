/** @file The package koffi, which calls functions of native libraries. It is optional, and found when it is needed. */

/** What of koffi is used; https://koffi.dev. */
export interface Koffi {
  load(library: string | null, options?: { global?: boolean; lazy?: boolean }): NativeLibrary;
  address(value: unknown): bigint;
  version: string;
}

export interface NativeLibrary {
  func(prototype: string): (...args: unknown[]) => unknown;
  symbol(name: string, type: string): unknown;
}

/** koffi as the program would find it, or this package; never from the present folder, which may be anybody's. */
export function findKoffi(): Koffi | null {
  if (typeof process.getBuiltinModule !== 'function') return null;
  const { createRequire } = process.getBuiltinModule('node:module');
  for (const from of [...programPlaces(), ownPlace()]) {
    if (from === null || !/^(file:|[\\/]|[a-z]:)/i.test(from)) continue;
    try {
      return createRequire(from)('koffi') as Koffi;
    } catch {
      continue; // not there, or not for this machine
    }
  }
  return null;
}

/** Where the program lies: its path, which may name a folder (`node .`), and where a link to it leads. */
function programPlaces(): string[] {
  const program = process.argv[1];
  if (program === undefined) return [];
  const path = process.getBuiltinModule('node:path');
  // Looked up from within it: a file has no node_modules, so that the search goes on beside it.
  const places = [path.join(program, 'main')];
  try {
    places.push(path.join(process.getBuiltinModule('node:fs').realpathSync(program), 'main'));
  } catch {
    // No such file: `node -` and the like.
  }
  return places;
}

/** The file of this module, as a module of either kind; null where a bundler has taken that away. */
function ownPlace(): string | null {
  if (typeof __filename === 'string') return __filename;
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

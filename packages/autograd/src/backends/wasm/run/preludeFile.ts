/** @file Where the preludes lie: in Node.js, in a folder beside the built file. See `prelude.ts`. */
import { ownPlace } from '../../../graph/copy.js';

/** The section of a prelude that holds the keys of its forms. */
export const SECTION = 'forms';

/** A prelude as it was found. */
export interface Prelude {
  readonly keys: readonly string[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly module: WebAssembly.Module;
}

/** The prelude for a width, if there is one. Never in what a bundler takes: there is no such folder beside a bundle. */
export function findPrelude(width: string): Prelude | null {
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
    const bytes = new Uint8Array(
      fs.readFileSync(path.join(path.dirname(file), 'prelude', `${width}.wasm`)),
    );
    const module = new WebAssembly.Module(bytes);
    return { keys: keysOf(module), bytes, module };
  } catch {
    return null; // running from the sources, or bundled
  }
}

/** The keys of its functions, in order: a section of their own. */
export function keysOf(module: WebAssembly.Module): string[] {
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  return new TextDecoder().decode(section).split('\n');
}

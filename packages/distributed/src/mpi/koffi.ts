/** @file The package koffi, which calls functions of native libraries. It is optional, and found when it is needed. */
import { packagePaths } from '@chainrule/autograd';

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

declare const __webpack_require__: unknown;

/** koffi, where it is installed for the program or this package, and for this machine; or why there is none. */
export function findKoffi(): Koffi | string {
  let reason = 'is not installed: npm install koffi';
  for (const path of packagePaths('koffi', ownPlace())) {
    try {
      return process.getBuiltinModule('node:module').createRequire(path)(path) as Koffi;
    } catch (error) {
      // For another machine, or damaged.
      const [words] = String((error as Error | null)?.message ?? error).split('\n');
      reason = `at ${path} cannot be loaded: ${words ?? ''}`;
    }
  }
  return reason;
}

/** The file of this module, as a module of either kind; null where a bundler has taken that away. */
function ownPlace(): string | null {
  // Webpack would write into the program where it lay on the machine that built it.
  if (typeof __webpack_require__ === 'function') return null;
  try {
    return __filename; // not asked for by typeof: a bundler may answer that and leave the name undefined
  } catch {
    // an ES module
  }
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

/** @file The optional package koffi, which calls functions of native libraries. It is looked up when it is needed. */
import { packagePaths } from '@chainrule/autograd';

/** The part of koffi that is used; https://koffi.dev. */
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

/** koffi, if it is installed for the program or this package and works on this machine; otherwise the reason why not. */
export function findKoffi(): Koffi | string {
  let reason = 'is not installed: npm install koffi';
  for (const path of packagePaths('koffi', ownPlace())) {
    try {
      return process.getBuiltinModule('node:module').createRequire(path)(path) as Koffi;
    } catch (error) {
      // It was built for another machine, or is damaged.
      const [words] = String((error as Error | null)?.message ?? error).split('\n');
      reason = `at ${path} cannot be loaded: ${words ?? ''}`;
    }
  }
  return reason;
}

/** The file of this module, as CommonJS or as an ES module; null if a bundler has removed the information. */
function ownPlace(): string | null {
  // Webpack would insert the path on the machine that built the bundle.
  if (typeof __webpack_require__ === 'function') return null;
  try {
    return __filename; // without typeof: a bundler may answer that and leave the name undefined
  } catch {
    // an ES module
  }
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

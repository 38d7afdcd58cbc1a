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

/** koffi, where it is installed for the program or this package, and for this machine. */
export function findKoffi(): Koffi | null {
  for (const path of packagePaths('koffi', ownPlace())) {
    try {
      return process.getBuiltinModule('node:module').createRequire(path)(path) as Koffi;
    } catch {
      continue; // not for this machine
    }
  }
  return null;
}

/** The file of this module, as a module of either kind; null where a bundler has taken that away. */
function ownPlace(): string | null {
  if (typeof __filename === 'string') return __filename;
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

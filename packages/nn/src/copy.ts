/**
 * @file Identifies the copy of this package that made a module: two copies in one program do not find each other's
 * parameters.
 */
import type { Copy } from '@chainrule/autograd';

export const MODULE_BRAND: unique symbol = Symbol.for('chainrule.module.copy') as never;

declare const __webpack_require__: unknown;

/** The version of this package. */
export const VERSION = '0.1.0';

/** The file of this module; see `ownPlace` in autograd's `graph/copy.ts`. */
function ownPlace(): string | null {
  if (typeof __webpack_require__ === 'function') return null;
  try {
    return __filename;
  } catch {
    // an ES module
  }
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

/** This copy of this package. */
export const OWN: Copy = { name: '@chainrule/nn', version: VERSION, place: ownPlace() };

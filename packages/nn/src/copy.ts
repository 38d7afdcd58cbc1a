/** @file Which copy of this package made a module: two in one program do not find each other's parameters. */
import type { Copy } from '@chainrule/autograd';

export const MODULE_BRAND: unique symbol = Symbol.for('chainrule.module.copy') as never;

/** The version of this package. */
export const VERSION = '0.1.0';

/** This copy of this package. */
export const OWN: Copy = {
  name: '@chainrule/nn',
  version: VERSION,
  place:
    typeof __filename === 'string'
      ? __filename
      : ((import.meta as { readonly url?: string }).url ?? null),
};

/**
 * @file Identifies the copy of a package that made a value. Two copies in one program (an `import` and a `require` that a
 * bundler resolves to different files, two versions under node_modules) do not share a graph: gradients would be 0. So each
 * copy brands what it makes through the global symbol registry, and a value from another copy is refused with an error that
 * explains it.
 */
import { ChainruleError } from '../errors.js';

/** A package as it was loaded. */
export interface Copy {
  /** The name of the package. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The file it was loaded from, if known: bundlers remove it. */
  readonly place: string | null;
}

declare const __webpack_require__: unknown;

/** The version of this package. */
export const VERSION = '0.1.0';

/** The file of this module, as CommonJS or as an ES module; null where a bundler has removed it. */
export function ownPlace(): string | null {
  // Webpack would write the module's path on the build machine into the bundle.
  if (typeof __webpack_require__ === 'function') return null;
  try {
    return __filename; // no typeof before: a bundler may answer that and leave the name undefined
  } catch {
    // an ES module
  }
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

/** This copy of this package. */
export const COPY: Copy = { name: '@chainrule/autograd', version: VERSION, place: ownPlace() };

/** The error for a value of copy `other` given to copy `own`. */
export function foreignCopy(what: string, own: Copy, other: unknown): ChainruleError {
  const { version, place } = (typeof other === 'object' && other !== null ? other : {}) as {
    readonly version?: unknown;
    readonly place?: unknown;
  };
  const otherVersion = typeof version === 'string' ? version : 'an older version';
  const at = (x: unknown): string => (typeof x === 'string' ? ` (${x})` : '');
  // Both copies describe themselves alike: most likely it is one copy, and the value is behind a proxy.
  const proxy =
    version === own.version && place === own.place
      ? `${what} is behind a proxy, as reactive stores wrap what they hold (keep it out of them: in Vue markRaw or ` +
        'shallowRef); or '
      : '';
  return new ChainruleError(
    `${proxy}${own.name} is in this program twice: ${what} of one copy, ${otherVersion}${at(place)}, was passed to the other, ` +
      `${own.version}${at(own.place)}. Copies do not know each other's graph, and gradients would be lost. Keep one: ` +
      `\`npm ls ${own.name}\` shows what needs which version, \`npm dedupe\` or one version in package.json unifies them; ` +
      'in a bundle, or with import and require side by side, resolve both to one file (in bundlers the condition "module")',
  );
}

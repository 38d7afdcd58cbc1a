/**
 * @file Which copy of a package something was made by. Two copies in one program (an `import` and a `require` that a bundler
 * resolves to different files, two versions under node_modules) do not know each other's graph: gradients would be 0. So what
 * they make is branded with its copy on the global symbol registry, and the first meeting is an error that says so.
 */
import { ChainruleError } from '../errors.js';

/** A package as it was loaded. */
export interface Copy {
  /** The package. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its file, where that is known: bundlers take it away. */
  readonly place: string | null;
}

declare const __webpack_require__: unknown;

/** The version of this package. */
export const VERSION = '0.1.0';

/** The file of this module, as a module of either kind; null where a bundler has taken that away. */
export function ownPlace(): string | null {
  // Webpack would write into the page where it lay on the machine that built it.
  if (typeof __webpack_require__ === 'function') return null;
  try {
    return __filename; // not asked for by typeof: a bundler may answer that and leave the name undefined
  } catch {
    // an ES module
  }
  const { url } = import.meta as { readonly url?: unknown };
  return typeof url === 'string' ? url : null;
}

/** This copy of this package. */
export const COPY: Copy = { name: '@chainrule/autograd', version: VERSION, place: ownPlace() };

/** What is said when something of `other` meets `own`. */
export function foreignCopy(what: string, own: Copy, other: unknown): ChainruleError {
  const { version, place } = (typeof other === 'object' && other !== null ? other : {}) as {
    readonly version?: unknown;
    readonly place?: unknown;
  };
  const theirs = typeof version === 'string' ? version : 'an older version';
  const at = (x: unknown): string => (typeof x === 'string' ? ` (${x})` : '');
  // Equal in all that a copy says of itself: mostly it is no copy.
  const proxy =
    version === own.version && place === own.place
      ? `${what} met here stands behind a proxy, as reactive stores put before what they hold (keep it out of them: in Vue ` +
        'markRaw or shallowRef); or '
      : '';
  return new ChainruleError(
    `${proxy}${own.name} is in this program twice: ${what} made by one copy, ${theirs}${at(place)}, met the other, ` +
      `${own.version}${at(own.place)}. Copies do not know each other's graph, and gradients would be lost. Keep one: ` +
      `\`npm ls ${own.name}\` shows who asks for which version, \`npm dedupe\` or one version in package.json joins them; ` +
      'in a bundle, or with import and require side by side, let both lead to one file (in bundlers the condition "module")',
  );
}

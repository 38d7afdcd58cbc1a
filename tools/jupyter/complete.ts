/** @file Completions at the cursor: variables of earlier cells, and the members of their values. */

export interface Completion {
  readonly matches: readonly string[];
  /** The range of the text that is replaced. */
  readonly start: number;
  readonly end: number;
}

/** The names of an object's members, own and inherited. */
function namesOf(value: unknown): string[] {
  const names = new Set<string>();
  for (let at: unknown = value; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype || at === Function.prototype) break;
    // Names from other frameworks, which only give advice.
    if (Object.hasOwn(at, Symbol.for('chainrule.otherNames'))) continue;
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names];
}

/** The value of `a.b.c`; nothing but accessors is called. */
function valueOf(path: readonly string[], scope: object): unknown {
  let value: unknown = scope;
  for (const part of path) {
    if (value === null || value === undefined) return undefined;
    try {
      value = (value as Record<string, unknown>)[part];
    } catch {
      return undefined; // an accessor that cannot be read here
    }
  }
  return value;
}

/**
 * The completions of the text before the cursor: after `model.` its members, elsewhere variables.
 * @example complete('nn.Lin', 6, globalThis) // Linear
 */
export function complete(code: string, cursor: number, scope: object): Completion {
  const [before = ''] = /[\w$.]*$/.exec(code.slice(0, cursor)) ?? [];
  const path = before.split('.');
  const beginning = path.pop() ?? '';
  // After a call or an index, the value before the dot is not known without running it.
  const unknown = path[0] === '';
  const known = unknown ? undefined : valueOf(path, scope);
  const matches = namesOf(
    typeof known === 'object' || typeof known === 'function' ? known : Object(known ?? {}),
  )
    .filter((name) => /^[A-Za-z$_][\w$]*$/.test(name) && name.startsWith(beginning))
    .filter((name) => beginning.startsWith('_') || !name.startsWith('_'))
    .filter((name) => name !== 'constructor')
    .sort();
  return { matches, start: cursor - beginning.length, end: cursor };
}

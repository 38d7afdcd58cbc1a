/** @file Options that may also be given by position. */
import { isTensor } from '../graph/isTensor.js';
import { checkArgument, passes } from './check.js';
import { object, type Kind } from './kinds.js';
import type { OptionsReader } from './options.js';

/**
 * Makes a reader of options that may also be given by position, in the order of `names`: `linear(x, w, bias)` is
 * `linear(x, w, { bias })`. An options object may stand in place of any of them, and after the last.
 *
 * @example
 * const read = byPosition(defineOptions<LinearOptions>({ bias: kinds.orNull(kinds.tensor) }), 'bias');
 * function linear(x: Tensor, w: Tensor, bias?: Tensor | null | LinearOptions, options?: LinearOptions) {
 *   const given = read('linear', bias, options);
 * }
 */
export function byPosition<O extends object>(
  read: OptionsReader<O>,
  ...names: readonly (keyof O & string)[]
): (op: string, ...given: readonly unknown[]) => O {
  const kinds = read.table as Readonly<Record<string, Kind>>;
  // Read once: a look-up by a variable name takes as long as all the rest.
  const [first, second] = names;
  const [firstKind, secondKind] = names.map((name) => kinds[name]) as [Kind, Kind];
  const several = (op: string, given: readonly unknown[]): O => {
    const all: Record<string, unknown> = {};
    let options: readonly unknown[] | undefined;
    for (let i = 0; i < given.length; i++) {
      const value = given[i];
      if (value === undefined) continue;
      const name = names[i];
      if (name === undefined || isOptions(value)) options = [...(options ?? []), value];
      else all[name] = checkArgument(op, name, value, kinds[name] as Kind);
    }
    if (options === undefined) return all as O;
    // In a loop: spreading objects of many forms at one call site takes a microsecond.
    for (const object of options) {
      const own = read(op, object as O) as Readonly<Record<string, unknown>>;
      for (const name in own) if (own[name] !== undefined) all[name] = own[name];
    }
    return all as O;
  };
  // At most six, by position: a rest parameter would allocate even without arguments.
  return (op, a?, b?, c?, d?, e?, f?) => {
    const more = c !== undefined || d !== undefined || e !== undefined || f !== undefined;
    if (more || (a !== undefined && b !== undefined)) {
      if (more || second === undefined || isOptions(a) || isOptions(b))
        return several(op, [a, b, c, d, e, f]);
      checkArgument(op, first as string, a, firstKind);
      checkArgument(op, second, b, secondKind);
      return { [first as string]: a, [second]: b } as O;
    }
    // Usually there is at most one.
    const at = a === undefined ? 1 : 0;
    const value = at === 0 ? a : b;
    const name = names[at];
    if (value === undefined || name === undefined || isOptions(value)) return read(op, value as O);
    return { [name]: checkArgument(op, name, value, at === 0 ? firstKind : secondKind) } as O;
  };
}

/** Whether a value at the position of an optional argument is an options object. */
function isOptions(value: unknown): boolean {
  // Tests for a tensor first, which is the most frequent case.
  return typeof value === 'object' && !isTensor(value) && passes(object, value);
}

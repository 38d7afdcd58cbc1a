/**
 * @file Helpers for lists as long as a graph is wide: spreading a hundred thousand entries into a call overflows the stack.
 */

/** The largest number, and at least `initial`. */
export function largest(numbers: Iterable<number>, initial = -Infinity): number {
  let most = initial;
  for (const n of numbers) most = Math.max(most, n);
  return most;
}

/** Adds the entries at the end of a list. */
export function addAll<T>(list: T[], entries: Iterable<T>): void {
  for (const entry of entries) list.push(entry);
}

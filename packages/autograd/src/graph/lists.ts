/** @file Lists as long as a graph is wide. Spread into the arguments of a call, a hundred thousand entries overflow the stack. */

/** The largest number, and at least `least`. */
export function largest(numbers: Iterable<number>, least = -Infinity): number {
  let most = least;
  for (const n of numbers) most = Math.max(most, n);
  return most;
}

/** Adds the entries at the end of a list. */
export function addAll<T>(list: T[], entries: Iterable<T>): void {
  for (const entry of entries) list.push(entry);
}

/** @file Numbers of things, for messages. */

/**
 * A number and its noun: `1 channel`, `3 channels`, `0 entries`.
 * @example plural(2, 'entry', 'entries') // '2 entries'
 */
export function plural(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`;
}

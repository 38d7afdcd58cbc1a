/** @file Names from files, for messages: they may be of any length, and there may be a million. */

const LONGEST = 100;
const MOST = 100;

/** A name in double quotes, shortened if it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
}

/** Names in double quotes, at most the first hundred. */
export function quotedList(names: readonly string[]): string {
  const shown = names.slice(0, MOST).map(quoted).join(', ');
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}

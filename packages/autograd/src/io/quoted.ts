/** @file Names from files, for messages: they may be of any length, and there may be a million. */

const MAX_LENGTH = 100;
const MAX_ITEMS = 100;

/** A name in double quotes, shortened if it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH)}…` : name);
}

/** Names in double quotes, at most the first hundred. */
export function quotedList(names: readonly string[]): string {
  const shown = names.slice(0, MAX_ITEMS).map(quoted).join(', ');
  return names.length > MAX_ITEMS ? `${shown} and ${names.length - MAX_ITEMS} more` : shown;
}

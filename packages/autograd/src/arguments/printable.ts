/** @file Text that may be printed: names may come from a stranger's file. */

/** What a terminal would obey (but the end of a line), and what turns the direction of writing. */
const unprintable = /(?!\n)[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Text with control characters, and those that turn the direction of writing, shown as their codes; lines stay. Of
 * anything but text, the type.
 */
export function printable(text: string): string {
  if (typeof text !== 'string') return typeof text;
  return text.replace(
    unprintable,
    (c) => `\\u${(c.codePointAt(0) as number).toString(16).padStart(4, '0')}`,
  );
}

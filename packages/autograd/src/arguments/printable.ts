/** @file Text that is safe to print: names may come from an untrusted file. */

/** Characters that a terminal would obey (except line ends), and those that change the direction of writing. */
const unprintable = /(?!\n)[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Text in which control characters, and those that change the direction of writing, are shown as their codes; line ends stay.
 * For anything but text, its type.
 */
export function printable(text: string): string {
  if (typeof text !== 'string') return typeof text;
  return text.replace(
    unprintable,
    (c) => `\\u${(c.codePointAt(0) as number).toString(16).padStart(4, '0')}`,
  );
}

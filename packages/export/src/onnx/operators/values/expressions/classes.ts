/** @file Character classes of regular expressions, as tests of a code point. */

export type Test = (code: number) => boolean;

const digit: Test = (c) => c >= 48 && c <= 57;
const upper: Test = (c) => c >= 65 && c <= 90;
const lower: Test = (c) => c >= 97 && c <= 122;
const letter: Test = (c) => upper(c) || lower(c);
export const word: Test = (c) => letter(c) || digit(c) || c === 95;
const space: Test = (c) => c === 9 || c === 10 || c === 12 || c === 13 || c === 32;
export const not =
  (test: Test): Test =>
  (c) =>
    !test(c);

/** Classes by the letter after a backslash. */
export const CLASSES: Readonly<Record<string, Test>> = { d: digit, w: word, s: space };

/** Classes by the name within `[[: :]]`. */
export const NAMED: ReadonlyMap<string, Test> = new Map<string, Test>(
  Object.entries({
    alnum: (c) => letter(c) || digit(c),
    alpha: letter,
    ascii: (c) => c < 128,
    blank: (c) => c === 9 || c === 32,
    cntrl: (c) => c < 32 || c === 127,
    digit,
    graph: (c) => c > 32 && c < 127,
    lower,
    print: (c) => c >= 32 && c < 127,
    punct: (c) => c > 32 && c < 127 && !letter(c) && !digit(c),
    space: (c) => space(c) || c === 11,
    upper,
    word,
    xdigit: (c) => digit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
  }),
);

/** Single code points by the letter after a backslash. */
export const ESCAPED: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

export const equal =
  (code: number): Test =>
  (c) =>
    c === code;

/** A test that ignores case. */
export function inEitherCase(test: Test): Test {
  return (code) => {
    if (test(code)) return true;
    const c = String.fromCodePoint(code);
    return [c.toLowerCase(), c.toUpperCase()].some((o) => test(o.codePointAt(0) as number));
  };
}

/** A general category or script of Unicode; null if there is none of that name. */
export function category(name: string): Test | null {
  if (!/^\w+$/.test(name)) return null;
  for (const property of [name, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u');
      return (code) => pattern.test(String.fromCodePoint(code));
    } catch {
      // Otherwise tries the next way to name it.
    }
  }
  return null;
}

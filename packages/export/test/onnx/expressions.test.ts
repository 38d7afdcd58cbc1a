/**
 * @file Regular expressions: compared with JavaScript's engine where both support a pattern, with RE2 beyond, and hostile
 * patterns.
 */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { fullMatcher } from '../../src/onnx/operators/values/expressions/match.js';

const refuse = (why: string): never => {
  throw new Error(why);
};
const matches = (pattern: string, text: string): boolean => fullMatcher(pattern, refuse)(text);

const TEXTS = [
  '',
  'a',
  'b',
  'ab',
  'abab',
  'aab',
  'A',
  '1',
  '12',
  'a1_b',
  ' ',
  'a b',
  'a\nb',
  '-',
  '{',
  '{1',
  '}',
  'é',
  '😀',
  '.',
  'aaaa',
];

test.each([
  '',
  'a',
  'a|b',
  'a*',
  '(ab)*',
  '(ab)+',
  '(?:a|b)*',
  'a?b',
  'a{2}b',
  'a{1,3}',
  'a{2,}',
  'a{',
  '{1',
  '.',
  '.*',
  '\\.',
  '[ab]+',
  '[^ab]+',
  '[a-c1-3_]+',
  '[]a]',
  '[-a]',
  '\\d+',
  '\\D*',
  '\\w+',
  '\\W',
  '\\s',
  'a\\sb',
  'a\\nb',
  '^a$',
  'a$|^b',
  '\\bab\\b',
  'a\\b b',
  'a\\B1.*',
  '\\x61',
  '\\u{e9}',
  'é',
  '\\p{L}+',
  '\\P{L}',
  '[\\d_a]+1?',
  '(a|ab)(b|ab)?',
  '((a*)*)*',
  '(a*)+',
  '(|a)+',
  '(a?){2}',
  '(a?b??)*',
  '(a*?b)+?',
])('%s', (pattern) => {
  // What is written in another way there.
  if (pattern === '\\u{e9}')
    return expect(() => matches(pattern, '')).toThrow("'\\u' is not supported");
  const script = pattern
    .replace('[]a]', '[\\]a]')
    .replace(/^a\{$/, 'a\\{')
    .replace(/^\{1$/, '\\{1');
  const own = new RegExp(`^(?:${script})$`, 'u');
  return expect(TEXTS.filter((text) => matches(pattern, text))).toEqual(
    TEXTS.filter((text) => own.test(text)),
  );
});

test('random patterns match what JavaScript matches', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', 'ab', '');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `${x}${y}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `(${x}|${y})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '*?'))
        .map(([x, r]) => `(${x})${r}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      expect(matches(p, t)).toBe(new RegExp(`^(?:${p})$`, 'u').test(t));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['(?i)abc', 'aBC', true],
  ['(?i:a)b', 'Ab', true],
  ['(?i:a)b', 'AB', false],
  ['a(?i)b|c', 'C', true],
  ['(a(?i)b)c', 'aBC', false],
  ['(?i)[^a]', 'A', false],
  ['(?s).', '\n', true],
  ['(?s-s).', '\n', false],
  ['(?m)a$\n^b', 'a\nb', true],
  ['a$\n^b', 'a\nb', false],
  ['(?P<year>\\d{4})-(?<month>\\d\\d)', '2024-05', true],
  ['[[:alpha:]_]+', 'ab_', true],
  ['[[:^digit:]]', '1', false],
  ['\\pN\\p{Greek}\\P{^Lu}', '1αA', true],
  ['\\Qa.b\\E+', 'a.bb', false],
  ['\\Aa\\z', 'a', true],
  ['\\x{1F600}', '😀', true],
  ['[\\w.]+@[\\w.]+\\.\\w+', 'account@gmail.com', true],
] as const)('%s of %s', (pattern, text, right) => {
  expect(matches(pattern, text)).toBe(right);
});

test('patterns of exponential cost are refused', () => {
  const start = performance.now();
  expect(matches('((a*)*)*b', 'a'.repeat(20_000))).toBe(false);
  expect(matches('(a|aa)+$', `${'a'.repeat(20_000)}b`)).toBe(false);
  expect(() => matches('((a{100}){100}){100}', 'a')).toThrow('more than 10000 steps');
  expect(() => matches('((((){1000}){1000}){1000})', '')).toThrow('more than 10000 steps');
  expect(() => matches('(a?){1000}', 'a'.repeat(10 ** 6))).toThrow('takes too long');
  expect(() => matches('('.repeat(1000), '')).toThrow('parentheses nested too deep');
  expect(performance.now() - start).toBeLessThan(5000);
});

test.each([
  ['(a', "a ')' is missing"],
  ['a)', "a ')' too many"],
  ['[a', 'ends too early'],
  ['*a', "'*' repeats nothing"],
  ['a**', 'a repetition of a repetition'],
  ['a{3,2}', 'a repetition from 3 to 2'],
  ['a{1001}', 'a repetition from 1001'],
  ['(?=a)', "'(?=' is not supported"],
  ['(?<=a)', 'lookaround'],
  ['(a)\\1', "'\\1' is not supported"],
  ['[b-a]', 'a range without an end'],
  ['[[:x:]]', "there is no character class 'x'"],
  ['[[:constructor:]]', "there is no character class 'constructor'"],
  ['\\p{Nope}', "there is no category 'Nope'"],
  ['\\x{110000000}', 'is not a number'],
  ['\\', 'ends too early'],
] as const)('%s is refused', (pattern, why) => {
  expect(() => matches(pattern, 'a')).toThrow(why);
});

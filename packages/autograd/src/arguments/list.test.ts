/** @file Lists given by callers: valid ones, and ones that never end. */
import { expect, test } from 'vitest';
import { ChainruleError, kinds, ones, readList } from '../index.js';

function* endless(): Generator<number, undefined> {
  for (;;) yield 1;
}
function* failing(): Generator<number, undefined> {
  yield 1;
  throw new TypeError('the caller’s own');
}

test('reads arrays, sets and generators', () => {
  expect(readList('f', 'xs', [1, 2], kinds.number)).toEqual([1, 2]);
  expect(readList('f', 'xs', new Set([1, 2]), kinds.number)).toEqual([1, 2]);
  expect(readList('f', 'xs', new Map([['a', 1]]).values(), kinds.number)).toEqual([1]);
});

test.each<[unknown, string]>([
  [3, 'f: xs must be an array or another iterable; each entry must be a number, got 3'],
  [[1, 'x'], "f: xs[1] must be a number, got 'x'"],
  [new Array(2 ** 32 - 1), 'f: xs[0] must be a number, got nothing'],
  [ones([2]), 'f: xs[0] must be a number, got a tensor of shape []'],
  [endless, 'f: xs has more than 2097152 entries; pass one that ends'],
  [failing, 'f: xs cannot be iterated over: an object'],
  [{ [Symbol.iterator]: () => 1 }, 'f: xs cannot be iterated over'],
])('refuses %#', (given, message) => {
  // A generator can be iterated once.
  const read = (): unknown =>
    readList(
      'f',
      'xs',
      typeof given === 'function' ? (given as () => unknown)() : given,
      kinds.number,
    );
  expect(read).toThrow(ChainruleError);
  expect(read).toThrow(message);
});

test('stops reading an endless generator before memory runs out', () => {
  const made = { count: 0 };
  function* endlessObjects(pair: boolean): Generator<unknown, undefined> {
    for (;;) yield pair ? [`p${made.count++}`, { size: 1 }] : { size: made.count++ };
  }
  for (const pair of [false, true]) {
    made.count = 0;
    expect(() => readList('f', 'xs', endlessObjects(pair), kinds.anything)).toThrow(
      'f: xs has more than 65536 entries; pass one that ends, or an array',
    );
    expect(made.count).toBeLessThan(131_074);
  }
  const many = new Array<object>(200_000).fill({});
  expect(readList('f', 'xs', many, kinds.object)).toHaveLength(200_000);
  const pairs = (function* (): Generator<[string, number]> {
    for (let i = 0; i < 200_000; i++) yield ['word', i];
  })();
  expect(readList('f', 'xs', pairs, kinds.anything)).toHaveLength(200_000);
});

/** @file Arguments: which values pass, which do not, and how messages show them. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it, test } from 'vitest';
import { ChainruleError, ones, tensor } from '../index.js';
import { checkArgument, display, kinds, passes, reading } from './index.js';
import { nearest } from './nearest.js';

describe('checkArgument', () => {
  it('returns a valid value, and otherwise says what it must be', () => {
    expect(checkArgument('f', 'n', 3, kinds.count)).toBe(3);
    expect(() => checkArgument('f', 'n', 0, kinds.count)).toThrow(
      'f: n must be a whole number > 0, got 0',
    );
  });

  const good: readonly (readonly [keyof typeof kinds, readonly unknown[], readonly unknown[]])[] = [
    ['number', [0, NaN, -Infinity], ['1', null, 1n]],
    ['finite', [0, -1.5], [NaN, Infinity, true]],
    ['positive', [1e-300], [0, -1, Infinity, NaN]],
    ['nonNegative', [0, 2], [-1, Infinity]],
    ['fraction', [0, 1, 0.5], [-0.1, 1.1, NaN]],
    ['decay', [0, 0.9], [1, -1, NaN]],
    ['whole', [-3, 0], [0.5, 2 ** 60, NaN]],
    ['count', [1], [0, 1.5]],
    ['size', [0, 1], [-1, 0.5]],
    ['flag', [true, false], [0, 'true', null]],
    ['tensor', [tensor(1)], [1, [1], null]],
    ['operand', [tensor(1), 1, true], ['1', [1], undefined]],
    ['object', [{}], [null, [], tensor(1), new Float32Array(1)]],
    ['iterable', [[], new Set()], ['text', {}, null]],
  ];
  it.each(good)('%s', (name, right, wrong) => {
    const kind = kinds[name] as kinds.Kind;
    for (const x of right) expect(kind.test(x), display(x)).toBe(true);
    for (const x of wrong) expect(kind.test(x), display(x)).toBe(false);
  });

  it('lists, tuples and choices', () => {
    const pair = kinds.tuple(kinds.decay, kinds.decay);
    expect(pair.test([0.9, 0.99])).toBe(true);
    expect(pair.test([0.9, 1])).toBe(false);
    const sizes = kinds.oneOrMore(kinds.size);
    expect(sizes.test([1, 2])).toBe(true);
    expect(sizes.test(1)).toBe(true);

    expect(sizes.test([1, , 2])).toBe(false);
    expect(kinds.either(kinds.flag, kinds.text).must).toBe('be true or false, or be a string');
  });
});

describe('display', () => {
  const cyclic: unknown[] = [1];
  cyclic.push(cyclic);
  const throwing = new Proxy(
    {},
    {
      getPrototypeOf: () => {
        throw new Error('no');
      },
    },
  );
  it.each([
    [undefined, 'nothing'],
    [-0, '-0'],
    [5n, '5n'],
    ['a\u001b[31m', "'a\\u001b[31m'"],
    ['x'.repeat(1000), `'${'x'.repeat(60)}…'`],
    [[1, 'a', [2]], "[1, 'a', [2]]"],
    [cyclic, '[1, [1, [1, […]]]]'],
    [new Array(1e6).fill(0), '[0, 0, 0, 0, 0, 0, … 1000000 entries]'],
    [Symbol('x'), 'a symbol'],
    [class A {}, 'a class'],
    [{}, '{}'],
    [{ a: 1 }, 'an object { a }'],
    [new Date(0), 'an object of class Date'],
    [new Float32Array(3), 'a Float32Array of 3 elements'],
    [new Int32Array(1), 'an Int32Array of 1 element'],
    [throwing, 'an object that cannot be read'],
  ])('%#', (value, text) => {
    expect(display(value)).toBe(text);
  });
});

test('escapes control characters in messages, but keeps line breaks', () => {
  const error = new ChainruleError(
    '\u001b[31mred\u001b]0;t\u0007 \u009b0m\nleft \u202eright\u2066\r',
  );
  expect(error.message).toBe(
    '\\u001b[31mred\\u001b]0;t\\u0007 \\u009b0m\nleft \\u202eright\\u2066\\u000d',
  );
  expect(error.stack).not.toMatch(/[\u001b\u202e\r]/);
  expect(display('a\nb\u202e')).toBe("'a\\u000ab\\u202e'");
});

describe('nearest', () => {
  it.each([
    ['keepDims', 'keepdim'],
    ['batch_size', 'batchSize'],
    ['sufle', 'shuffle'],
    ['bais', 'bias'],
    ['weight_decay', 'weightDecay'],
    ['somethingElse', null],
    ['x'.repeat(1e6), null],
  ])('%s', (given, meant) => {
    const known = ['keepdim', 'batchSize', 'shuffle', 'bias', 'weightDecay'];
    expect(nearest(given, known)).toBe(meant);
  });
});

test('refuses a value whose getter throws, and names it', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(() => reading('f', 'options', () => ({ ...proxy }))).toThrow(
    new ChainruleError('f: options throws when it is read'),
  );
  const own = new ChainruleError('f: no');
  expect(() =>
    reading('f', 'options', () => {
      throw own;
    }),
  ).toThrow(own);
});

test('refuses a sparse list in constant time, whatever its length', () => {
  const holes: number[] = [];
  holes.length = 2 ** 32 - 1;
  expect(passes(kinds.listOf(kinds.anything), holes)).toBe(true);
  expect(() => ones([2, 2]).roll(holes)).toThrow(ChainruleError);
});

test('a plain object of another realm is shown as one', () => {
  expect(display(runInNewContext('({ inDims: 0 })'))).toBe('an object { inDims }');
});

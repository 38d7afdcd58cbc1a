/** @file The streams of the vector loops have the bits of the plain generator. */
import { afterEach, expect, it, vi } from 'vitest';
import { threefry } from '../../ops/creation/generator.js';
import { eachStream } from './keyedStreams.js';

const unit = ([a, b]: Uint32Array): number => ((a! >>> 5) * 2 ** 25 + (b! >>> 7) + 0.5) / 2 ** 52;

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['few', 7, 10, 7],
  ['many', 300, 10, 300],
  ['shared', 300, 5, 90],
  ['past the low word', 200, 2 ** 32 - 101, 200],
  ['far', 130, 2 ** 52, 130],
] as const)('%s', (_name, count, first, streams) => {
  const key = [0x9abcdef0 | 0, 0x12345] as const;
  const [found, expected]: number[][] = [[], []];
  // The streams have different lengths, some beyond what is drawn at once.
  const lengthOf = (i: number): number => (i % 7 === 3 ? 19 : i % 6);
  eachStream(threefry, key, first, streams, count, (i, next) => {
    for (let k = 0; k < lengthOf(i); k++) found!.push(next());
  });
  for (let i = 0; i < count; i++) {
    const counter = first + (i % streams);
    const words = threefry(...key, counter | 0, Math.floor(counter / 2 ** 32) | 0);
    const [k0, k1] = [words[0]! | 0, words[1]! | 0];
    for (let k = 0; k < lengthOf(i); k++) expected!.push(unit(threefry(k0, k1, k, 0)));
  }
  expect(found).toEqual(expected);
});

it('stays between 0 and 1 for the smallest and the largest bits', () => {
  for (const [word, expected] of [
    [0, 2 ** -53],
    [0xffffffff, 1 - 2 ** -53],
  ] as const) {
    const plain = () => Uint32Array.of(word, word);
    eachStream(plain, [1, 2], 0, 1, 1, (_i, next) => void expect(next()).toBe(expected));
  }
});

it('gives the same numbers without WebAssembly', async () => {
  vi.resetModules();
  vi.stubGlobal('WebAssembly', undefined);
  const apart = await import('./keyedStreams.js');
  const all = (each: typeof eachStream): number[] => {
    const drawn: number[] = [];
    each(threefry, [1, 2], 5, 100, 100, (_i, next) => void drawn.push(next(), next()));
    return drawn;
  };
  expect(all(apart.eachStream)).toEqual(all(eachStream));
});

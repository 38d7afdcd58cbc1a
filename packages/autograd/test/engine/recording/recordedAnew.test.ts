/** @file The reason why a compiled function is recorded at every call is reported: once, or each time in debug mode. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  borrowGrad,
  compile,
  dependsOn,
  ones,
  Parameter,
  setDebug,
  tensor,
  zeros,
  type Tensor,
} from '../../../src/index.js';

afterEach(() => {
  setDebug(0);
  vi.restoreAllMocks();
});

const told = (method: 'warn' | 'log'): string[] => {
  const said: string[] = [];
  vi.spyOn(console, method).mockImplementation((text: string) => void said.push(text));
  return said;
};

class Settings {
  calls = 0;
  scale = 2;
}

describe('a function recorded at every call', () => {
  const settings = new Settings();
  let state = 0;
  const cases: Record<string, [(i: number) => unknown[], RegExp]> = {
    'a text in an object': [
      (i) => [ones([2]), { name: `step ${i}` }],
      /argument 1\.name was 'step 6' and is 'step 7'/,
    ],
    'a field of an instance': [
      (i) => {
        settings.calls = i;
        return [ones([2]), settings];
      },
      /argument 1 has changed: its 'calls' was 6 and is 7/,
    ],
    'a map': [
      (i) => [ones([2]), new Map([['a', i]])],
      /argument 1 is a different object, an object of class Map/,
    ],
    'a dtype': [
      (i) => [zeros([2], { dtype: i % 2 === 0 ? 'float32' : 'int32' }), String(i)],
      /argument [01]/,
    ],
  };
  test.each(Object.entries(cases))('by %s', (_, [args, message]) => {
    const said = told('warn');
    const f = compile((x: Tensor, ..._rest: unknown[]) => x.mul(2));
    for (let i = 0; i < 20; i++) f(...(args(i) as [Tensor]));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^compile: the function was recorded at each of the last 8 calls/);
    expect(said[0]).toMatch(message);
  });

  test('by what it depends on, in the words of who reads it', () => {
    const said = told('warn');
    const f = compile((x: Tensor) =>
      x.mul(
        dependsOn(
          () => state,
          () => 'the temperature has changed',
        ),
      ),
    );
    for (; state < 20; state++) f(ones([2]));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('the temperature has changed');
  });
});

test('does not warn about recurring structures, shapes, or which leaves have a gradient', () => {
  const said = told('warn');
  const leaves = Array.from({ length: 12 }, () => new Parameter(tensor([1, 2])));
  const sum = compile(() =>
    leaves.map(borrowGrad).reduce<Tensor>((s, g) => (g ? s.add(g) : s), zeros([2])),
  );
  for (const [i, p] of leaves.entries()) {
    leaves[i === 0 ? 11 : i - 1]!.grad = null;
    p.sum().backward();
    expect(sum().toArray()).toEqual([1, 1]);
  }
  const f = compile((x: Tensor, name: string) => (name === 'a' ? x.mul(2) : x.mul(3)));
  for (let i = 0; i < 40; i++) f(ones([2]), 'abcdef'[i % 6] as string);
  const g = compile((x: Tensor) => x.mul(2));
  for (let i = 0; i < 20; i++) g(ones([i]));
  expect(said).toEqual([]);
});

test('reports a function that keeps changing once', () => {
  const said = told('warn');
  const f = compile((x: Tensor, name: string) => (name === 'a' ? x.mul(2) : x.mul(3)));
  for (let i = 0; i < 60; i++) f(ones([2]), i % 20 === 0 ? 'a' : `step ${i}`);
  expect(said).toHaveLength(1);
});

test('in debug mode each recording says why', () => {
  const said = told('log');
  const f = compile((x: Tensor, y: number) => x.mul(y));
  setDebug(1);
  f(ones([2]), 1);
  f(ones([2]), 2);
  f(ones([3]), 3);
  f(ones([3]).detach(), 4);
  f(tensor([1, 2]).requiresGrad_(), 5);
  const anew = said.filter((text) => /records again/.test(text));
  expect(anew).toEqual([
    'chainrule: compile records again: argument 0 had shape [2] and has [3]',
    'chainrule: compile records again: argument 0 had shape [3] and has [2]',
  ]);
});

test('finds the recordings of hundreds of sizes again, and forgets those of many large arguments', () => {
  const recordedFor = (sizes: readonly number[]): number => {
    let calls = 0;
    const f = compile((x: Tensor) => {
      calls++;
      return x.sum();
    });
    for (const n of [...sizes, ...sizes]) expect(f(ones([n])).item()).toBe(n);
    return calls;
  };
  expect(recordedFor(Array.from({ length: 300 }, (_, i) => i + 1))).toBe(300);
  // Each argument has 1 MiB, and 32 MiB are kept beyond the last 64.
  expect(recordedFor(Array.from({ length: 70 }, (_, i) => 2 ** 18 + i))).toBe(140);
});

/** @file The line of a program among those of the library. */
import { expect, test } from 'vitest';
import { captureStack } from '../graph/stacks.js';
import { userLine } from './userLine.js';

const stack = (...lines: string[]): string => ['Error', ...lines.map((l) => `    ${l}`)].join('\n');

test('skips stack lines of the packages and of the JavaScript engine', () => {
  const own = 'at train (/home/me/train.ts:3:7)';
  const lines = [
    'at new Tensor (/home/me/node_modules/@chainrule/autograd/dist/index.js:1:1)',
    'at Array.flatMap (<anonymous>)',
    'at Promise.all (index 0)',
    'at Sequential.forward (/repo/packages/nn/src/module/module.ts:9:9)',
  ];
  expect(userLine(stack(...lines, own))).toBe(own);
  expect(userLine(stack(...lines, 'at <anonymous> (/home/me/train.ts:1:2)'))).toMatch(/:1:2/);
  expect(userLine(stack(...lines, 'at process (node:internal/process/task_queues:1:1)'))).toBe('');
});

test('recognizes a bundle of any name', () => {
  const copy = { name: '', version: '', place: 'https://example.org/all.js' };
  const line = (...lines: string[]): string => userLine(stack(...lines), copy);
  const ours = 'at makeNode (https://example.org/all.js:5:5)';
  const program = 'at train (https://example.org/train.js:3:7)';
  expect(line(ours, program, 'at https://example.org/train.js:90:1')).toBe(program);
  // Of a file that holds the program too, the outermost line.
  const main = 'at main (https://example.org/all.js:900:1)';
  expect(line(ours, main)).toBe(main);
  expect(userLine(stack(ours, main), { ...copy, place: null })).toBe(ours);
});

test("finds the user's line from deep inside modules", () => {
  const { stackTraceLimit } = Error;
  const deep = (n: number): string => (n === 0 ? captureStack() : deep(n - 1));
  expect(deep(100).split('\n').length).toBeGreaterThan(101);
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

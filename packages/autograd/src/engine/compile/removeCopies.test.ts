/** @file Which copies become part of a loop, and which must stay. */
import { expect, test } from 'vitest';
import { removeCopies } from './removeCopies.js';
import type { LoopKernel } from './kernel.js';

const at = (buffer: number, strides: readonly number[], offset = 0) => ({
  ...{ buffer, dtype: 'float32' as const, offset, strides },
});

/** `out = f(in)` over [4, 8]. */
const loop = (
  from: ReturnType<typeof at>,
  to: ReturnType<typeof at>,
  op: string | null,
): LoopKernel => ({
  kind: 'loop',
  outer: [4, 8],
  inner: [],
  inputs: [from],
  body: [
    { kind: 'load', input: 0, dtype: 'float32' },
    ...(op === null ? [] : [{ kind: 'op' as const, op, args: [0], dtype: 'float32' as const }]),
  ],
  outputs: [{ ...to, value: op === null ? 0 : 1 }],
});
const copy = (from: ReturnType<typeof at>, to: ReturnType<typeof at>): LoopKernel =>
  loop(from, to, null);

const own = [8, 1];
/** The places of two halves, side by side. */
const [left, right] = [at(9, [16, 1]), at(9, [16, 1], 8)];
const outputs = (kernels: readonly unknown[]): number[][] =>
  (kernels as LoopKernel[]).map((k) => k.outputs.map(({ buffer }) => buffer));

test('writes parts directly into the concatenation', () => {
  const parts = [loop(at(0, own), at(1, own), 'exp'), loop(at(0, own), at(2, own), 'sin')];
  const joins = [copy(at(1, own), left), copy(at(2, own), right)];
  const left_ = removeCopies([...parts, ...joins], new Set([0, 9]));
  expect(outputs(left_)).toEqual([[9], [9]]);
  expect((left_[1] as LoopKernel).outputs[0]).toMatchObject({ offset: 8, strides: [16, 1] });
});

test('also stores a part that another kernel reads', () => {
  const kernels = [loop(at(0, own), at(1, own), 'exp'), copy(at(1, own), left)];
  expect(outputs(removeCopies(kernels, new Set([1])))).toEqual([[1, 9]]);
  const reader = loop(at(1, own), at(5, own), 'neg');
  expect(outputs(removeCopies([...kernels, reader], new Set()))).toEqual([[1, 9], [5]]);
});

test('a loop that reads a part copies it', () => {
  const kernels = [loop(at(0, own), at(1, own), 'exp'), copy(at(0, own), at(3, own))];
  expect(outputs(removeCopies(kernels, new Set([1, 3])))).toEqual([[1, 3]]);
});

test('keeps a copy that cannot be made earlier', () => {
  const compute = loop(at(0, own), at(1, own), 'exp');
  const moved = copy(at(1, own), at(9, own));
  const stays = (...between: LoopKernel[]): void => {
    const kernels = [compute, ...between, moved];
    expect(removeCopies(kernels, new Set([1, 9]))).toHaveLength(kernels.length);
  };
  stays(loop(at(9, own), at(4, own), 'neg')); // what was there before is read in between
  stays(loop(at(4, own), at(9, own), 'neg')); // and written, in the same places
  // If the source is overwritten, the copy is made there.
  const anew = loop(at(4, own), at(1, own), 'neg');
  expect(outputs(removeCopies([compute, anew, moved], new Set([1, 9])))).toEqual([[1], [1, 9]]);
  const turned = { ...moved, inputs: [at(1, [1, 4])] };
  expect(removeCopies([compute, turned], new Set([1, 9]))).toHaveLength(2);
});

/** @file Copies of inputs that stay in memory: rows are found in the copy of what they are rows of. */
import { expect, test } from 'vitest';
import type { TypedArray } from '../../../graph/dtype.js';
import { Arrays } from './arrays.js';

const N = 10_000;

/** Where a run finds an input, or -1; and what lies there. */
function placeOf(arrays: Arrays, array: TypedArray): number {
  arrays.start();
  const address = arrays.addressOf(array);
  return address >= 0 ? address : arrays.copyIn(array);
}

function contents(arrays: Arrays, address: number, size: number): Float32Array {
  return arrays.view('float32', address, size).slice() as Float32Array;
}

test('copies rows of a resident array once', () => {
  const arrays = new Arrays(true);
  const whole = Float32Array.from({ length: N }, (_, i) => i);
  const rows = (first: number): Float32Array => whole.subarray(first, first + N - 100);
  expect(placeOf(arrays, rows(100))).toBe(-1);
  const first = placeOf(arrays, rows(100));
  expect(placeOf(arrays, rows(3))).toBe(first - 4 * 97);
  expect(placeOf(arrays, whole)).toBe(first - 400);
  expect(placeOf(arrays, whole.subarray(5, 5 + N / 4))).toBe(first - 380);
  expect(arrays.usage.residentLeaves).toBe(4 * N);
  expect(contents(arrays, first, 3)).toEqual(Float32Array.of(100, 101, 102));
});

test('copies only the rows that a run reads', () => {
  const arrays = new Arrays(true);
  const whole = new Float32Array(10 * N);
  for (let i = 0; i < 5; i++) expect(placeOf(arrays, whole.subarray(i, i + N))).toBe(-1);
  const same = whole.subarray(7, 7 + N);
  placeOf(arrays, same);
  expect(placeOf(arrays, same)).toBeGreaterThan(0);
  expect(arrays.usage.residentLeaves).toBe(4 * N);
});

test('a write through one array invalidates copies of its whole buffer', () => {
  const arrays = new Arrays(true);
  const whole = new Float32Array(N);
  const most = whole.subarray(10);
  for (let i = 0; i < 3; i++) placeOf(arrays, whole);
  expect(placeOf(arrays, most)).toBe(placeOf(arrays, whole) + 40);
  arrays.forget(most);
  whole.fill(7);
  expect(placeOf(arrays, whole)).toBe(-1);
  expect(arrays.usage.residentLeaves).toBe(0);
  expect(contents(arrays, placeOf(arrays, most), 2)).toEqual(Float32Array.of(7, 7));
});

/** @file Tensors in test runners and in JSON. */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { ChainruleError, tensor } from '../index.js';
import { assertTensorsEqual, tensorEquality } from './equality.js';

expect.addEqualityTesters([tensorEquality]);

test('vitest compares tensors by shape, dtype and elements', () => {
  expect(tensor([1, NaN]).add(1)).toEqual(tensor([2, NaN]));
  expect({ x: [tensor([1])] }).toEqual({ x: [tensor([1])] });
  expect(tensor([1, 2])).not.toEqual(tensor([1, 3]));
  expect(tensor([1])).not.toEqual(tensor([[1]]));
  expect(tensor([1])).not.toEqual(tensor([1], { dtype: 'int32' }));
  expect(tensor([1])).not.toEqual([1]);
  expect([1]).toEqual([1]);
});

test('assertTensorsEqual names the first difference', () => {
  assertTensorsEqual(tensor([1, 2]), tensor([0.5, 1]).mul(2));
  assertTensorsEqual(tensor([1.0001]), tensor([1]), { rtol: 1e-3 });
  assert.throws(
    () => assertTensorsEqual(tensor([1, 2]), tensor([1, 3])),
    /element 1 .* is 2, expected 3/,
  );
  assert.throws(
    () => assertTensorsEqual(tensor([1]), tensor([[1]])),
    /shapes differ: \[1\] and \[1, 1\]/,
  );
  assert.throws(() => assertTensorsEqual(tensor([1]), 1 as never), ChainruleError);
});

test('JSON.stringify writes what a tensor is', () => {
  expect(JSON.parse(JSON.stringify({ x: tensor([[1, NaN]]).add(1) }))).toEqual({
    x: { dtype: 'float32', shape: [1, 2], data: [2, 'NaN'] },
  });
});

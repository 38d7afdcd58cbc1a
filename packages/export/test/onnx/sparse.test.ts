/** @file Sparse weights and constants. */
import { expect, test } from 'vitest';
import { zeros, type Tensor } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import type { SparseTensorProto, TensorProto } from '../../src/onnx/schema/protos.js';
import { attribute, fileOf, node, refused, weight } from './files.js';

const places = (dims: number[], int64Data: number[]): TensorProto =>
  weight({ dims, int64Data, dataType: 7 });
/** `[[0, 5, 0], [0, 0, 7]]`. */
const sparse = (given: Partial<SparseTensorProto> = {}): SparseTensorProto => ({
  values: weight({ dims: [2], floatData: [5, 7] }),
  indices: places([2], [1, 5]),
  dims: [2, 3],
  ...given,
});
const byRows = places([2, 2], [0, 1, 1, 2]);
const sum = node('Add', ['x', 'w'], ['y']);

test('a weight, by places in the whole and by rows and columns', () => {
  for (const indices of [places([2], [1, 5]), byRows]) {
    const model = importOnnx(fileOf({ node: [sum], sparseInitializer: [sparse({ indices })] }));
    expect((model.run(zeros([2, 3])) as [Tensor])[0].toArray()).toEqual([
      [0, 5, 0],
      [0, 0, 7],
    ]);
    expect(Object.keys(model.stateDict())).toEqual(['w']);
  }
});

test('a constant', () => {
  const value = attribute({ name: 'sparse_value', type: 11, sparse: sparse({ dims: [6] }) });
  const model = importOnnx(fileOf({ node: [node('Constant', [], ['w'], [value]), sum] }));
  expect((model.run(zeros([6])) as [Tensor])[0].toArray()).toEqual([0, 5, 0, 0, 0, 7]);
});

test.each([
  [{ values: undefined }, 'nameless'],
  [{ indices: undefined }, 'has no values or no indices'],
  [{ dims: [2 ** 40] }, 'limits.elements'],
  [{ dims: [5] }, 'has the index 5 in a size of 5'],
  [{ dims: [2, 2], indices: byRows }, 'has the index 2 in a size of 2'],
  [{ indices: places([2], [-1, 0]) }, 'has the index -1'],
  [{ indices: places([1, 3], [0, 1, 0]) }, 'has indices of shape [1, 3] for 2 values'],
  [{ values: weight({ dims: [1], stringData: [new Uint8Array(1)], dataType: 8 }) }, 'of strings'],
] as const)('%j is refused', (given, message) => {
  expect(refused(fileOf({ node: [sum], sparseInitializer: [sparse(given as never)] }))).toContain(
    message,
  );
});

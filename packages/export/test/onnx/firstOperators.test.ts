/** @file The first versions of operators, which no runtime supports any more: checked against their specifications. */
import { expect, test } from 'vitest';
import { tensor, type Tensor } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import { attribute, fileOf, node } from './files.js';

const number = (name: string, f: number): ReturnType<typeof attribute> =>
  attribute({ name, type: 1, f });

function run(x: Tensor, op: string, attributes: ReturnType<typeof attribute>[]): Tensor {
  const file = fileOf(
    { node: [node(op, ['x'], ['y'], attributes)] },
    { opsetImport: [{ version: 1 }] },
  );
  return importOnnx(file).run(x)[0] as Tensor;
}

test('Cast takes the name of a type', () => {
  const to = (name: string): ReturnType<typeof attribute> =>
    attribute({ name: 'to', type: 3, s: new TextEncoder().encode(name) });
  const x = tensor([0, -1.5, 2.75]);
  const y = run(x, 'Cast', [to('INT64')]);
  expect([y.dtype, y.toArray()]).toEqual(['int32', [0, -1, 2]]);
  expect(run(x, 'Cast', [to('BOOL')]).toArray()).toEqual([false, true, true]);
  expect(() => run(x, 'Cast', [to('constructor')])).toThrow(
    "Cast (node 0): there is no element type 'constructor'",
  );
});

test('Upsample takes two scales', () => {
  const x = tensor([[[[1, 2]]]]);
  const y = run(x, 'Upsample', [number('height_scale', 2), number('width_scale', 3)]);
  const row = [1, 1, 1, 2, 2, 2];
  expect(y.toArray()).toEqual([[[row, row]]]);
});

test('Selu has five digits', () => {
  const y = run(tensor([-1, 2], { dtype: 'float64' }), 'Selu', []);
  expect(y.toArray()).toEqual([1.0507 * 1.6732 * Math.expm1(-1), 2 * 1.0507]);
});

test('ConstantFill and GivenTensorFill take a shape in three ways', () => {
  const ints = (name: string, values: number[]): ReturnType<typeof attribute> =>
    attribute({ name, type: 7, ints: values });
  const int = (name: string, i: number): ReturnType<typeof attribute> =>
    attribute({ name, type: 2, i });
  const like = run(tensor([[1], [2]]), 'ConstantFill', [
    number('value', 3),
    ints('extra_shape', [2]),
  ]);
  expect(like.toArray()).toEqual([[[3, 3]], [[3, 3]]]);
  const sizes = tensor([1, 2], { dtype: 'int32' });
  const sized = run(sizes, 'ConstantFill', [int('input_as_shape', 1), int('dtype', 7)]);
  expect([sized.dtype, sized.toArray()]).toEqual(['int32', [[0, 0]]]);
  const values = attribute({ name: 'values', type: 6, floats: [1, 2, 3, 4] });
  const given = run(tensor([0, 0]), 'GivenTensorFill', [values, ints('extra_shape', [2])]);
  expect(given.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  const file = fileOf({
    node: [node('ConstantFill', [], ['y'], [ints('shape', [2]), number('value', -1)])],
    input: [],
  });
  expect(importOnnx(file).run()[0]?.toArray()).toEqual([-1, -1]);
});

/** @file Weights in `Constant` nodes and in the graphs of branches are parameters as initializers are. */
import { expect, test } from 'vitest';
import { ones, type Tensor } from '@chainrule/autograd';
import { importOnnx, type OnnxModule } from '@chainrule/export';
import type { GraphProto, NodeProto, TensorProto } from '../../src/onnx/schema/protos.js';
import { attribute, fileOf, graph, node, weight } from './files.js';

const constant = (name: string, t: TensorProto): NodeProto =>
  node('Constant', [], [name], [attribute({ name: 'value', type: 4, t })]);
const matrix = (name: string, first: number, more: Partial<TensorProto> = {}): TensorProto =>
  weight({ name, dims: [2, 2], floatData: [first, 1, 2, 3], ...more });
const branch = (
  name: string,
  given: Partial<GraphProto>,
  w: string,
): ReturnType<typeof attribute> =>
  attribute({
    name,
    type: 5,
    g: graph({
      input: [],
      output: [{ name: `${name}.y` }],
      ...given,
      node: [...(given.node ?? []), node('MatMul', ['x', w], [`${name}.y`])],
    }),
  });

/** `x · (flag ? a : b) + c`, with `a` in a `Constant` of a branch, `b` in its initializers and `c` in a `Constant`. */
const chosen = (a = matrix('', 1), names: readonly [string, string] = ['a', 'b']): OnnxModule =>
  importOnnx(
    fileOf({
      input: [{ name: 'x' }, { name: 'flag' }],
      node: [
        constant('c', weight({ dims: [2], floatData: [10, 20] })),
        node(
          'If',
          ['flag'],
          ['z'],
          [
            branch('then_branch', { node: [constant(names[0], a)] }, names[0]),
            branch('else_branch', { initializer: [matrix(names[1], 5)] }, names[1]),
          ],
        ),
        node('Add', ['z', 'c'], ['y']),
      ],
    }),
  );

test('hoisted weights have names, values and gradients', () => {
  const model = chosen();
  expect(model.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([
    ['c', [2]],
    ['a', [2, 2]],
    ['b', [2, 2]],
  ]);
  const x = ones([1, 2]);
  const run = (flag: boolean): Tensor => model.run(x, ones([]).eq(flag ? 1 : 0))[0] as Tensor;
  expect([run(true).toArray(), run(false).toArray()]).toEqual([[[13, 24]], [[17, 24]]]);
  run(true).sum().backward();
  const gradients = Object.fromEntries(
    model.namedParameters().map(([name, p]) => [name, p.grad?.toArray() ?? null]),
  );
  expect(gradients).toEqual({
    a: [
      [1, 1],
      [1, 1],
    ],
    b: null,
    c: [1, 1],
  });
  const state = model.stateDict();
  const other = chosen(matrix('', 7));
  other.loadStateDict(state);
  expect((other.run(x, ones([]).eq(1))[0] as Tensor).toArray()).toEqual([[13, 24]]);
});

test('masks, single numbers and names that stand twice stay where they are', () => {
  expect(
    chosen(matrix('', -Infinity))
      .namedParameters()
      .map(([name]) => name),
  ).toEqual(['c', 'b']);
  const twice = chosen(undefined, ['w', 'w']);
  expect(twice.namedParameters().map(([name]) => name)).toEqual(['c']);
  expect((twice.run(ones([1, 2]), ones([]).eq(0))[0] as Tensor).toArray()).toEqual([[17, 24]]);
});

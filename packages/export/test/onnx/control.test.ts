/** @file Branches and loops that depend on values: run directly, compiled, exported, differentiated. */
import { describe, expect, test } from 'vitest';
import { compile, grad, tensor, vmap, type Tensor } from '@chainrule/autograd';
import { exportOnnx, importOnnx, type OnnxModule } from '@chainrule/export';
import type { AttributeProto, NodeProto } from '../../src/onnx/schema/protos.js';
import { attribute, fileOf, graph, node, weight } from './files.js';

const body = (
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly NodeProto[],
): AttributeProto =>
  attribute({
    name,
    type: 5,
    g: graph({
      input: inputs.map((x) => ({ name: x })),
      output: outputs.map((y) => ({ name: y })),
      node: [...nodes],
    }),
  });
const number = (name: string, value: number): NodeProto =>
  node(
    'Constant',
    [],
    [name],
    [attribute({ name: 'value', type: 4, t: weight({ dims: [], floatData: [value] }) })],
  );
const sum = (x: string, y: string): NodeProto =>
  node('ReduceSum', [x], [y], [attribute({ name: 'keepdims', type: 2, i: 0 })]);

/** `sum(x) > 0 ? x · 2 : exp(x)`. */
const branches = (): OnnxModule =>
  importOnnx(
    fileOf({
      input: [{ name: 'x' }],
      node: [
        number('zero', 0),
        sum('x', 's'),
        node('Greater', ['s', 'zero'], ['c']),
        node(
          'If',
          ['c'],
          ['y'],
          [
            body('then_branch', [], ['a'], [number('two', 2), node('Mul', ['x', 'two'], ['a'])]),
            body('else_branch', [], ['b'], [node('Exp', ['x'], ['b'])]),
          ],
        ),
      ],
    }),
  );

/** `while (sum(x) < 100) x = 2 x`, at most `most` times where that is an input. */
const doubling = (given: 'limited' | 'free' | 'gathering'): OnnxModule =>
  importOnnx(
    fileOf({
      input: [{ name: 'x' }, ...(given === 'limited' ? [{ name: 'most' }] : [])],
      output: [{ name: given === 'gathering' ? 'all' : 'y' }],
      node: [
        number('hundred', 100),
        sum('x', 's'),
        node('Less', ['s', 'hundred'], ['goes']),
        node(
          'Loop',
          [given === 'limited' ? 'most' : '', 'goes', 'x'],
          given === 'gathering' ? ['y', 'all'] : ['y'],
          [
            body(
              'body',
              ['i', 'going', 'before'],
              ['goesOn', 'after', ...(given === 'gathering' ? ['after'] : [])],
              [
                node('Add', ['before', 'before'], ['after']),
                sum('after', 't'),
                node('Less', ['t', 'hundred'], ['goesOn']),
              ],
            ),
          ],
        ),
      ],
    }),
    { limits: { iterations: 12 } },
  );

const only = (model: OnnxModule, ...xs: Tensor[]): Tensor => model.run(...xs)[0] as Tensor;

describe('If', () => {
  test('a compiled model decides at each call, and is differentiated', () => {
    const model = branches();
    const f = compile((x: Tensor) => only(model, x));
    const slope = compile(grad((x: Tensor) => only(model, x).sum()));
    const far = (found: Tensor, right: readonly number[]): number =>
      found
        .sub(tensor([...right]))
        .abs()
        .max()
        .item();
    for (const [a, b] of [
      [1, 2],
      [-1, -2],
      [3, -1],
    ] as const) {
      const x = tensor([a, b]);
      const exponentials = [Math.exp(a), Math.exp(b)];
      expect(far(f(x), a + b > 0 ? [2 * a, 2 * b] : exponentials)).toBeLessThan(1e-6);
      expect(far(slope(x), a + b > 0 ? [2, 2] : exponentials)).toBeLessThan(1e-6);
      expect(f(x).toArray()).toEqual(only(model, x).toArray());
    }
  });

  test('each example of a batch takes its own', () => {
    const model = branches();
    const rows = vmap((x: Tensor) => only(model, x))(
      tensor([
        [1, 2],
        [-1, -2],
      ]),
    );
    expect(rows.toArray()).toEqual([
      [2, 4],
      [Math.fround(Math.exp(-1)), Math.fround(Math.exp(-2))],
    ]);
  });

  test('what was read can be written again', () => {
    const model = branches();
    const again = importOnnx(exportOnnx((x: Tensor) => only(model, x), [tensor([1, 2])]));
    for (const x of [tensor([1, 2]), tensor([-1, -2])])
      expect(only(again, x).toArray()).toEqual(only(model, x).toArray());
  });

  test('branches of other shapes are refused where both are recorded', () => {
    const model = importOnnx(
      fileOf({
        input: [{ name: 'x' }, { name: 'c' }],
        node: [
          node(
            'If',
            ['c'],
            ['y'],
            [
              body('then_branch', [], ['a'], [node('Identity', ['x'], ['a'])]),
              body('else_branch', [], ['b'], [sum('x', 'b')]),
            ],
          ),
        ],
      }),
    );
    const yes = tensor(true);
    expect(only(model, tensor([1, 2]), yes).toArray()).toEqual([1, 2]);
    expect(() => compile((x: Tensor, c: Tensor) => only(model, x, c))(tensor([1, 2]), yes)).toThrow(
      /^If .*: cond: .*\[2\]/,
    );
  });
});

describe('Loop', () => {
  test.each([
    [
      [1, 2],
      [64, 128],
    ],
    [
      [30, 30],
      [60, 60],
    ],
    [
      [100, 0],
      [100, 0],
    ],
  ])('a compiled model goes on from %j as long as it must', (from, to) => {
    const model = doubling('free');
    const f = compile((x: Tensor) => only(model, x));
    f(tensor([1, 1]));
    expect(f(tensor(from)).toArray()).toEqual(to);
    expect(only(model, tensor(from)).toArray()).toEqual(to);
  });

  test('stops at the trip count', () => {
    const model = doubling('limited');
    const f = compile((x: Tensor, most: Tensor) => only(model, x, most));
    const most = (n: number): Tensor => tensor(n, { dtype: 'int32' });
    for (const n of [3, 0, 50]) {
      const right = n === 50 ? [64, 128] : [2 ** n, 2 * 2 ** n];
      expect(f(tensor([1, 2]), most(n)).toArray()).toEqual(right);
      expect(only(model, tensor([1, 2]), most(n)).toArray()).toEqual(right);
    }
  });

  test('its derivative counts the rounds it took', () => {
    const model = doubling('free');
    const slope = compile(grad((x: Tensor) => only(model, x).sum()));
    expect(slope(tensor([1, 2])).toArray()).toEqual([64, 64]);
    expect(slope(tensor([30, 30])).toArray()).toEqual([2, 2]);
  });

  test('throws at the iteration limit', () => {
    const f = compile((x: Tensor) => only(doubling('free'), x));
    expect(() => f(tensor([0, 0])).toArray()).toThrow('after 12 iterations');
    expect(() => only(doubling('free'), tensor([0, 0]))).toThrow('more than 12 iterations');
  });

  test('what gathers over an unknown number of rounds is refused by name', () => {
    const model = doubling('gathering');
    expect(only(model, tensor([20, 30])).toArray()).toEqual([[40, 60]]);
    expect(() => compile((x: Tensor) => only(model, x))(tensor([20, 30]))).toThrow(
      /^Loop .*the shape of its gathered results is not known/,
    );
  });

  // As PyTorch writes the loop over the bags of an EmbeddingBag.
  test('a number of iterations counted in the type of another number is known', () => {
    const model = importOnnx(
      fileOf({
        input: [{ name: 'x' }],
        output: [{ name: 'all' }],
        node: [
          number('zero', 0),
          number('one', 1),
          number('three', 3),
          node('Less', ['zero', 'three'], ['goes']),
          node(
            'Loop',
            ['', 'goes', 'zero', 'x'],
            ['count', 'y', 'all'],
            [
              body(
                'body',
                ['i', 'going', 'k', 'before'],
                ['goesOn', 'next', 'after', 'after'],
                [
                  node('Add', ['before', 'before'], ['after']),
                  node('CastLike', ['one', 'k'], ['step']),
                  node('Add', ['k', 'step'], ['next']),
                  node('Less', ['next', 'three'], ['goesOn']),
                ],
              ),
            ],
          ),
        ],
      }),
    );
    const f = compile((x: Tensor) => only(model, x));
    expect(f(tensor([1, 2])).toArray()).toEqual([
      [2, 4],
      [4, 8],
      [8, 16],
    ]);
  });
});

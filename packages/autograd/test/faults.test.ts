/** @file Misuse: each case is refused with an error that says what was wrong, and leaves the engine unchanged. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  add,
  arange,
  cat,
  cell,
  ChainruleError,
  clamp,
  conv2d,
  DTypeError,
  embedding,
  full,
  gather,
  grad,
  GradError,
  graph,
  IndexError,
  linear,
  logsumexp,
  matmul,
  max,
  maximum,
  mean,
  nonzero,
  oneHot,
  ones,
  Parameter,
  rand,
  randperm,
  reshape,
  scalar,
  scan,
  scatterAdd,
  scope,
  ShapeError,
  softmax,
  sort,
  sqrt,
  sum,
  take,
  type Tensor,
  tensor,
  topk,
  where,
  zeros,
} from '../src/index.js';

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const int = (data: number[]): Tensor => tensor(data, { dtype: 'int32' });

// Whatever was refused, the next computation is right.
afterEach(() => {
  expect(
    tensor([1, 2])
      .add(tensor([3, 4]))
      .sum()
      .item(),
  ).toBe(10);
});

/** Ones in a shape that the compiler does not see: it would refuse what is tested here. */
const sized = (...shape: number[]): Tensor => ones(shape);

/** The error of `f`, which must be of its class and say all of this. */
function refuses(
  f: () => unknown,
  type: abstract new (...args: never[]) => Error,
  ...says: (string | RegExp)[]
): void {
  let error: unknown = null;
  try {
    f();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(type);
  expect((error as Error).name).toBe(type.name);
  for (const part of says) expect((error as Error).message).toMatch(part);
}

describe('shapes', () => {
  test('operands that do not fit', () => {
    refuses(
      () => matmul(sized(32, 784), sized(128, 10)),
      ShapeError,
      'matmul',
      '[32, 784] × [128, 10]',
      '784 ≠ 128',
    );
    refuses(
      () => add(sized(2, 3), sized(2, 4)),
      ShapeError,
      'add',
      '[2, 3]',
      '[2, 4]',
      'dimension -1',
    );
    refuses(() => linear(sized(2, 3), sized(5, 4)), ShapeError, 'linear', '3 ≠ 4');
    // @ts-expect-error known to the compiler too
    refuses(() => cat([ones([2, 3]), ones([2, 4])]), ShapeError, 'cat');
    refuses(() => reshape(sized(2, 3), [4, 2]), ShapeError, 'reshape', '[2, 3]', '[4, 2]');
    refuses(() => reshape(x, [-1, -1]), ShapeError, 'reshape');
  });

  test.each([
    ['NaN', [2, NaN]],
    ['a fraction', [2.5]],
    ['a negative number', [-1, -4]],
    ['-0', [-0]],
    ['text', ['2']],
    ['2^53', [2 ** 53]],
    ['infinity', [Infinity]],
    ['undefined', [undefined]],
    ['no list', 3],
    ['nothing', undefined],
  ])('a shape with %s', (_what, shape) => {
    for (const make of [zeros, ones, rand])
      refuses(() => make(shape as number[]), ShapeError, make.name.replace(/\d+$/, ''));
  });

  test.each<[string, () => unknown]>([
    ['narrow', () => x.narrow(0, 0, -0)],
    ['randperm', () => randperm(-0)],
    ['oneHot', () => oneHot(tensor([], { dtype: 'int32' }), -0)],
    ['repeatInterleave', () => x.repeatInterleave(-0, 0)],
    ['split', () => x.split([-0, 2])],
    ['topk', () => x.topk(-0)],
    ['scan', () => scan((c: Tensor) => [c, c], ones([2]), null, { length: -0 })],
  ])('a size of -0 for %s', (name, make) => {
    refuses(make, ChainruleError, name, 'got ');
  });

  test('a tensor beyond all memory', () => {
    refuses(() => zeros([2 ** 20, 2 ** 20]), ShapeError, 'zeros', 'MB');
    expect(x.sum().item()).toBe(21);
  });

  test('dimensions that are not there', () => {
    // @ts-expect-error known to the compiler too
    refuses(() => sum(x, 2), IndexError, 'sum', 'dimension 2', 'from -2 to 1');
    refuses(() => sum(x, [0, -2]), ShapeError, 'sum', 'twice');
    // @ts-expect-error known to the compiler too
    refuses(() => softmax(x, 1.5), IndexError, 'softmax', '1.5');
    // @ts-expect-error known to the compiler too
    refuses(() => x.transpose(0, 5), IndexError, 'transpose', '5');
    // @ts-expect-error known to the compiler too
    refuses(() => x.squeeze(7), IndexError, 'squeeze', '7');
  });

  test('convolutions', () => {
    const image = ones([1, 4, 5, 5]);
    const weight = ones([2, 4, 3, 3]);
    refuses(
      () => conv2d(ones([1, 4, 2, 2]), weight),
      ShapeError,
      'conv2d',
      'kernel is larger than the input',
    );
    refuses(() => conv2d(image, weight, { stride: 0 }), ChainruleError, 'conv2d', 'stride');
    refuses(() => conv2d(image, weight, { dilation: 0 }), ChainruleError, 'conv2d', 'dilation');
    refuses(() => conv2d(image, weight, { groups: 3 }), ShapeError, 'conv2d', 'groups 3');
    refuses(
      () => conv2d(image, weight, { bias: ones([3]) }),
      ShapeError,
      'conv2d',
      'bias',
      '[3]',
      '[2]',
    );
  });
});

describe('data', () => {
  test.each<[string, unknown, abstract new (...args: never[]) => Error, string]>([
    ['ragged', [[1, 2], [3]], ShapeError, '[1]'],
    ['a number among arrays', [[1], 2], ShapeError, '[1]'],
    ['too deep', [1, [2]], ShapeError, '[1]'],
    ['undefined', [1, undefined, 3], DTypeError, 'nothing at [1]'],
    ['text', [1, '2', 3], DTypeError, "'2' at [1]"],
    ['a bigint', [[1n]], DTypeError, '1n at [0, 0]'],
    ['a hole', [1, , 3], DTypeError, 'nothing at [1]'],
    ['null', null, DTypeError, 'null'],
    ['nothing', undefined, DTypeError, 'nothing'],
    ['64-bit integers', new BigInt64Array(2), DTypeError, 'BigInt64Array'],
  ])('%s', (_what, data, type, says) => {
    refuses(() => tensor(data as number[]), type, 'tensor', says);
  });

  test('data of another size than the shape', () => {
    refuses(() => tensor([1, 2, 3], { shape: [2, 2] }), ShapeError, '[2, 2]', '4', '3');
  });
  test('operands that are not tensors', () => {
    refuses(() => add(x, [1, 2, 3] as unknown as Tensor), ChainruleError, 'add', 'tensor([');
    refuses(() => add(x, undefined as unknown as Tensor), ChainruleError, 'add', 'nothing');
    refuses(() => add(x, '1' as unknown as Tensor), ChainruleError, 'add', "'1'");
    refuses(() => full([2], '1' as unknown as number), ChainruleError, 'full', "'1'");
  });
  test('dtypes', () => {
    refuses(() => mean(arange(3)), DTypeError, 'mean', 'int32');
    refuses(() => zeros([2], { dtype: 'int32', requiresGrad: true }), DTypeError, 'zeros', 'int32');
    refuses(() => zeros([2], { dtype: 'float16' as 'float32' }), DTypeError, 'float16');
    refuses(() => x.cast('int64' as 'int32'), DTypeError, 'cast', 'int64');
    refuses(
      () => matmul(x, ones([3, 2], { dtype: 'float64' })),
      DTypeError,
      'matmul',
      'float32',
      'float64',
    );
  });
});

describe('indices', () => {
  const table = ones([3, 2]);
  test('known at the call, out of range', () => {
    refuses(() => gather(x, 1, tensor([[5]], { dtype: 'int32' })), IndexError, 'gather', '5', '3');
    refuses(() => embedding(int([0, 3]), table), IndexError, 'embedding', '3');
    refuses(() => embedding(int([-1]), table), IndexError, 'embedding', '-1');
    refuses(() => oneHot(int([5]), 3), IndexError, 'oneHot', '5', '3');
    refuses(() => take(x, int([6])), IndexError, 'take', '6');
    refuses(() => x.at(2), IndexError, 'at', '2');
    refuses(() => x.at(0, 0, 0), IndexError, 'at');
    refuses(
      () => scatterAdd(x, 1, tensor([[9]], { dtype: 'int32' }), ones([1, 1])),
      IndexError,
      'scatterAdd',
      '9',
    );
  });
  test('known only when evaluated', () => {
    refuses(
      () => embedding(int([2]).add(int([1])), table).dataSync(),
      IndexError,
      '3',
      'position 0',
    );
    refuses(() => oneHot(int([2]).add(int([3])), 3).dataSync(), IndexError, '5', '3');
  });
  test('of another dtype', () => {
    refuses(
      () => embedding(tensor([0.5]), table),
      DTypeError,
      'embedding',
      'float32',
      "cast('int32')",
    );
    refuses(() => gather(x, 1, tensor([[NaN]])), DTypeError, 'gather');
  });
  test('several times the same: gradients and sums add up', () => {
    expect(scatterAdd(zeros([3]), 0, int([1, 1, 1]), tensor([1, 2, 3])).toArray()).toEqual([
      0, 6, 0,
    ]);
    const w = tensor([1, 2], { requiresGrad: true });
    take(w, int([0, 0, -1]))
      .sum()
      .backward();
    expect(w.grad?.toArray()).toEqual([2, 1]);
  });
});

describe('edges of what is defined', () => {
  test('empty tensors', () => {
    const none = zeros([0, 3]);
    expect([none.sum().item(), none.sum(0).toArray(), none.mean().item()]).toEqual([
      0,
      [0, 0, 0],
      NaN,
    ]);
    expect([matmul(none, ones([3, 2])).shape, nonzero(none).shape, cat([none, x]).shape]).toEqual([
      [0, 2],
      [0, 2],
      [2, 3],
    ]);
    refuses(() => max(none), ShapeError, 'max', 'empty');
    refuses(() => none.argmax(0), ShapeError, 'argmax', 'empty');
  });
  test('integers', () => {
    expect(arange(3).add(2 ** 31 - 1).dtype).toBe('int32');
    expect(
      int([2 ** 31 - 1])
        .add(int([1]))
        .toArray(),
    ).toEqual([-(2 ** 31)]);
    expect(tensor([1.9, -1.9]).cast('int32').toArray()).toEqual([1, -1]);
  });
  test('the untaken branch has gradient 0', () => {
    const v = tensor([-1, 0, 4], { requiresGrad: true });
    const [g] = grad([where(v.gt(0), sqrt(v), v).sum()], [v]);
    expect(g?.toArray()).toEqual([1, 1, 0.25]);
    const [h] = grad([where(v.gt(0), v.log(), v.div(0).mul(0)).sum()], [v]);
    expect(h.toArray()[2]).toBe(0.25);
    expect(grad([clamp(v, 0, 3).sum()], [v])[0]?.toArray()).toEqual([0, 1, 0]);
  });
  test('ties', () => {
    const v = tensor([2, 2, 1], { requiresGrad: true });
    expect(grad([max(v, 0).values], [v])[0]?.toArray()).toEqual([1, 0, 0]);
    expect(grad([max(v)], [v])[0]?.toArray()).toEqual([0.5, 0.5, 0]);
    expect(grad([maximum(v, 2).sum()], [v])[0]?.toArray()).toEqual([0.5, 0.5, 0]);
    expect([sort(v).indices.toArray(), topk(v, 2).values.toArray()]).toEqual([
      [2, 0, 1],
      [2, 2],
    ]);
    expect(grad([v.sub(v.detach()).abs().sum()], [v])[0]?.toArray()).toEqual([0, 0, 0]);
    expect(grad([v.sub(v.detach()).norm()], [v])[0]?.toArray()).toEqual([0, 0, 0]);
  });
  test('large numbers and nothing to look at', () => {
    expect(softmax(tensor([1e4, -1e4]), 0).toArray()).toEqual([1, 0]);
    expect(logsumexp(tensor([1e4, 1e4]), 0).item()).toBeCloseTo(1e4 + Math.LN2, 3);
    expect(softmax(tensor([-Infinity, -Infinity]), 0).toArray()).toEqual([NaN, NaN]);
  });
});

describe('differentiation', () => {
  test('backward without a graph', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    refuses(() => w.mul(2).backward(), GradError, 'backward', '[2]');
    refuses(
      () => x.sum().backward(),
      GradError,
      'backward',
      /requires? grad|requiresGrad|not requir/,
    );
    refuses(() => w.detach().sum().backward(), GradError, 'backward');
    const loss = w.square().sum();
    loss.backward();
    refuses(() => loss.backward(), GradError, 'retainGraph');
    refuses(() => w.mul(2).backward(ones([3])), ShapeError, '[3]', '[2]');
    refuses(() => grad([w.sum()], [tensor([1], { requiresGrad: true })]), GradError, 'allowUnused');
    expect(w.grad?.toArray()).toEqual([2, 4]);
  });
  test('cells', () => {
    const p = new Parameter(ones([2]));
    refuses(() => p.assign(ones([3])), ShapeError, 'assign', '[2]', '[3]');
    refuses(() => p.assign(ones([2], { dtype: 'float64' })), DTypeError, 'assign', 'float64');
    refuses(() => new Parameter(arange(2)), DTypeError, 'Parameter', 'int32');
    refuses(() => (p.grad = ones([5])), ShapeError, '[5]', '[2]');
  });
  test('a value that backward needs outlives its cell', () => {
    const p = new Parameter(tensor([3]));
    const loss = p.mul(p).sum();
    p.assign(tensor([100]));
    loss.backward();
    expect(p.grad?.toArray()).toEqual([6]);
    const c = cell(scalar(1));
    const old = c.add(1);
    c.assign(scalar(5));
    expect([old.item(), c.item()]).toEqual([2, 5]);
  });
});

test('hostile labels are escaped where graphs are drawn', () => {
  const evil = `</title><script>alert("x")</script>\u001b[2J'\\"\n]`;
  const drawn = graph(scope(evil + 'a'.repeat(10_000), () => x.add(1)));
  const [svg, dot, mermaid] = [drawn.toSVG(), drawn.toDot(), drawn.toMermaid()];
  expect(svg).not.toContain('<script');
  expect(mermaid).not.toContain('<script');
  for (const text of [svg, dot, mermaid]) {
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThan(5000);
  }
  // Every quote within a label of the DOT text stands behind a backslash.
  for (const line of dot.split('\n').filter((l) => l.includes('label='))) {
    expect(line).toMatch(/label="(?:[^"\\]|\\.)*"[,;\]]/);
  }
});

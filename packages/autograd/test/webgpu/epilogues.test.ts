/** @file Element-wise operations on the result of a product are computed in the product's kernel. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  conv2d,
  grad,
  memoryUsage,
  setDevice,
  tensor,
  type Tensor,
} from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const wave = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, (_, i) =>
      Math.sin(shape.length + i * 1.7),
    ),
    { shape },
  );

type Program = readonly [dispatches: number, f: (...xs: Tensor[]) => Tensor, ...shapes: number[][]];

/** Each with how many dispatches it takes. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  'bias and activation, in tiles by vectors': [
    1,
    (x, w, b) => x.matmul(w).add(b).relu(),
    [70, 36],
    [36, 68],
    [68],
  ],
  'in large tiles': [1, (x, w, b) => x.matmul(w).add(b).tanh(), [640, 32], [32, 896], [896]],
  'in tiles without vectors': [1, (x, w, b) => x.matmul(w).add(b).relu(), [37, 19], [19, 45], [45]],
  'a sum in parts': [2, (x, w, b) => x.matmul(w).add(b).sigmoid(), [20, 900], [900, 16], [16]],
  'sums along a matrix': [1, (w, x, y) => w.matmul(x).mul(2).add(y), [40, 700], [700], [40]],
  'a thread a result': [1, (x, w, b) => x.matmul(w).sub(b), [5, 7], [7, 6], [6]],
  'what lies the other way round': [
    1,
    (x, w, b) => x.matmul(w).transpose(0, 1).add(b).contiguous(),
    [24, 16],
    [16, 32],
    [32, 24],
  ],
  'dimensions in parts': [
    1,
    (x, w, b) => x.matmul(w).reshape([4, 6, 2, 16]).permute([0, 2, 1, 3]).mul(b).contiguous(),
    [24, 16],
    [16, 32],
    [4, 2, 6, 1],
  ],
  'a batch': [1, (x, w, b) => x.matmul(w).add(b).square(), [3, 16, 12], [3, 12, 20], [3, 1, 20]],
  'whole numbers and conditions': [
    1,
    (x, w, b) => x.matmul(w).gt(b).logicalNot(),
    [16, 12],
    [12, 20],
    [20],
  ],
  'a convolution in tiles': [
    1,
    (x, w, b) => conv2d(x, w, b, { padding: 1 }).relu(),
    [2, 8, 9, 9],
    [12, 8, 3, 3],
    [12],
  ],
  'a convolution of groups': [
    1,
    (x, w, b) => conv2d(x, w, b, { groups: 2 }).exp(),
    [2, 4, 6, 6],
    [6, 2, 3, 3],
    [6],
  ],
  'the gradient of a weight': [
    2,
    (x, w, s) => w.sub(grad((v: Tensor) => conv2d(x, v).mul(s).sum())(w).mul(0.1)),
    [8, 3, 12, 12],
    [5, 3, 3, 3],
    [8, 5, 10, 10],
  ],
  'two that read the same results': [
    2,
    (x, w) => {
      const y = x.matmul(w);
      return y.softmax(1).add(y);
    },
    [16, 12],
    [12, 20],
  ],
};

describe.skipIf(!there)('the results of a product on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test.each(Object.entries(PROGRAMS))('%s', async (_, program) => {
    const [dispatches, f, ...shapes] = program;
    await setDevice('cpu');
    const want = await f(...shapes.map((shape) => wave(...shape))).data();
    await setDevice('webgpu');
    const xs = shapes.map((shape) => wave(...shape));
    const compiled = compile((...xs: Tensor[]) => f(...xs));
    await compiled(...xs).data();
    const before = memoryUsage().dispatches;
    const got = await compiled(...xs).data();
    expect(memoryUsage().dispatches - before).toBe(dispatches);
    expect(got.length).toBe(want.length);
    got.forEach((v, i) => {
      const exact = want[i] as number;
      expect(Math.abs(v - exact)).toBeLessThan(2e-5 * (1 + Math.abs(exact)));
    });
  });
});

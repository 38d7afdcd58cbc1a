/** @file Kernels on WebGPU give what the CPU gives: element functions with their special values, and every kind of kernel. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as chainrule from '../../src/index.js';
import { setDevice, tensor, type Tensor } from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

type Function = (...xs: Tensor[]) => Tensor;
const operation = (name: string): Function =>
  (chainrule as unknown as Readonly<Record<string, Function>>)[name] as Function;

const SPECIAL = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1e-3, -1e-3, 0.9999, 2, -2, 3.5, -3.5, 7.25, -7.25, 20, -20],
  ...[88, -88, 1e4, -1e4, 1e10, -1e10, Infinity, -Infinity, NaN],
];

const UNARY =
  `neg abs sign square floor ceil round trunc relu sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan
  asin acos atan sinh cosh tanh asinh acosh atanh sigmoid softplus erf erfc erfinv lgamma digamma logit gelu silu isNan isInf
  isFinite logicalNot signbit sinc`.split(/\s+/);
const BINARY =
  `add sub mul div pow maximum minimum atan2 hypot remainder fmod floorDivide eq ne lt le gt ge logicalAnd logicalOr
  logicalXor logaddexp logaddexp2 copysign xlogy`.split(/\s+/);

/** Those whose derivatives are functions of their own. */
const SPECIAL_FUNCTIONS = ['erfcx', 'ndtr', 'logNdtr', 'i0', 'i1', 'i0e', 'i1e'];

const noise = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((p, n) => p * n, 1) },
      (_, i) => 2 * Math.sin(i * 12.9898 + 1),
    ),
    { shape },
  );
const indices = (limit: number, ...shape: number[]): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => (i * 7 + 3) % limit),
    { shape },
  );

/** Each with a name; they make their own operands, on the device that is chosen. */
const KERNELS: Readonly<Record<string, () => Tensor>> = {
  'a sum over all': () => noise(33, 41).sum(),
  'sums of long rows': () => noise(3, 500).sum(1),
  'sums of columns': () => noise(70, 9).sum(0),
  'a product, a maximum, a minimum': () =>
    chainrule.cat([noise(5, 70).max(1).values, noise(5, 6).prod(1), noise(5, 70).min(1).values]),
  'many pieces side by side': () =>
    chainrule.cat(
      Array.from({ length: 300 }, (_, i) => noise(2, 1 + (i % 3)).mul(i)),
      1,
    ),
  'rows of a table in another order': () => {
    const table = noise(40, 5).mul(2);
    return chainrule.stack(Array.from({ length: 30 }, (_, i) => table.select(0, (i * 7) % 40)));
  },
  'a sum over very many': () => noise(70_001).square().sum(),
  'long sums of few columns': () => noise(5000, 3).square().sum(0),
  'sums over dimensions on both sides': () => noise(40, 3, 300).square().sum([0, 2]),
  'a count of very many': () => noise(70_000).gt(0).sum(),
  'any and all of very many': () =>
    chainrule.cat([noise(9000).gt(1.9).any().reshape([1]), noise(9000).gt(-3).all().reshape([1])]),
  'a variance of very many': () => noise(30_000).var(),
  'a softmax of very many': () => noise(20_000).softmax(0),
  'normalized channels': () => {
    const x = noise(40, 3, 18, 17);
    const [v, mean] = [x.var([0, 2, 3], { keepdim: true }), x.mean([0, 2, 3], { keepdim: true })];
    return x.sub(mean).div(v.add(1e-5).sqrt());
  },
  // Both passes over a row must see the same elements.
  'logsumexp of what is computed in the same loop': () =>
    noise(2, 40).exp().mul(-1.5).reshape([2, 2, 20]).logsumexp(1),
  'logsumexp of ties': () =>
    chainrule
      .cat([noise(1, 9), noise(1, 9)])
      .mul(-1.5)
      .logsumexp(0),
  'NaN and infinities less themselves, and by themselves': () => {
    const x = tensor([NaN, 1, Infinity, -Infinity, 0]);
    return chainrule.cat([x.sub(x), x.div(x)]);
  },
  'a variance of one element': () => noise(1).var(),
  softmax: () => noise(4, 130).softmax(1),
  'softmax of short rows': () => noise(40, 5).softmax(1),
  layerNorm: () => operation('layerNorm')(noise(3, 96), [96] as unknown as Tensor),
  'a tiled product': () => noise(37, 45).matmul(noise(45, 50)),
  'a product of transposes': () =>
    noise(45, 37).transpose(0, 1).matmul(noise(50, 45).transpose(0, 1)),
  'a product in vectors': () => noise(36, 48).matmul(noise(48, 44)),
  'a product in vectors, of an odd number of steps': () => noise(2, 40, 20).matmul(noise(20, 36)),
  'a product in vectors of transposes': () =>
    noise(48, 40).transpose(0, 1).matmul(noise(44, 48).transpose(0, 1)),
  'products in large tiles': () => noise(16, 68, 32).matmul(noise(16, 32, 72)),
  'products in large tiles, turned': () =>
    noise(16, 32, 68)
      .transpose(1, 2)
      .matmul(noise(16, 72, 32).transpose(1, 2)),
  'products in large tiles without vectors': () => noise(16, 67, 19).matmul(noise(19, 70)),
  'a product of few rows': () => noise(2, 45).matmul(noise(45, 50)),
  // Of one sign: what cancels would show the rounding of either side.
  'a product with a long sum': () => noise(20, 400).square().matmul(noise(400, 33).square()),
  'products with long sums': () => noise(2, 9, 600).square().matmul(noise(600, 12).square()),
  'a matrix and a vector': () => noise(50, 700).matmul(noise(700)),
  'a vector and a matrix': () => noise(700).square().matmul(noise(700, 50).square()),
  'products side by side': () => noise(3, 1, 9, 10).matmul(noise(2, 10, 8)),
  'a product of integers': () => indices(9, 5, 6).matmul(indices(7, 6, 4)),
  permute: () => noise(3, 4, 5).permute([2, 0, 1]).add(0),
  'a slice with steps, padded': () => chainrule.pad(noise(7, 9).at('1:6:2', '::-3'), [1, 2, 0, 1]),
  cat: () => chainrule.cat([noise(2, 3), noise(4, 3)], 0),
  gather: () => noise(5, 6).gather(1, indices(6, 5, 4)),
  indexSelect: () => noise(5, 6).indexSelect(0, indices(5, 9)),
  scatterAdd: () => noise(4, 6).scatterAdd(1, indices(6, 4, 9), noise(4, 9)),
  oneHot: () => operation('oneHot')(indices(5, 7), 5 as unknown as Tensor),
  argmax: () => noise(5, 40).argmax(1),
  cumsum: () => noise(4, 30).cumsum(1),
  cumprod: () => noise(4, 6).cumprod(0),
  sort: () => noise(3, 37).sort(1).values,
  'sort downwards, by columns': () => noise(37, 3).sort(0, { descending: true }).indices,
  median: () => noise(3, 21).median(1).values,
  searchsorted: () => chainrule.searchsorted(noise(30).sort().values, noise(20)),
  conv2d: () =>
    chainrule.conv2d(noise(2, 4, 9, 8), noise(6, 2, 3, 3), { groups: 2, padding: 1, stride: 2 }),
  'the gradient of a weight over many places': () => {
    // Of one sign: what cancels would show the rounding of either side.
    const weight = noise(4, 2, 3, 3).requiresGrad_();
    const y = chainrule.conv2d(noise(5, 2, 20, 17).square(), weight, { padding: 1 });
    return chainrule.grad(y.sum(), [weight])[0];
  },
  'the gradient of a weight of groups, by strides': () => {
    const weight = noise(4, 1, 5).requiresGrad_();
    const y = chainrule.conv1d(noise(3, 2, 901).square(), weight, { groups: 2, stride: 2 });
    return chainrule.grad(y.sum(), [weight])[0];
  },
  'a convolution with many channels': () =>
    chainrule.conv2d(noise(2, 18, 9, 8), noise(40, 9, 3, 2), {
      groups: 2,
      padding: 1,
      stride: 2,
      dilation: 2,
    }),
  'the gradients of a convolution with many channels': () => {
    const x = noise(4, 20, 13, 24).square().requiresGrad_();
    const weight = noise(18, 10, 3, 2).square().requiresGrad_();
    const y = chainrule.conv2d(x, weight, { groups: 2, padding: 1, stride: 2 });
    const [first, second] = chainrule.grad(y.sum(), [x, weight]);
    return chainrule.cat([first.reshape([-1]), second.reshape([-1])]);
  },
  'the gradients of a convolution in whole tiles, by strides': () => {
    const x = noise(2, 64, 8, 8).square().requiresGrad_();
    const weight = noise(64, 64, 3, 3).square().requiresGrad_();
    const y = chainrule.conv2d(x, weight, { padding: 1, stride: 2 });
    const [first, second] = chainrule.grad(y.sum(), [x, weight]);
    return chainrule.cat([first.reshape([-1]), second.reshape([-1])]);
  },
  convTranspose2d: () =>
    chainrule.convTranspose2d(noise(2, 4, 5, 4), noise(4, 3, 3, 3), { stride: 2 }),
  maxPool2d: () => chainrule.maxPool2d(noise(2, 3, 9, 8), 3, { stride: 2, padding: 1 }),
  avgPool2d: () => chainrule.avgPool2d(noise(2, 3, 8, 8), 2),
  'adaptive pooling': () =>
    operation('adaptiveAvgPool2d')(noise(1, 2, 7, 9), [3, 4] as unknown as Tensor),
  unfold: () => operation('unfold')(noise(1, 2, 6, 6), [3, 2] as unknown as Tensor),
  fft: () => chainrule.fft.rfft(noise(3, 12)).real,
  cholesky: () =>
    chainrule.linalg.cholesky(
      noise(4, 4).matmul(noise(4, 4).transpose(0, 1)).add(chainrule.eye(4).mul(9)),
    ),
  solve: () => chainrule.linalg.solve(noise(4, 4).add(chainrule.eye(4).mul(9)), noise(4, 3)),
  det: () => chainrule.linalg.det(noise(2, 3, 3)),
  'det of nothing': () => chainrule.linalg.det(noise(3, 0, 0)),
  'slogdet of nothing': () => {
    const { sign, logabsdet } = chainrule.linalg.slogdet(noise(3, 0, 0));
    return chainrule.cat([sign, logabsdet]);
  },
  'a fold of booleans': () => noise(4, 5).gt(0).any(1),
  where: () => chainrule.where(noise(30).gt(0), noise(30), 2),
  'integers divided': () => indices(50, 20).sub(20).floorDivide(7),
  'integers that are close': () =>
    chainrule.isClose(indices(50, 40).add(200_000), indices(7, 40).add(200_000)),
};

/** Equal up to some units of the largest element, special values exactly. */
function expectEqual(got: ArrayLike<number>, want: ArrayLike<number>, label: string): void {
  expect(got.length, label).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    const [x, y] = [got[i], want[i]] as [number, number];
    if (Number.isNaN(y) || Math.abs(y) === Infinity) expect(x, `${label} at ${i}`).toBe(y);
    else
      expect(Math.abs(x - y), `${label} at ${i}: ${x}, the CPU has ${y}`).toBeLessThanOrEqual(
        2e-5 * Math.abs(y) + 2e-6,
      );
  }
}

describe.skipIf(!there)('kernels on WebGPU', () => {
  beforeAll(() => setDevice('cpu'));
  afterAll(() => setDevice('cpu'));

  async function compare(f: () => Tensor, label: string): Promise<void> {
    await setDevice('cpu');
    const want = f().dataSync();
    await setDevice('webgpu');
    const y = f();
    expect(y.device, label).toBe('webgpu');
    expectEqual(await y.data(), want, label);
  }

  for (const name of UNARY) test(name, () => compare(() => operation(name)(tensor(SPECIAL)), name));

  for (const name of BINARY)
    test(name, () =>
      compare(() => {
        const x = tensor(SPECIAL);
        return operation(name)(x.unsqueeze(1), x.unsqueeze(0)).reshape([-1]);
      }, name),
    );

  for (const name of SPECIAL_FUNCTIONS)
    test(`special.${name} with two derivatives`, () =>
      compare(() => {
        const f = (chainrule.special as unknown as Readonly<Record<string, Function>>)[
          name
        ] as Function;
        const x = tensor([-7.5, -2.25, -0.75, -0.125, 0, 0.25, 0.625, 1.5, 4, 8.5, 22], {
          requiresGrad: true,
        });
        const [first] = chainrule.grad(f(x).sum(), [x], { createGraph: true }) as [Tensor];
        const [second] = chainrule.grad(first.sum(), [x]) as [Tensor];
        return chainrule.cat([f(x).detach(), first.detach(), second]);
      }, name));

  test('special functions where they overflow, and where a power of x underflows', () =>
    compare(() => {
      const { i0, i1 } = chainrule.special;
      const x = tensor([Infinity, -Infinity, 3e38, -3e38, 88.8, -90, 120, 6e26], {
        requiresGrad: true,
      });
      const bessel = i0(x).sum().add(i1(x).mul(0.5).sum());
      const [first] = chainrule.grad(bessel, [x], { createGraph: true }) as [Tensor];
      const [second] = chainrule.grad(first.sum(), [x]) as [Tensor];
      return chainrule.cat(
        [i0(x), i1(x), chainrule.polygamma(1, x), first, second].map((t) => t.detach()),
      );
    }, 'overflow'));

  for (const [name, f] of Object.entries(KERNELS)) test(name, () => compare(f, name));

  test('categories drawn with replacement come as often as their weights say', async () => {
    await setDevice('webgpu');
    const drawn = chainrule.multinomial(tensor([1, 0, 2, 5]), 8000, { replacement: true });
    expect(drawn.device).toBe('webgpu');
    const counts = [0, 0, 0, 0];
    for (const k of await drawn.data()) counts[k] = (counts[k] as number) + 1;
    expect(counts[1]).toBe(0);
    // Five standard deviations of 8000 draws are 224 at most.
    [1000, 0, 2000, 5000].forEach((n, k) =>
      expect(Math.abs((counts[k] as number) - n)).toBeLessThan(224),
    );
  });
});

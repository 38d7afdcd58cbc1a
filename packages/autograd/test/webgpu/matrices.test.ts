/** @file Decompositions of the largest matrices that the device accepts and of singular ones, and samples by rejection. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as A from '../../src/index.js';
import { linalg, setDevice, tensor, type Tensor } from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const noise = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((p, n) => p * n, 1) },
      (_, i) => 2 * Math.sin(i * 12.9898 + 1),
    ),
    { shape },
  );

/** By how much two tensors differ at most. */
async function distance(x: Tensor, y: Tensor): Promise<number> {
  return x.sub(y).abs().max().itemAsync();
}

const turned = (x: Tensor): Tensor => x.transpose(-1, -2);

describe.skipIf(!there)('matrices on WebGPU', () => {
  beforeAll(() => setDevice('webgpu'));
  afterAll(() => setDevice('cpu'));

  test('eigh of 64 × 64 gives the matrix back, with orthogonal vectors and rising values', async () => {
    const a = noise(64, 64);
    const symmetric = a.add(turned(a));
    const { values, vectors } = linalg.eigh(symmetric);
    const back = vectors.mul(values).matmul(turned(vectors));
    expect(await distance(back, symmetric)).toBeLessThan(2e-4);
    expect(await distance(turned(vectors).matmul(vectors), A.eye(64))).toBeLessThan(2e-5);
    const rising = await values.data();
    expect([...rising]).toEqual([...rising].sort((x, y) => x - y));
  });

  test.each([
    [3, 64, 5],
    [2, 5, 64],
    [1, 40, 40],
  ] as const)(
    'svd of [%d, %d, %d] gives the matrices back, with orthogonal factors',
    async (b, m, n) => {
      const a = noise(b, m, n);
      const { U, S, Vh } = linalg.svd(a, { fullMatrices: false });
      expect(await distance(U.mul(S.unsqueeze(-2)).matmul(Vh), a)).toBeLessThan(1e-4);
      const eye = A.eye(Math.min(m, n));
      expect(await distance(turned(U).matmul(U), eye)).toBeLessThan(2e-5);
      expect(await distance(Vh.matmul(turned(Vh)), eye)).toBeLessThan(2e-5);
    },
  );

  test('matrices without full rank have orthogonal factors, and pseudoinverses', async () => {
    const a = noise(6, 2).matmul(noise(2, 5)).mul(1e-18);
    const { U, S } = linalg.svd(a, { fullMatrices: false });
    expect(await distance(turned(U).matmul(U), A.eye(5))).toBeLessThan(2e-5);
    const [first = 0, , third = 1] = await S.data();
    expect(third / first).toBeLessThan(1e-6);
    const zeros = linalg.svd(A.zeros([3, 2]), { fullMatrices: false });
    expect(await distance(turned(zeros.U).matmul(zeros.U), A.eye(2))).toBeLessThan(1e-6);
    const b = noise(6, 2).matmul(noise(2, 5));
    const p = linalg.pinv(b, { rtol: 1e-4 });
    expect(await distance(b.matmul(p).matmul(b), b)).toBeLessThan(1e-4);
  });

  test('what is larger is refused by name, with its shape and the limit', async () => {
    await expect(async () => linalg.svdvals(noise(65, 3)).data()).rejects.toThrow(
      /svd.*no kernel.*shape \[65, 3\].*up to 64 × 64/,
    );
  });
});

describe.skipIf(!there)('samples on WebGPU are those of the CPU', () => {
  afterAll(() => setDevice('cpu'));

  const rates = (most: number): Tensor =>
    tensor(Float32Array.from({ length: 500 }, (_, i) => (most * (i + 1)) / 500));
  const samples: Readonly<Record<string, () => Tensor>> = {
    gamma: () => A.gamma(rates(40)),
    'poisson of small rates': () => A.poisson(rates(10)),
    'poisson of large rates': () => A.poisson(rates(1e4)),
    'binomial of few': () => A.binomial(rates(30).ceil(), rates(1)),
    'binomial of many': () => A.binomial(rates(1e5).ceil(), rates(1)),
    vonMises: () => A.vonMises(rates(60)),
  };
  for (const [name, draw] of Object.entries(samples))
    test(name, async () => {
      const drawn = async (device: 'cpu' | 'webgpu'): Promise<ArrayLike<number>> => {
        await setDevice(device);
        A.manualSeed(11);
        return draw().data();
      };
      const [host, gpu] = [await drawn('cpu'), await drawn('webgpu')];
      // Rounding may tip the scales for a few.
      let others = 0;
      Array.from(gpu).forEach((x, i) => {
        const y = host[i] as number;
        if (Math.abs(x - y) > 1e-4 * Math.abs(y) + 1e-5) others++;
      });
      expect(others).toBeLessThan(3);
    });

  test('the second derivative of a determinant, of singular matrices too', async () => {
    const low = (n: number, rank: number): Tensor => noise(n, rank).matmul(noise(rank, n));
    const curvature = (a: Tensor, t: Tensor): Tensor =>
      A.grad((x: Tensor) =>
        A.grad((y: Tensor) => linalg.det(y).sum())(x)
          .mul(t)
          .sum(),
      )(a);
    const matrices = {
      regular: () => noise(4, 4).add(A.eye(4)),
      'of rank n − 1': () => low(4, 3),
      'of rank n − 2': () => low(4, 2),
      'of rank n − 3': () => low(5, 2),
      'with zeros': () => A.zeros([3, 3]),
      'of 2 × 2': () => noise(2, 2),
      'a batch': () => noise(6, 3, 3),
      large: () => noise(12, 12).mul(0.3).add(A.eye(12)),
    };
    for (const [name, make] of Object.entries(matrices)) {
      await setDevice('webgpu');
      const a = make();
      const t = noise(...a.shape).cos();
      const got = await curvature(a, t).data();
      const [a64, t64] = [await a.to('cpu'), await t.to('cpu')];
      await setDevice('cpu');
      const want = await curvature(a64.cast('float64'), t64.cast('float64')).data();
      const largest = Math.max(...want.map(Math.abs), 1);
      got.forEach((x, k) =>
        expect(Math.abs(x - (want[k] as number)), name).toBeLessThan(1e-4 * largest),
      );
    }
    await setDevice('webgpu');
  });
});

/** @file Loops on WebGPU give the same numbers as on the CPU, gradients included, and a failure in one changes nothing. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  associativeScan,
  ChainruleError,
  compile,
  cond,
  grad,
  IndexError,
  manualSeed,
  Parameter,
  rand,
  scan,
  setDevice,
  switchCase,
  tensor,
  whileLoop,
  zeros,
  type Tensor,
} from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const noise = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) =>
      Math.sin(i * 12.9898 + 1),
    ),
    { shape },
  );

/** Long enough that the blocks of its steps go up in several pieces. */
const recurrent = (length: number) => (): Tensor[] => {
  const w = noise(4, 4).mul(0.5);
  const [h, hs] = scan(
    (h: Tensor, x: Tensor) => {
      const next = x.add(h.matmul(w)).tanh();
      return [next, next.mul(2)];
    },
    zeros([3, 4]),
    noise(length, 3, 4),
  );
  return [h, hs];
};

const CASES: Readonly<Record<string, () => Tensor[]>> = {
  'a scan': recurrent(7),
  'a scan of many steps': recurrent(150),
  'a scan backwards, over two sequences': () => {
    const [c, ys] = scan(
      ({ a, n }: { a: Tensor; n: Tensor }, [x, k]: [Tensor, Tensor]) => {
        const next = a.mul(0.9).add(x.mul(k.cast('float32')));
        return [{ a: next, n: n.add(k) }, next.sum()];
      },
      { a: noise(5), n: tensor(0, { dtype: 'int32' }) },
      [noise(6, 5), tensor([3, 1, 2, 5, 0, 7], { dtype: 'int32' })] as [Tensor, Tensor],
      { reverse: true },
    );
    return [c.a, c.n, ys];
  },
  'a scan whose carry goes back and forth': () => {
    const [[a, b]] = scan(
      ([a, b]: [Tensor, Tensor], x: Tensor) => [[b, a.add(x)] as [Tensor, Tensor], null],
      [noise(3), noise(3).mul(2)] as [Tensor, Tensor],
      noise(5, 3),
    );
    return [a, b];
  },
  'a scan of no steps': () => {
    const [c, ys] = scan((c: Tensor, x: Tensor) => [c.add(x), c], noise(3), zeros([0, 3]));
    return [c, ys];
  },
  'random numbers in a scan': () => {
    manualSeed(3);
    const [c, ys] = scan(
      (c: Tensor, x: Tensor) => {
        const next = c.add(rand([3]).mul(x));
        return [next, next];
      },
      zeros([3]),
      noise(70, 3),
    );
    return [c, ys];
  },
  'the gradient of a scan': () => {
    const loss = (w: Tensor, xs: Tensor): Tensor => {
      const [h, hs] = scan(
        (h: Tensor, x: Tensor) => {
          const next = x.add(h.matmul(w)).tanh();
          return [next, next];
        },
        zeros([2, 3]),
        xs,
      );
      return h.sum().add(hs.square().sum());
    };
    return [grad(loss)(noise(3, 3), noise(6, 2, 3))];
  },
  'a scan in a scan': () => {
    const [c, ys] = scan(
      (c: Tensor, x: Tensor) => {
        const [d] = scan((d: Tensor, y: Tensor) => [d.mul(0.5).add(y), null], c, x);
        return [d, d.sum()];
      },
      zeros([2]),
      noise(80, 3, 2),
    );
    return [c, ys];
  },
  // Two loops of one run: the numbers of both go up together, before the first kernel.
  'the gradient of a while loop': () => {
    const x = noise(15).requiresGrad_();
    const [y] = whileLoop(
      ([, k]: Tensor[]) => (k as Tensor).lt(1),
      ([y, k]: Tensor[]) => [
        (y as Tensor).sub((y as Tensor).mean(0, { keepdim: true })),
        (k as Tensor).add(1),
      ],
      [x, zeros([], { dtype: 'int32' })],
      { maxIterations: 4 },
    );
    return grad(y.mul(noise(15).add(0.5)).sum(), [x]);
  },
  'a while loop': () => [
    whileLoop(
      (x: Tensor) => x.sum().lt(100),
      (x) => x.mul(2),
      noise(3).abs(),
    ),
  ],
  'a while loop that ends at once': () => [
    whileLoop(
      (x: Tensor) => x.sum().lt(0),
      (x) => x.mul(2),
      noise(3).abs(),
    ),
  ],
  'what comes after a while loop waits for it': () => {
    const x = whileLoop(
      (x: Tensor) => x.lt(100),
      (x) => x.mul(2),
      tensor(3),
    );
    return [x.add(1), noise(4).mul(x), x];
  },
  'a branch by a value of the device': () => {
    const x = noise(4);
    const by = (y: Tensor): Tensor =>
      cond(
        y.gt(0),
        (x: Tensor) => x.exp(),
        (x) => x.neg(),
        x,
      );
    return [by(x.square().sum()), by(x.square().sum().neg())];
  },
  'a branch of three': () =>
    [0, 1, 2, 9].map((n) =>
      switchCase(
        tensor(n, { dtype: 'int32' }),
        [(x: Tensor) => x.sin(), (x: Tensor) => x.cos(), (x: Tensor) => x.exp()],
        noise(3),
      ),
    ),
  'branches in a scan': () => {
    const [c, ys] = scan(
      (c: Tensor, x: Tensor) => {
        const next = cond(
          x.sum().gt(0),
          (c: Tensor, x: Tensor) => c.add(x),
          (c, x) => c.sub(x.mul(2)),
          c,
          x,
        );
        return [next, next.sum()];
      },
      zeros([2]),
      noise(9, 2),
    );
    return [c, ys];
  },
  associativeScan: () => [
    associativeScan((a: Tensor, b: Tensor) => a.mul(b), noise(9, 2).add(1.5)),
  ],
};

afterEach(() => setDevice('cpu'));

describe.skipIf(!there)('loops on WebGPU', () => {
  for (const [name, f] of Object.entries(CASES))
    test(name, async () => {
      const want = f().map((y) => y.dataSync());
      await setDevice('webgpu');
      const got = await Promise.all(f().map((y) => y.data()));
      got.forEach((values, k) => {
        expect(values.length).toBe(want[k]?.length);
        values.forEach((x, i) =>
          expect(Math.abs(x - (want[k]?.[i] ?? NaN))).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(x))),
        );
      });
    });

  test('the gradient of a while loop needs to know how many steps there may be', async () => {
    await setDevice('webgpu');
    const x = tensor([1, 2], { requiresGrad: true });
    const y = whileLoop(
      (x: Tensor) => x.sum().lt(50),
      (x) => x.mul(2),
      x,
    );
    expect(() => y.sum().backward()).toThrow(
      /whileLoop: the number of steps is not known here, as it is on webgpu.*maxIterations/,
    );
  });

  test('compiled, it runs again and again', async () => {
    await setDevice('webgpu');
    const f = compile((x: Tensor) =>
      whileLoop(
        (x: Tensor) => x.sum().lt(50),
        (x) => x.mul(2),
        x,
      ),
    );
    const [a, b] = [f(tensor([1, 2])), f(tensor([3, 20]))];
    expect(Array.from(await a.data())).toEqual([32, 64]);
    expect(Array.from(await b.data())).toEqual([12, 80]);
  });

  test('an index out of range in a step, and a condition without end, are told by the next await', async () => {
    await setDevice('webgpu');
    const p = new Parameter(tensor([1, 2]));
    const [, ys] = scan(
      (c: Tensor, i: Tensor) => [c, noise(4).indexSelect(0, i.reshape([1]))],
      zeros([1]),
      tensor([1, 7, 2], { dtype: 'int32' }),
    );
    await expect(ys.data()).rejects.toThrow(IndexError);
    const x = whileLoop(
      (x: Tensor) => x.gt(0),
      (x) => x.add(1),
      tensor(1),
      { maxIterations: 3 },
    );
    p.assign(p.mul(x));
    await expect(p.data()).rejects.toThrow(ChainruleError);
    await expect(x.data()).rejects.toThrow(
      /whileLoop: the condition still holds after 3 iterations/,
    );
    expect(Array.from(await p.data())).toEqual([1, 2]);
    expect(Array.from(await tensor([2]).mul(3).data())).toEqual([6]);
  });
});

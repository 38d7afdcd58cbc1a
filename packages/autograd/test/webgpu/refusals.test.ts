/** @file Errors of kernels on WebGPU: the next await reports them, with operation, module path, value and position. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  assertBetween,
  ChainruleError,
  compile,
  evaluate,
  floorDivide,
  fmod,
  gather,
  grad,
  linalg,
  Parameter,
  remainder,
  setDevice,
  tensor,
  type Tensor,
} from '../../src/index.js';
import { scope } from '../../src/graph/mode.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
const ints = (...xs: number[]): Tensor => tensor(xs, { dtype: 'int32' });

afterEach(() => setDevice('cpu'));

describe.skipIf(!there)('refused on WebGPU', () => {
  for (const [name, f] of Object.entries({ floorDivide, remainder, fmod }))
    test(`${name} of integers by zero`, async () => {
      await setDevice('webgpu');
      const counter = new Parameter(tensor([1]));
      const y = ints(1, 0, 3).mul(2); // known on the device alone
      counter.assign(counter.detach().add(1));
      evaluate();
      const bad = f(ints(7, 8, 9), y).add(1);
      counter.assign(counter.detach().add(bad.sum().cast('float32')));
      evaluate();
      await expect(counter.mul(1).data()).rejects.toThrow(
        new RegExp(`${name}: integer division by zero, for element 1 of the result.*float32`),
      );
      await expect(bad.data()).rejects.toThrow(ChainruleError);
      expect(Array.from(await counter.mul(1).data())).toEqual([2]);
      expect(Array.from(await f(ints(7, -8, 9), ints(2, 3, -4).mul(1)).data())).toEqual(
        Array.from(await (await f(ints(7, -8, 9), ints(2, 3, -4).mul(1)).to('cpu')).data()),
      );
    });

  test('a divisor that is zero in one of two divisions of a kernel', async () => {
    await setDevice('webgpu');
    const [x, y, z] = [ints(5, 6), ints(1, 2).mul(1), ints(3, 0).mul(1)];
    await expect(x.floorDivide(y).add(x.remainder(z)).data()).rejects.toThrow(
      /^remainder: .*element 1/,
    );
    await expect(x.floorDivide(z).add(x.remainder(y)).data()).rejects.toThrow(/^floorDivide: /);
  });

  test("an index out of bounds throws the CPU's error", async () => {
    const message = 'my loss: the probability must be from 0 to 1, but element 1 is 1.5';
    for (const device of ['cpu', 'webgpu'] as const) {
      await setDevice(device);
      const x = tensor([0.25, 0.75]).mul(2); // known on the device alone
      await expect(assertBetween(x, 0, 1, 'my loss: the probability').data()).rejects.toThrow(
        message,
      );
    }
  });

  test('the error has the value as it was, whatever has been written since, and cells can be read', async () => {
    await setDevice('webgpu');
    const w = new Parameter(tensor([1, 2, 3]).mul(1));
    for (const last of [false, true]) {
      const pick = compile((i: Tensor) => {
        const picked = w.indexSelect(0, i);
        if (last) return picked;
        w.assign(w.detach().mul(2));
        return picked.sum();
      });
      await pick(ints(0, 1)).data();
      const before = await w.data();
      const bad = pick(ints(2, 7));
      const later = [pick(ints(0, 1)), pick(ints(1, 1)), pick(ints(2, 0))];
      await expect(bad.data()).rejects.toThrow(/index 7 at position 1 is out of range/);
      for (const y of later) await expect(y.data()).rejects.toThrow(/index 7 at position 1/);
      await expect(bad.data()).rejects.toThrow(/index 7 at position 1/);
      // Neither is anything computed from what has failed.
      expect(() => evaluate(bad.mul(2))).toThrow(/index 7 at position 1/);
      expect(await w.data()).toEqual(before);
    }
  });

  test('a matrix by the operation that was called', async () => {
    await setDevice('webgpu');
    const x = tensor([1, 2, 2, 4], { shape: [2, 2] }).mul(1);
    await expect(linalg.inv(x).data()).rejects.toThrow(/^linalg\.inv: matrix 0 is singular/);
    await expect(linalg.solve(x, x).data()).rejects.toThrow(/^linalg\.solve: matrix 0 is singular/);
    await expect(linalg.cholesky(x.neg()).data()).rejects.toThrow(
      /^linalg\.cholesky: matrix 0 is not positive/,
    );
  });

  test('the place in the model is named, eager and compiled', async () => {
    await setDevice('webgpu');
    const pick = (i: Tensor): Tensor =>
      scope('net.embedding', () => tensor([1, 2, 3]).mul(1).indexSelect(0, i.add(0)));
    const message = /index 5 at position 1 is out of range .*\(in net\.embedding\)/;
    await expect(pick(ints(0, 5)).data()).rejects.toThrow(message);
    const f = compile(pick);
    expect(Array.from(await f(ints(0, 2)).data())).toEqual([1, 3]);
    await expect(f(ints(1, 5)).data()).rejects.toThrow(message);
    expect(Array.from(await f(ints(1, 1)).data())).toEqual([2, 2]);
  });

  test('a gradient alone names the operation that was called', async () => {
    for (const device of ['cpu', 'webgpu'] as const) {
      await setDevice(device);
      const slope = (f: (x: Tensor, i: Tensor) => Tensor): ((i: Tensor) => Tensor) =>
        compile((i: Tensor) => grad((x: Tensor) => f(x, i).sum())(tensor([1, 2, 3]).mul(1)));
      const bad = ints(0, 5).mul(1);
      for (const [name, f] of [
        ['indexSelect', (x: Tensor, i: Tensor) => x.indexSelect(0, i)],
        ['gather', (x: Tensor, i: Tensor) => gather(x, 0, i)],
        ['mine', (x: Tensor, i: Tensor) => gather(x, 0, i, 'mine: index')],
        ['at', (x: Tensor, i: Tensor) => x.at(i)],
      ] as const)
        await expect((async () => slope(f)(bad).data())(), `${device} ${name}`).rejects.toThrow(
          new RegExp(`^${name}: index 5`),
        );
    }
  });
});

/** @file Asynchronous LBFGS: the same steps as the synchronous one, also where nothing can be read synchronously. */
import { afterEach, describe, expect, test } from 'vitest';
import { ChainruleError, DeviceError, Parameter, setDevice, tensor } from '@chainrule/autograd';
import { openWebgpu } from '../../autograd/test/webgpu/device.js';
import { LBFGS, type LBFGSOptions } from '../src/index.js';

/** Rosenbrock's function of some variables, and what minimizes it. */
function problem(options: LBFGSOptions): {
  p: Parameter;
  optimizer: LBFGS;
  closure: () => ReturnType<Parameter['sum']>;
} {
  const p = new Parameter(tensor([-1.2, 1, 0.5, -0.3]));
  const optimizer = new LBFGS([p], options);
  const closure = () => {
    optimizer.zeroGrad();
    const [x, y] = [p.narrow(0, 0, 3), p.narrow(0, 1, 3)];
    const loss = y.sub(x.square()).square().mul(10).add(x.neg().add(1).square()).sum();
    loss.backward();
    return loss;
  };
  return { p, optimizer, closure };
}

const OPTIONS: Record<string, LBFGSOptions> = {
  'a rate': { maxIter: 5, lr: 0.1 },
  'a line search': { maxIter: 6, lineSearchFn: 'strong_wolfe', historySize: 3 },
  'a watch': { maxIter: 4, lr: 0.1, onNonFinite: 'throw' },
};

async function points(options: LBFGSOptions, waits: boolean): Promise<number[][]> {
  const { p, optimizer, closure } = problem(options);
  const found: number[][] = [];
  for (let i = 0; i < 4; i++) {
    const loss = waits ? await optimizer.stepAsync(closure) : optimizer.step(closure);
    found.push([await loss.itemAsync(), ...(await p.data())]);
  }
  return found;
}

const there = await openWebgpu();

describe('stepAsync of LBFGS', () => {
  afterEach(() => setDevice('cpu'));

  for (const [name, options] of Object.entries(OPTIONS)) {
    test(`takes the steps of step, with ${name}`, async () => {
      expect(await points(options, true)).toEqual(await points(options, false));
    });

    test.skipIf(!there)(`on WebGPU, with ${name}`, async () => {
      const host = await points(options, false);
      await setDevice('webgpu');
      const gpu = await points(options, true);
      gpu.flat().forEach((x, i) => expect(x).toBeCloseTo(host.flat()[i] as number, 3));
    });
  }

  test.skipIf(!there)('is named by step on WebGPU; its state lies on the host', async () => {
    await setDevice('webgpu');
    const { p, optimizer, closure } = problem({ maxIter: 3, lr: 0.1 });
    expect(() => optimizer.step(closure)).toThrow(DeviceError);
    expect(() => optimizer.step(closure)).toThrow(/on webgpu.*await optimizer\.stepAsync/);
    await optimizer.stepAsync(closure);
    const saved = optimizer.stateDict();
    const values = await p.data();
    await optimizer.stepAsync(closure);
    const after = await p.data();
    const again = problem({ maxIter: 3, lr: 0.1 });
    again.p.assign(tensor(values));
    again.optimizer.loadStateDict(saved);
    await again.optimizer.stepAsync(again.closure);
    expect(await again.p.data()).toEqual(after);
  });

  test('is waited for, and needs a closure that returns a loss', async () => {
    const { optimizer, closure } = problem({ maxIter: 2 });
    const first = optimizer.stepAsync(closure);
    await expect(optimizer.stepAsync(closure)).rejects.toThrow(/still running/);
    await first;
    await optimizer.stepAsync(closure);
    await expect(optimizer.stepAsync(undefined as never)).rejects.toThrow(/needs a closure/);
    const none = optimizer.stepAsync(() => closure().reshape([1, 1]).expand([2, 1]));
    await expect(none).rejects.toThrow(
      /the loss, a tensor of one element.*got one of shape \[2, 1\]/,
    );
    await expect(optimizer.stepAsync(() => 'loss')).rejects.toThrow(ChainruleError);
    await optimizer.stepAsync(closure);
  });
});

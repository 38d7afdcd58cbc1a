/** @file An error in the body of a loop names the module in the body, not only the one that has the loop. */
import { afterAll, describe, expect, test } from 'vitest';
import { compile, cond, scan, setDevice, tensor, zeros, type Tensor } from '@chainrule/autograd';
import { openWebgpu } from '../../autograd/test/webgpu/device.js';
import * as nn from '../src/index.js';

const there = await openWebgpu();

class Step extends nn.Module {
  embedding = new nn.Embedding(5, 3);
  linear = new nn.Linear(3, 3);
  forward(h: Tensor, token: Tensor): Tensor {
    return this.linear.forward(h.add(this.embedding.forward(token))).tanh();
  }
}

class Loop extends nn.Module {
  step = new Step();
  forward(tokens: Tensor): Tensor {
    const [h] = scan(
      (h: Tensor, token: Tensor) => [this.step.forward(h, token), null],
      zeros([2, 3]),
      tokens,
    );
    return h;
  }
}

class Nested extends nn.Module {
  inner = new Loop();
  forward(tokens: Tensor): Tensor {
    const both = (): Tensor => this.inner.forward(tokens);
    return cond(tokens.sum().gt(0), both, () => zeros([2, 3]));
  }
}

class Net extends nn.Module {
  first = new Loop();
  second = new Loop();
  nested = new Nested();
  forward(tokens: Tensor, more: Tensor, nested: Tensor): Tensor {
    return this.first
      .forward(tokens)
      .add(this.second.forward(more))
      .add(this.nested.forward(nested));
  }
}

const good = [1, 2, 3, 4, 0, 1];
const bad = [1, 2, 3, 7, 0, 1];

describe.each(there ? ['cpu', 'webgpu'] : ['cpu'])('on %s', (device) => {
  afterAll(() => setDevice('cpu'));

  test.each([
    ['first.step.embedding', bad, good, good],
    ['second.step.embedding', good, bad, good],
    ['nested.inner.step.embedding', good, good, bad],
  ])('%s', async (path, ...given) => {
    await setDevice(device);
    const net = new Net();
    // Computed, so that only the kernel sees them.
    const tokens = given.map((x): Tensor => tensor(Int32Array.from(x), { shape: [3, 2] }).mul(1));
    const [x, y, z] = tokens as [Tensor, Tensor, Tensor];
    const run = async (f: () => Tensor): Promise<unknown> => await f().data();
    await expect(run(() => net.forward(x, y, z))).rejects.toThrow(`(in ${path})`);
    const compiled = compile((x: Tensor, y: Tensor, z: Tensor) => net.forward(x, y, z));
    await expect(run(() => compiled(x, y, z))).rejects.toThrow(`(in ${path})`);
  });
});

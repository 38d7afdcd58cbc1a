/** @file The assumptions of a compiled function about the fields of modules: every change between calls is noticed. */
import { describe, expect, it } from 'vitest';
import { arange, compile, ones, relu, tanh, tensor, type Tensor } from '@chainrule/autograd';
import { functionalCall, Linear, Module } from '../../src/index.js';

class Net extends Module<[Tensor], Tensor> {
  mask = tensor([1, 0]);
  list: Tensor[] = [tensor([1, 1])];
  activation: (x: Tensor) => Tensor = relu;
  sizes = [2, 1];
  settings = { factor: 2 };
  table = new Map([['factor', 2]]);
  last: Tensor | null = null;
  cache: Tensor | null = null;
  calls = 0;
  kept = {};

  constructor() {
    super();
    this.registerBuffer('offset', tensor([0, 0]));
  }

  forward(x: Tensor): Tensor {
    this.calls++;
    this.kept = {};
    if (this.cache?.size !== x.size) this.cache = arange(x.size).add(1);
    this.last = this.list.reduce((y, z) => y.mul(z), this.activation(x).mul(this.mask));
    const { offset } = this as unknown as { offset: Tensor };
    return this.last
      .mul(this.settings.factor * (this.table.get('factor') ?? 1))
      .add(offset)
      .mul(this.cache)
      .reshape(this.sizes);
  }
}

const changes: Record<string, (net: Net) => void> = {
  'a buffer': (net) => Object.assign(net, { offset: tensor([5, 7]) }),
  'a tensor': (net) => (net.mask = tensor([0, 1])),
  'a tensor in a list': (net) => (net.list[0] = tensor([3, 4])),
  'one more in a list': (net) => net.list.push(tensor([3, 4])),
  'a function': (net) => (net.activation = tanh),
  sizes: (net) => (net.sizes = [1, 2]),
  'one of the sizes': (net) => net.sizes.reverse(),
  settings: (net) => (net.settings = { factor: 3 }),
  'one of the settings': (net) => (net.settings.factor = 3),
  'a map': (net) => (net.table = new Map([['factor', 3]])),
};

describe('a compiled call notices a change of', () => {
  it.each(Object.entries(changes))('%s', (_name, change) => {
    const net = new Net();
    const f = compile((x: Tensor) => net.forward(x));
    const x = tensor([1, 2]);
    expect(f(x).toArray()).toEqual(net.forward(x).toArray());
    change(net);
    expect(f(x).toArray()).toEqual(net.forward(x).toArray());
  });
});

it('what a module sets itself while it runs is its own affair, and so is a list with the same numbers', () => {
  const net = new Net();
  const f = compile((x: Tensor) => net.forward(x));
  for (let i = 0; i < 5; i++) {
    f(tensor([i, 2])).dataSync();
    net.sizes = [...net.sizes];
  }
  expect(net.calls).toBe(1);
});

it('replacing parameters in a functional call does not count as a change', () => {
  const linear = new Linear(2, 1);
  let recorded = 0;
  const f = compile((x: Tensor) => {
    recorded++;
    return functionalCall(linear, { weight: ones([1, 2]) }, x);
  });
  for (let i = 0; i < 4; i++) f(tensor([[i, 2]])).dataSync();
  expect(recorded).toBe(1);
});

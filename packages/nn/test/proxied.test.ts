/** @file Modules behind the proxy of a reactive store, such as Vue's `reactive()`. */
import { expect, it } from 'vitest';
import { ones } from '@chainrule/autograd';
import { Linear } from '../src/index.js';

const reactive = <T extends object>(x: T): T =>
  new Proxy(x, {
    get: (target, key, receiver) => {
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof value === 'object' && value !== null ? reactive(value) : value;
    },
  });

it.each<[string, (layer: Linear) => unknown]>([
  ['forward', (layer) => layer.forward(ones([1, 2]))],
  ['parameters', (layer) => layer.parameters()],
  ['train', (layer) => layer.train()],
  ['stateDict', (layer) => layer.stateDict()],
])('%s says what stands before the module', (_name, use) => {
  expect(() => use(reactive(new Linear(2, 1)))).toThrow(/^a module is behind a proxy, .*markRaw/);
});

it('a proxy that passes on what it reads does not matter', () => {
  const layer = new Proxy(new Linear(2, 1), {});
  expect(layer.forward(ones([1, 2])).size).toBe(1);
});

/** @file Methods detached from their object. */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken from their objects on purpose */
import { expect, test } from 'vitest';
import { Cell, ChainruleError, cell, ones, Tensor } from '../index.js';
import { guardMethods } from './index.js';

class Counter {
  count = 0;
  constructor() {
    guardMethods(this, Counter.prototype, 'counter', (x) => x instanceof Counter);
  }
  add(n: number): number {
    return (this.count += n);
  }
  get doubled(): number {
    return 2 * this.count;
  }
  static of(): Counter {
    return new Counter();
  }
}
class Twice extends Counter {
  override add(n: number): number {
    return super.add(2 * n);
  }
  other(): string {
    return typeof this;
  }
}

/** Calls a method detached from its object. */
const lost = (method: unknown, receiver?: unknown, ...args: unknown[]): unknown =>
  Reflect.apply(method as () => unknown, receiver, args);

test('assigning a read-only property throws an error that says so', () => {
  const counter = Counter.of();
  counter.add(2);
  expect(() => Object.assign(counter, { doubled: 1 })).toThrow(
    new ChainruleError('doubled: it is read-only, for each counter computes it'),
  );
  expect(counter.doubled).toBe(4);
});

test('a guarded method works, and names its class when called without its object', () => {
  const counter = Counter.of();
  const twice = new Twice();
  expect([counter.add(1), twice.add(1), twice.add(2)]).toEqual([1, 2, 6]);
  for (const receiver of [undefined, null, {}, 5, Symbol('x'), ones([1])]) {
    for (const { add } of [counter, twice]) {
      expect(() => lost(add, receiver, 1)).toThrow(ChainruleError);
      expect(() => lost(add, receiver, 1)).toThrow(/add: it is a method of a counter, called on /);
    }
  }
  expect(() => lost(counter.add)).toThrow(
    'add: it is a method of a counter, called on nothing; to pass it on, write () => counter.add()',
  );
  expect(lost(twice.other)).toBe('undefined'); // the base class does not name it
  expect(lost(counter.add, new Proxy(counter, {}), 1)).toBe(2);
});

test('inspecting a guarded method gives the method', () => {
  new Twice();
  const { add } = Counter.prototype;
  expect([add.name, add.length]).toEqual(['add', 1]);
  expect(String(add)).toContain('this.count += n');
  expect(Object.getOwnPropertyDescriptor(Counter.prototype, 'add')?.enumerable).toBe(false);
});

test('methods of proxied tensors and cells work', async () => {
  const x = ones([2], { requiresGrad: true });
  for (const name of ['dataSync', 'backward', 'retainGrad', 'registerHook'] as const) {
    for (const receiver of [undefined, {}, Object.create(Tensor.prototype) as object]) {
      expect(() => lost(x[name], receiver, (g: Tensor) => g)).toThrow(ChainruleError);
      expect(() => lost(x[name], receiver, (g: Tensor) => g)).toThrow(`${name}: `);
    }
  }
  await expect(lost(x.data, null) as Promise<unknown>).rejects.toThrow(/data: it is a method/);
  expect(() => lost(x.requiresGrad_, {})).toThrow('requiresGrad_: it is a method of tensors');
  expect(() => lost(cell(ones([1])).assign, Object.create(Cell.prototype), 1)).toThrow(
    'assign: it is a method of cells',
  );
});

test('initial values of fields, which the CommonJS build makes methods, are set as before', () => {
  class Built {
    declare ready: boolean;
    __init3(): void {
      this.ready = false;
    }
    constructor() {
      Built.prototype.__init3.call(this);
      guardMethods(this, Built.prototype, 'thing', (x) => x instanceof Built && x.ready);
      this.ready = true;
    }
    use(): number {
      return 1;
    }
  }
  expect([new Built().use(), new Built().use()]).toEqual([1, 1]);
  expect(() => lost(new Built().use)).toThrow('use: it is a method of a thing');
});

/** @file Names from other frameworks, and properties that can only be read. */
import { expect, test } from 'vitest';
import { ChainruleError, Parameter, Tensor, tensor } from '../src/index.js';

const x = tensor([[1, 2]]);
const w = new Parameter(tensor([1, 2]));
/** Calls `name` of `on`, as code without types would. */
const call = (on: object, name: string, ...args: unknown[]): unknown =>
  Reflect.apply(Reflect.get(on, name) as () => unknown, on, args);
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ChainruleError);
    return (error as Error).message;
  }
  return 'no error';
};

test.each([
  ['numel', 'x.size'],
  ['dim', 'x.ndim'],
  ['tolist', 'x.toArray()'],
  ['float', "x.cast('float32')"],
  ['masked_fill', 'x.maskedFill(…)'],
  ['repeat_interleave', 'x.repeatInterleave(…)'],
  ['requires_grad_', 'x.requiresGrad_(…)'],
  ['add_', 'x = x.add(…), or w.assign(w.add(…)) for a parameter'],
  ['masked_fill_', 'x = x.maskedFill(…), or w.assign(w.maskedFill(…)) for a parameter'],
  ['zero_', 'w.assign(zerosLike(w))'],
])('%s: the error names %s', (name, right) => {
  for (const on of [x, w]) expect(messageOf(() => call(on, name, 1))).toContain(`write ${right}`);
});

test.each([
  ['requires_grad', 'x.requiresGrad'],
  ['is_leaf', 'x.isLeaf'],
  ['T', 'x.t() for a matrix'],
])('%s is neither read nor set', (name, right) => {
  expect(messageOf(() => Reflect.get(x, name))).toContain(`${name}: `);
  expect(messageOf(() => Object.assign(w, { [name]: true }))).toContain(`write ${right}`);
});

test.each(['shape', 'size', 'ndim', 'device', 'isLeaf', 'mT'])('%s cannot be set', (name) => {
  for (const on of [x, w]) {
    expect(messageOf(() => Object.assign(on, { [name]: 1 }))).toContain(`${name}: it is read-only`);
  }
  expect([x.shape, x.size, x.ndim]).toEqual([[1, 2], 2, 2]);
});

test('w.data = x is refused, and data() stays', async () => {
  for (const on of [x, w]) {
    expect(messageOf(() => Object.assign(on, { data: x }))).toContain('write w.assign(x)');
  }
  expect(await w.data()).toEqual(Float32Array.of(1, 2));
});

test('names that exist are found first, and none of the others is listed', () => {
  for (const name of Object.getOwnPropertyNames(Tensor.prototype)) {
    expect(name).toMatch(/^(requiresGrad_|[A-Za-z\d]+)$/);
  }
  const other = Object.getPrototypeOf(Tensor.prototype) as object;
  const listed = Object.getOwnPropertyNames(other);
  expect(listed.length).toBeGreaterThan(120);
  for (const name of listed) expect(Object.hasOwn(Tensor.prototype, name)).toBe(false);
  for (const key in x) expect(listed).not.toContain(key);
});

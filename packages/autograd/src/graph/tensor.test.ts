/** @file What belongs to a tensor alone: its shape, and whether it requires grad. */
import { expect, test } from 'vitest';
import { ones, Parameter, tensor, zeros, type Tensor } from '../index.js';

const makers: readonly ((shape: number[]) => Tensor)[] = [
  (shape) => zeros(shape),
  (shape) => ones(shape),
  (shape) => tensor([1, 2, 3, 4, 5, 6], { shape }),
  (shape) => tensor([1, 2, 3, 4, 5, 6]).reshape(shape),
  (shape) => tensor([[1], [2]]).expand(shape),
];

test('the shape of a tensor cannot be changed through its array', () => {
  for (const make of makers) {
    const given = [2, 3];
    const x = make(given);
    given[0] = 900;
    (x.shape as number[])[1] = 7000;
    expect(x.shape).toEqual([2, 3]);
    expect(x.toArray()).toHaveLength(2);
    expect(x.add(1).sum().item()).toBe(make([2, 3]).sum().item() + 6);
  }
});

test('setting requiresGrad does what requiresGrad_ does', () => {
  const [w, p] = [tensor([1, 2]), new Parameter(tensor([3]))];
  w.requiresGrad = true;
  p.requiresGrad = false;
  w.mul(p).sum().backward();
  expect(w.grad?.toArray()).toEqual([3, 3]);
  expect(p.grad).toBeNull();
  expect(() => (w.mul(2).requiresGrad = false)).toThrow('requiresGrad_: only a leaf can change');
  expect(() => (p.requiresGrad = 1 as never)).toThrow('requiresGrad_: requires must be');
});

/** @file The shape of a tensor belongs to the engine: what is given and what is handed out are copies. */
import { expect, test } from 'vitest';
import { ones, tensor, zeros, type Tensor } from '../index.js';

const makers: readonly ((shape: number[]) => Tensor)[] = [
  (shape) => zeros(shape),
  (shape) => ones(shape),
  (shape) => tensor([1, 2, 3, 4, 5, 6], { shape }),
  (shape) => tensor([1, 2, 3, 4, 5, 6]).reshape(shape),
  (shape) => tensor([[1], [2]]).expand(shape),
];

test('nobody changes the shape of a tensor by an array', () => {
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

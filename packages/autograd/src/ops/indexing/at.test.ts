import { describe, expect, it } from 'vitest';
import {
  compile,
  indexPut,
  take,
  takeAlongDim,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from '../../index.js';

/** An index whose value is known only once it is computed. */
const later = (index: number | number[] | number[][]): Tensor =>
  tensor(index, { dtype: 'int32' }).add(tensor(0, { dtype: 'int32' }).mul(2));

describe('a computed index out of range is named as it was given, with its dimension', () => {
  const x = zeros([2, 3, 4]);
  const cases: [string, () => Tensor, string][] = [
    [
      'at',
      () => x.at(later([0, 5])),
      'at: index 5 at position 1 is out of range for dimension 0 of size 2; it must be from -2 to 1',
    ],
    [
      'negative',
      () => x.at(later([0, -7])),
      'at: index -7 at position 1 is out of range for dimension 0 of size 2',
    ],
    [
      'two indices',
      () => x.at(later([0, 1]), later([0, -7])),
      'at: index -7 at position 1 is out of range for dimension 1 of size 3; it must be from -3 to 2',
    ],
    [
      'two of three',
      () => x.at(later([0, 1]), ':', later([[0, 9]])),
      'at: index 9 at position 1 is out of range for dimension 2 of size 4',
    ],
    [
      'positions',
      () => x.at(later(1), later(-9), later(0)),
      'at: index -9 at position 0 is out of range for dimension 1 of size 3',
    ],
    [
      'nothing to point to',
      () => zeros([0, 3]).at(later([0]), later([1])),
      'at: index 0 at position 0 is out of range for dimension 0 of size 0; it is empty',
    ],
    [
      'indexPut',
      () => indexPut(x, [later([0, 1]), later([1, -9])], 0),
      'indexPut: index -9 at position 1 is out of range for dimension 1 of size 3; it must be from -3 to 2',
    ],
    [
      'take',
      () => take(x, later([0, -100])),
      'take: index -100 at position 1 is out of range for dimension 0 of size 24; it must be from -24 to 23',
    ],
    [
      'takeAlongDim',
      () => takeAlongDim(zeros([2]), later([0, -3]), 0),
      'takeAlongDim: index -3 at position 1 is out of range for dimension 0 of size 2',
    ],
  ];

  it.each(cases)('%s', (_name, call, message) => {
    expect(() => call().dataSync()).toThrow(message);
    expect(() => compile(call)().dataSync()).toThrow(message);
  });

  it('vmap', () => {
    const f = vmap((v: Tensor, i: Tensor, j: Tensor) => v.at(i, j));
    expect(() => f(zeros([2, 2, 3]), later([[0], [1]]), later([[2], [5]])).dataSync()).toThrow(
      'at: index 5 at position 1 is out of range for dimension 1 of size 3',
    );
  });

  it('reads indices in range', () => {
    const y = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(y.at(later([0, -1]), later([-2, 1])).toArray()).toEqual([1, 4]);
  });
});

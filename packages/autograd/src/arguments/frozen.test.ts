import { describe, expect, it } from 'vitest';
import {
  ChainruleError,
  compile,
  grad,
  Parameter,
  scan,
  tensor,
  vmap,
  type Tensor,
} from '../index.js';

const frozen = <T extends object>(x: T): T => Object.freeze(x);

describe('a frozen tensor throws an error that names it, and the engine keeps working', () => {
  const cases: [string, () => unknown][] = [
    [
      'an operand',
      () =>
        frozen(tensor([1, 2]))
          .mul(2)
          .dataSync(),
    ],
    ['the root', () => frozen(tensor([1, 2]).mul(2)).dataSync()],
    [
      'in between',
      () =>
        frozen(tensor([1, 2]).mul(2))
          .sum()
          .item(),
    ],
    ['requiresGrad_', () => frozen(tensor([1, 2])).requiresGrad_()],
    [
      'backward',
      () =>
        frozen(tensor([1, 2]).requiresGrad_())
          .sum()
          .backward(),
    ],
    ['a hook', () => frozen(tensor([1, 2]).requiresGrad_()).registerHook(() => undefined)],
    ['grad', () => grad((x: Tensor) => x.square().sum())(frozen(tensor([1, 2]))).dataSync()],
    ['vmap', () => vmap((x: Tensor) => x.square())(frozen(tensor([1, 2]))).dataSync()],
    ['compile', () => compile((x: Tensor) => x.square())(frozen(tensor([1, 2]).mul(2))).dataSync()],
    [
      'scan',
      () =>
        scan((c: Tensor, x: Tensor) => [c.add(x), c], tensor(0), frozen(tensor([1, 2])))[0].item(),
    ],
    [
      'a parameter in backward',
      () =>
        frozen(new Parameter(tensor([1, 2])))
          .sum()
          .backward(),
    ],
  ];

  it.each(cases)('%s', (_name, call) => {
    expect(call).toThrow(ChainruleError);
    expect(call).toThrow(/was frozen, by Object.freeze/);
    expect(tensor([1, 2]).mul(3).toArray()).toEqual([3, 6]);
  });
});

it('a frozen parameter can be read, computed with and assigned', () => {
  const p = frozen(new Parameter(tensor([1, 2])));
  expect(p.square().toArray()).toEqual([1, 4]);
  p.assign(p.mul(3));
  expect(p.toArray()).toEqual([3, 6]);
  const q = frozen(new Parameter(tensor([1, 2]).mul(2)));
  q.label = 'q';
  expect([q.label, q.toArray()]).toEqual(['q', [2, 4]]);
});

it('sealed objects work', () => {
  const x = Object.seal(tensor([1, 2]).requiresGrad_());
  x.square().sum().backward();
  expect(x.grad?.toArray()).toEqual([2, 4]);
});

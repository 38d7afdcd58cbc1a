import { describe, expect, it } from 'vitest';
import { grad, jvp, logcumsumexp, tensor, type Tensor } from '../../index.js';

const [inf, nan] = [Infinity, NaN];

/** PyTorch 2.13: `torch.autograd.grad(torch.logcumsumexp(x, 0).sum(), x)` in float64. */
const CASES: [number[], number[]][] = [
  [[inf], [nan]],
  [
    [0.5, inf],
    [1, nan],
  ],
  [
    [inf, 0.5],
    [nan, 0],
  ],
  [
    [0.5, inf, 1],
    [1, nan, 0],
  ],
  [
    [0.5, inf, inf],
    [1, nan, nan],
  ],
  [
    [inf, 0.5, inf],
    [nan, 0, nan],
  ],
  [
    [inf, 0.5, nan],
    [nan, nan, nan],
  ],
  [
    [0.5, -inf, inf],
    [2, 0, nan],
  ],
  [
    [0.5, nan, -inf],
    [nan, nan, nan],
  ],
  [
    [0.5, 0.5, -inf],
    [2, 1, 0],
  ],
];

describe('logcumsumexp', () => {
  const sum = (x: Tensor): Tensor => logcumsumexp(x, 0).sum();

  it.each(CASES)('has the gradient of PyTorch at %j', (x, expected) => {
    const at = tensor(x, { dtype: 'float64' });
    const found = grad(sum)(at).toArray() as number[];
    expect(found.map((v) => Math.round(v * 1e12) / 1e12)).toEqual(expected);
  });

  it('keeps the tangents before +Inf to themselves, forward', () => {
    const at = tensor([0.5, inf, 1], { dtype: 'float64' });
    const [, t] = jvp(
      (x: Tensor) => logcumsumexp(x, 0),
      [at],
      [tensor([1, 0, 0], { dtype: 'float64' })],
    );
    expect(t.toArray()).toEqual([1, 0, 0]);
  });

  it('ignores −Inf elements', () => {
    for (const x of [[-inf], [-inf, -inf], [-inf, 0.5]])
      expect(
        grad(sum)(tensor(x, { dtype: 'float64' }))
          .at(0)
          .item(),
      ).toBe(0);
  });
});

/** @file The loop written by hand, with which `scan` is compared, and the sequences that both run over. */
import { expect } from 'vitest';
import { Parameter, stack, tensor, zeros, type Tensor } from '@chainrule/autograd';

export const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
export const close = (got: Tensor, owed: Tensor): void => {
  expect(got.shape).toEqual(owed.shape);
  expect(got.dtype).toBe(owed.dtype);
  const [a, b] = [numbers(got), numbers(owed)];
  a.forEach((v, i) =>
    expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(
      1e-11 * (1 + Math.abs(b[i] as number)),
    ),
  );
};

export type Carry = { h: Tensor; n: Tensor };
export type Body = (carry: Carry, x: Tensor) => [Carry, Tensor];

/** The same by a plain loop. */
export function unrolled(f: Body, carry: Carry, xs: Tensor, reverse: boolean): [Carry, Tensor] {
  const n = xs.shape[0] as number;
  const ys: Tensor[] = [];
  let now = carry;
  for (let i = 0; i < n; i++) {
    const t = reverse ? n - 1 - i : i;
    const [next, y] = f(now, xs.select(0, t));
    now = next;
    ys[t] = y;
  }
  return [now, n === 0 ? zeros([0, ...xs.shape.slice(1)], { dtype: xs.dtype }) : stack(ys)];
}

export const w = new Parameter(
  tensor(
    [
      [0.5, -0.3],
      [0.2, 0.7],
    ],
    { dtype: 'float64' },
  ),
);
export const b = tensor([0.1, -0.2], { dtype: 'float64', requiresGrad: true });

export const start = (): Carry => ({
  h: tensor([0.3, -0.4], { dtype: 'float64' }),
  n: tensor(1, { dtype: 'int32' }),
});
export const sequence = (n: number): Tensor =>
  tensor(
    Array.from({ length: 2 * n }, (_, i) => Math.sin(i + 1)),
    { dtype: 'float64', shape: [n, 2] },
  );

/** A plain loop over a carry of one tensor. */
export function unrolledOf(
  f: (h: Tensor, x: Tensor) => readonly [Tensor, Tensor],
  h: Tensor,
  xs: Tensor,
  reverse: boolean,
): [Tensor, Tensor] {
  const [{ h: last }, ys] = unrolled(
    (carry, x) => {
      const [next, y] = f(carry.h, x);
      return [{ h: next, n: carry.n }, y];
    },
    { h, n: start().n },
    xs,
    reverse,
  );
  return [last, ys];
}

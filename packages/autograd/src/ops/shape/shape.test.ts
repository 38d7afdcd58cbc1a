/** @file Shapes, joining and splitting: laws that must hold for any shape, and errors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arange,
  cat,
  chunk,
  diag,
  diagonal,
  expand,
  flatten,
  flip,
  grad,
  meshgrid,
  movedim,
  narrow,
  pad,
  permute,
  repeat,
  reshape,
  roll,
  ShapeError,
  split,
  squeeze,
  stack,
  sum,
  t,
  tensor,
  tile,
  tril,
  triu,
  unflatten,
  unsqueeze,
  view,
  zeros,
  type Tensor,
} from '../../index.js';

function numbered(shape: readonly number[]): Tensor {
  return arange(shape.reduce((a, b) => a * b, 1))
    .reshape(shape)
    .cast('float64');
}

const arbTensor = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .map(numbered);
const arbPlace = fc.tuple(arbTensor, fc.nat()).map(([x, k]): [Tensor, number] => [x, k % x.ndim]);

function same(x: Tensor, y: Tensor): void {
  expect([x.shape, Array.from(x.dataSync())]).toEqual([y.shape, Array.from(y.dataSync())]);
}

describe('laws', () => {
  it('permute puts dimension dims[d] at place d', () => {
    fc.assert(
      fc.property(arbTensor, fc.nat(), (x, seed) => {
        const order = x.shape
          .map((_, d) => d)
          .sort((a, b) => (((a + 1) * (seed + 7)) % 5) - (((b + 1) * (seed + 7)) % 5));
        const y = permute(x, order);
        const at = x.shape.map((n) => seed % n);
        expect(y.at(...order.map((d) => at[d] as number)).item()).toBe(x.at(...at).item());
        same(
          permute(
            y,
            order.map((_, d) => order.indexOf(d)),
          ),
          x,
        );
      }),
    );
  });

  it('split and chunk are undone by cat, unbind by stack', () => {
    fc.assert(
      fc.property(arbPlace, fc.integer({ min: 1, max: 5 }), ([x, d], n) => {
        same(cat(split(x, n, d), d), x);
        same(cat(chunk(x, n, { dim: d }), { dim: d }), x);
        same(stack(x.unbind(d), d), x);
        expect(split(x, n, d).length).toBe(Math.ceil((x.shape[d] as number) / n));
      }),
    );
  });

  it('flip twice, roll there and back, movedim there and back change nothing', () => {
    fc.assert(
      fc.property(arbPlace, fc.integer({ min: -9, max: 9 }), ([x, d], k) => {
        same(flip(flip(x, d), [d]), x);
        same(roll(roll(x, k, d), -k, { dims: d }), x);
        same(roll(roll(x, k), -k), x);
        same(movedim(movedim(x, d, 0), 0, d), x);
        same(squeeze(unsqueeze(x, d), d), x);
        same(flatten(x), reshape(x, -1));
        same(unflatten(flatten(x), 0, x.shape), x);
      }),
    );
  });

  it('pad is undone by narrow, and its gradient is the narrowing', () => {
    fc.assert(
      fc.property(arbPlace, fc.nat(3), fc.nat(3), ([x, d], before, after) => {
        const padding = new Array<number>(2 * (x.ndim - d)).fill(0);
        padding[padding.length - 2] = before;
        padding[padding.length - 1] = after;
        const y = pad(x, padding, { value: 7 });
        const n = x.shape[d] as number;
        same(narrow(y, d, before, n), x);
        expect(
          narrow(y, d, 0, before)
            .dataSync()
            .every((v) => v === 7),
        ).toBe(true);
        const leaf = tensor(x.dataSync(), { shape: x.shape, requiresGrad: true });
        const ct = numbered(y.shape);
        const [g] = grad([pad(leaf, padding)], [leaf], { gradOutputs: [ct] });
        same(g, narrow(ct, d, before, n));
      }),
    );
  });

  it('the gradient of what repeats elements counts them', () => {
    fc.assert(
      fc.property(arbTensor, fc.integer({ min: 0, max: 3 }), (x, n) => {
        const leaf = tensor(x.dataSync(), { shape: x.shape, requiresGrad: true });
        const ones = x.shape.map(() => 1);
        for (const y of [
          repeat(leaf, [n, ...ones]),
          tile(leaf, [n, ...ones]),
          expand(leaf, [n, ...x.shape]),
        ]) {
          expect(y.shape[0]).toBe(n);
          const g = grad([sum(y)], [leaf])[0];
          expect(g.dataSync().every((v) => v === n)).toBe(true);
        }
      }),
    );
  });

  it('a matrix is its lower triangle, its diagonal and its upper triangle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -5, max: 5 }), (n, k) => {
        const x = numbered([n, n]);
        same(tril(x, k).add(triu(x, k + 1)), x);
        if (Math.abs(k) < n)
          same(
            diag(diag(x, k), k)
              .add(tril(x, k - 1))
              .add(triu(x, k + 1)),
            x,
          );
        same(diagonal(x, { offset: k }), diag(x, k));
        same(t(t(x)), x);
      }),
    );
  });
});

describe('arguments', () => {
  it('lists are given whole or spread, cells and numbers are tensors', () => {
    const x = numbered([2, 3]);
    same(x.reshape(3, 2), reshape(x, [3, 2]));
    same(view(x, -1), x.flatten());
    same(x.permute(1, 0), x.permute([1, 0]));
    expect(x.repeat(1, 1, 1, 1, 1, 1, 2).shape).toEqual([1, 1, 1, 1, 1, 2, 6]);
    expect(meshgrid(arange(2), arange(3))[0]?.shape).toEqual([2, 3]);
  });

  it('for … of goes over dimension 0', () => {
    expect([...numbered([2, 2])].map((row) => row.toArray())).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(() => [...numbered([])]).toThrow(/without dimensions/);
  });

  it('cat promotes dtypes and skips empty vectors', () => {
    const y = cat([zeros([0]), tensor(Int32Array.of(1)), tensor([true])]);
    expect([y.dtype, y.toArray()]).toEqual(['float32', [1, 1]]);
    same(cat([zeros([0], { dtype: 'float64' }), numbered([2, 2])]), numbered([2, 2]));
  });

  it.each([
    [
      // @ts-expect-error known to the compiler too
      () => reshape(zeros([2, 3]), [5, 3]),
      /reshape: \[2, 3\] has size 6, the new shape \[5, 3\] has size 15/,
    ],
    [() => reshape(zeros([2, 3]), -1, 4), /does not divide into \[-1, 4\]/],
    [() => reshape(zeros([0]), 0, -1), /-1 could be anything/],
    [() => reshape(zeros([2]), -1, -1), /dimension 1 of the shape is -1/],
    // @ts-expect-error known to the compiler too
    [() => permute(zeros([2, 3]), 0), /names 1 dimension,.*has 2/],
    // @ts-expect-error known to the compiler too
    [() => expand(zeros([2]), 3), /expand: \[2\] cannot be expanded to \[3\]/],
    // @ts-expect-error known to the compiler too
    [() => cat([zeros([2, 2]), zeros([3, 3])]), /cat: shapes \[2, 2\] and \[3, 3\]/],
    // @ts-expect-error known to the compiler too
    [() => stack([zeros([2]), zeros([3])]), /stack: shapes \[2\] and \[3\] differ/],
    [() => split(zeros([5]), [2, 2]), /sizes \[2, 2\] add up to 4/],
    [() => pad(zeros([2]), [1, 2, 3, 4]), /pad: \[1, 2, 3, 4\] must hold two numbers/],
    [() => pad(zeros([2]), [-2, -1]), /too few elements/],
    [
      () => pad(zeros([1, 3]), [3, 0], { mode: 'reflect' }),
      /reflect padding of 3 and 0 is too much.*at most 2/,
    ],
    // @ts-expect-error known to the compiler too
    [() => t(zeros([1, 2, 3])), /t: expected at most 2 dimensions/],
    [() => tril(zeros([3])), /tril: expected a matrix/],
    [() => movedim(zeros([2, 3]), [0, 1], 0), /2 sources for 1 destination/],
  ])('refuses shapes that do not fit (%#)', (f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });

  it.each([
    [() => narrow(zeros([3]), 0, 2, 2), /narrow: 2 elements from 2 on do not fit/],
    [() => zeros([3]).select(0, 3), /select: index 3 is out of range/],
    [() => reshape(zeros([4]), 1.5, 2), /expected whole numbers.*got 1.5/],
    [() => cat([]), /cat: expected an array of at least one tensor/],
    [() => pad(zeros([3]), [1, 1], { mode: 'mirror' as 'reflect' }), /mode must be/],
  ])('refuses invalid indices, lists and modes (%#)', (f, message) => {
    expect(f).toThrow(message);
  });
});

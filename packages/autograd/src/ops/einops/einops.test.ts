/** @file Patterns: their results, and the errors for those that do not fit. */
import { describe, expect, it } from 'vitest';
import { arange, einops, rand, rearrange, ShapeError, type Tensor } from '../../index.js';

const x = (...shape: number[]): Tensor => arange(shape.reduce((a, b) => a * b, 1)).reshape(shape);

describe('rearrange', () => {
  it('permutes, splits and joins', () => {
    const images = x(2, 3, 4, 6);
    const cases: readonly [string, Record<string, number>, Tensor][] = [
      ['b c h w -> b h w c', {}, images.permute(0, 2, 3, 1)],
      ['b c h w -> b (c h w)', {}, images.reshape(2, 72)],
      ['b c h w -> (b h) (w c)', {}, images.permute(0, 2, 3, 1).reshape(8, 18)],
      ['b ... -> ... b', {}, images.permute(1, 2, 3, 0)],
      ['b ... w -> (b ...) w', {}, images.reshape(24, 6)],
      ['... -> (...)', {}, images.reshape(-1)],
      [
        'b c (h p) (w q) -> b (h w) (c p q)',
        { p: 2, q: 3 },
        images.reshape(2, 3, 2, 2, 2, 3).permute(0, 2, 4, 1, 3, 5).reshape(2, 4, 18),
      ],
      ['b c h w -> b c 1 (h w) 1', {}, images.reshape(2, 3, 1, 24, 1)],
    ];
    for (const [pattern, sizes, want] of cases) {
      const y = rearrange(images, pattern, sizes);
      expect(y.shape, pattern).toEqual(want.shape);
      expect(y.equal(want), pattern).toBe(true);
    }
  });

  it('stacks an array of tensors on its first axis', () => {
    expect(rearrange([x(2), x(2)], 'n a -> a n').toArray()).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it.each([
    ['b c -> b', {}, /has c on the left, but not on the right/],
    ['b c -> b c d', {}, /has d on the right, but not on the left/],
    ['b c', {}, /must have one arrow/],
    ['b (c -> b c', {}, /leaves a parenthesis open/],
    ['b c) -> b c', {}, /closes a parenthesis/],
    ['b b -> b', {}, /names b twice/],
    ['b c d -> b c d', {}, /is for 3 dimensions, the tensor has shape \[2, 6\]/],
    ['b (c d) -> b c d', {}, /c and d there, at least 1 of which need a size/],
    ['b (c d) -> b c d', { c: 4 }, /does not divide by 4/],
    ['b c -> c b', { e: 2 }, /has no axis e/],
    ['b 1 -> b', {}, /is 6, but the pattern/],
    ['b c! -> b c!', {}, /not the name of an axis/],
  ] as const)('refuses %s', (pattern, sizes, message) => {
    expect(() => rearrange(x(2, 6), pattern, sizes)).toThrow(message);
  });

  it('what does not fit a shape is a ShapeError', () => {
    expect(() => rearrange(x(2, 6), 'a b c -> a')).toThrow(ShapeError);
  });
});

describe('reduce and repeat', () => {
  it('reduces axes missing on the right', () => {
    const y = x(2, 4).cast('float32');
    expect(einops.reduce(y, 'a (b 2) -> a b', 'max').toArray()).toEqual([
      [1, 3],
      [5, 7],
    ]);
    expect(einops.reduce(y, 'a b -> ', 'mean').item()).toBe(3.5);
    expect(einops.reduce(y, '... b -> ...', 'sum').toArray()).toEqual([6, 22]);
    expect(einops.reduce(y, 'a b -> b 1', (t, dims) => t.sum(dims)).shape).toEqual([4, 1]);
    expect(() => einops.reduce(y, 'a b -> a', 'median' as 'mean')).toThrow(
      /einops\.reduce: the reduction/,
    );
  });

  it('repeats along axes new on the right', () => {
    expect(einops.repeat(x(3), 'a -> (a 2)').toArray()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(einops.repeat(x(3), 'a -> (k a)', { k: 2 }).toArray()).toEqual([0, 1, 2, 0, 1, 2]);
    expect(einops.repeat(x(2), '... -> ... c', { c: 2 }).shape).toEqual([2, 2]);
    expect(() => einops.repeat(x(2), 'a -> a b')).toThrow(/needs the size of b/);
    expect(() => einops.repeat(rand([2, 3]), 'a b -> a c', { c: 2 })).toThrow(/has b on the left/);
  });
});

/** @file Random numbers under `vmap`: shared, each example's own, or none; with every way to draw, nested, differentiated. */
import { beforeEach, describe, expect, it } from 'vitest';
import * as A from '../../src/index.js';
import {
  compile,
  grad,
  manualSeed,
  ones,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from '../../src/index.js';

const different = { randomness: 'different' } as const;
const rows = (x: Tensor): string[] => (x.toArray() as unknown[]).map((row) => JSON.stringify(row));
const kinds = (x: Tensor): number => new Set(rows(x)).size;

beforeEach(() => manualSeed(5));

const WAYS: Record<string, (x: Tensor) => Tensor> = {
  rand: (x) => x.add(A.rand([8])),
  randn: (x) => x.add(A.randn([8])),
  'randn, float64': (x) => x.add(A.randn([8], { dtype: 'float64' })),
  randLike: (x) => x.mul(A.randLike(x)),
  'what depends on no example': () => A.randn([8]),
  dropout: (x) => A.dropout(x, 0.5),
  bernoulli: (x) => A.bernoulli(x.mul(0.5)),
  randint: (x) => x.add(A.randint(0, 1000, [8])),
  randperm: (x) => x.add(A.randperm(8)),
  multinomial: (x) => A.multinomial(x, 8, { replacement: true }),
  'poisson of the examples': (x) => A.poisson(x.mul(50)),
  'poisson of one rate': (x) => x.add(A.poisson(A.full([8], 50))),
  normal: (x) => A.normal(x, 1),
};

describe('randomness', () => {
  it.each(Object.entries(WAYS))('%s: the same, or each its own', (_name, f) => {
    const x = ones([6, 8]);
    expect(kinds(vmap(f)(x))).toBe(1);
    const offset = A.getRngState().offset;
    const own = vmap(f, 0, 0, different)(x);
    expect(kinds(own)).toBe(6);
    expect(A.getRngState().offset).toBeGreaterThanOrEqual(offset + 6 * 4);
    expect(() => vmap(f, 0, 0, { randomness: 'error' })(x)).toThrow(/forbids/);
    manualSeed(9);
    const once = rows(vmap(f, 0, 0, different)(x));
    manualSeed(9);
    expect(rows(vmap(f, 0, 0, different)(x))).toEqual(once);
    // What follows is drawn from other offsets.
    expect(kinds(A.stack([vmap(f, 0, 0, different)(x), own]).flatten(0, 1))).toBe(12);
  });

  it('draws from the distribution, whatever the examples', () => {
    const draw = vmap((x: Tensor) => x.add(A.randn([500])), 0, 0, different)(zeros([40]));
    expect(draw.mean().abs().item()).toBeLessThan(0.05);
    expect(draw.std().sub(1).abs().item()).toBeLessThan(0.05);
    const counts = vmap(
      (rate: Tensor) => A.poisson(rate.expand([500])),
      0,
      0,
      different,
    )(tensor([1, 100]));
    expect(
      counts
        .mean(1)
        .sub(tensor([1, 100]))
        .abs()
        .max()
        .item(),
    ).toBeLessThan(3);
  });

  it('nests: inside and outside may differ or not', () => {
    const inner = (options: A.VmapOptions) => (x: Tensor) =>
      vmap((y: Tensor) => y.add(A.randn([4])), 0, 0, options)(x);
    const run = (outside: A.VmapOptions, inside: A.VmapOptions): Tensor =>
      vmap(inner(inside), 0, 0, outside)(zeros([3, 2, 4]));
    expect(kinds(run(different, different).flatten(0, 1))).toBe(6);
    const outerOnly = run(different, {});
    expect(kinds(outerOnly.flatten(0, 1))).toBe(3);
    expect(kinds(outerOnly.at(0))).toBe(1);
    const innerOnly = run({}, different);
    expect(kinds(innerOnly.flatten(0, 1))).toBe(2);
    expect(kinds(innerOnly.at(0))).toBe(2);
    const rates = vmap(
      (x: Tensor) => vmap((y: Tensor) => A.poisson(y), 0, 0, different)(x),
      0,
      0,
      different,
    )(A.full([3, 2, 8], 90));
    expect(kinds(rates.flatten(0, 1))).toBe(6);
  });

  it('gives each example the gradient of its own draw, compiled too', () => {
    const slope = (x: Tensor): Tensor =>
      vmap(
        grad((w: Tensor) => A.dropout(w, 0.5).sum()),
        0,
        0,
        different,
      )(x);
    const masks = slope(ones([8, 16]));
    expect(kinds(masks)).toBe(8);
    expect(new Set(masks.dataSync())).toEqual(new Set([0, 2]));
    const compiled = compile(slope);
    const [first, second] = [compiled(ones([8, 16])), compiled(ones([8, 16]))];
    expect(kinds(A.cat([first, second]))).toBe(16);
    const total = A.hessian((x: Tensor) =>
      vmap((r: Tensor) => r.square().mul(A.randn([])), 0, 0, different)(x).sum(),
    )(ones([3]));
    expect(new Set(total.diagonal().dataSync()).size).toBe(3);
  });

  it('says where numbers of their own cannot be drawn', () => {
    const noisy = compile((x: Tensor) => x.add(A.randn([])));
    noisy(tensor(1)).item();
    const run = (): Tensor => vmap((x: Tensor) => noisy(x), 0, 0, different)(ones([3]));
    expect(kinds(run())).toBe(3); // a compiled function is part of what records
    expect(kinds(compile(run)())).toBe(3);
    const loop = (x: Tensor): Tensor =>
      A.scan((c: Tensor, y: Tensor) => [c.add(A.randn([])), y], x, ones([4]))[0];
    expect(() => vmap(loop, 0, 0, different)(ones([3]))).toThrow(/cannot be drawn inside scan/);
    expect(A.randn([2]).shape).toEqual([2]); // and all is as it was
    expect(() => vmap(loop, 0, 0, { randomness: 'diferent' as 'different' })).toThrow(
      /randomness must be one of 'same', 'different', 'error'/,
    );
  });
});

/** @file Reductions and scans against plain loops, and their edges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  all,
  amax,
  any,
  argmax,
  cummax,
  cumprod,
  cumsum,
  DTypeError,
  grad,
  logsumexp,
  max,
  mean,
  median,
  min,
  norm,
  prod,
  ShapeError,
  std,
  sum,
  tensor,
  zeros,
  type Tensor,
} from '../../index.js';
import * as chainrule from '../../index.js';

const arbShape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

/** A tensor and some of its dimensions, some of them counted from the end. */
const arbReduction = arbShape.chain((shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return fc.record({
    shape: fc.constant(shape),
    data: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size }),
    dims: fc.subarray(
      shape.map((_, d) => d),
      { minLength: 1 },
    ),
    negative: fc.boolean(),
    keepdim: fc.boolean(),
  });
});

/** The groups of elements that are reduced together, by the position of their result. */
function groups(
  shape: readonly number[],
  data: readonly number[],
  dims: readonly number[],
): number[][] {
  const found = new Map<string, number[]>();
  data.forEach((x, i) => {
    const index: number[] = [];
    let rest = i;
    for (let d = shape.length - 1; d >= 0; d--) {
      index.unshift(rest % (shape[d] as number));
      rest = Math.floor(rest / (shape[d] as number));
    }
    const key = index.filter((_, d) => !dims.includes(d)).join();
    const group = found.get(key);
    if (group === undefined) found.set(key, [x]);
    else group.push(x);
  });
  return [...found.values()];
}

const loops: Record<string, (xs: readonly number[]) => number> = {
  sum: (xs) => xs.reduce((a, b) => a + b, 0),
  prod: (xs) => xs.reduce((a, b) => a * b, 1),
  mean: (xs) => xs.reduce((a, b) => a + b, 0) / xs.length,
  amax: (xs) => Math.max(...xs),
  amin: (xs) => Math.min(...xs),
  any: (xs) => Number(xs.some((x) => x !== 0)),
  all: (xs) => Number(xs.every((x) => x !== 0)),
  logsumexp: (xs) => Math.log(xs.reduce((a, b) => a + Math.exp(b), 0)),
  norm: (xs) => Math.sqrt(xs.reduce((a, b) => a + b * b, 0)),
};

describe('reductions over any dimensions are loops over their elements', () => {
  it.each(Object.entries(loops))('%s', (name, loop) => {
    const f = (chainrule as unknown as Record<string, typeof sum>)[name] as typeof sum;
    fc.assert(
      fc.property(arbReduction, ({ shape, data, dims, negative, keepdim }) => {
        const x = tensor(Float64Array.from(data), { shape });
        const y = f(x, negative ? dims.map((d) => d - shape.length) : dims, { keepdim });
        expect(y.shape).toEqual(
          keepdim
            ? shape.map((n, d) => (dims.includes(d) ? 1 : n))
            : shape.filter((_, d) => !dims.includes(d)),
        );
        const expected = groups(shape, data, dims).map(loop);
        Array.from(y.dataSync()).forEach((v, i) =>
          expect(v).toBeCloseTo(expected[i] as number, 12),
        );
      }),
    );
  });

  it('along one dimension: positions, medians and cumulative results', () => {
    fc.assert(
      fc.property(arbReduction, ({ shape, data, dims: [dim = 0] }) => {
        const x = tensor(Int32Array.from(data), { shape });
        const rows = groups(shape, data, [dim]);
        const flat = (t: Tensor): number[] => Array.from(t.dataSync());
        const { values, indices } = max(x, dim);
        expect(flat(values)).toEqual(rows.map((r) => Math.max(...r)));
        expect(flat(indices)).toEqual(rows.map((r) => r.indexOf(Math.max(...r))));
        expect(flat(argmax(x, dim))).toEqual(flat(indices));
        expect(flat(min(x, dim).values)).toEqual(rows.map((r) => Math.min(...r)));
        const sorted = rows.map((r) => [...r].sort((a, b) => a - b));
        expect(flat(median(x, dim).values)).toEqual(sorted.map((r) => r[(r.length - 1) >> 1]));
        const scan = (f: (a: number, b: number) => number): number[][] =>
          rows.map((r) => r.map((_, k) => r.slice(0, k + 1).reduce(f)));
        const rowsOf = (t: Tensor): number[][] => groups(shape, flat(t), [dim]);
        expect(rowsOf(cumsum(x, dim))).toEqual(scan((a, b) => a + b));
        expect(rowsOf(cumprod(x, dim))).toEqual(scan((a, b) => Math.imul(a, b)));
        expect(rowsOf(cummax(x, dim).values)).toEqual(scan((a, b) => Math.max(a, b)));
      }),
    );
  });
});

describe('precision', () => {
  it('variances far from 0 do not cancel', () => {
    const far = tensor(Float32Array.from({ length: 1000 }, (_, i) => 10_000 + (i % 2)));
    expect(std(far, null, { correction: 0 }).item()).toBeCloseTo(0.5, 3);
  });

  it('logsumexp neither overflows nor underflows', () => {
    expect(logsumexp(tensor([1000, 1000])).item()).toBeCloseTo(1000 + Math.LN2, 3);
    expect(logsumexp(tensor([-1000, -1000])).item()).toBeCloseTo(-1000 + Math.LN2, 3);
    const x = tensor(
      [
        [-Infinity, -Infinity],
        [0, -Infinity],
      ],
      { requiresGrad: true },
    );
    const y = logsumexp(x, 1);
    expect(y.toArray()).toEqual([-Infinity, 0]);
    expect(grad([sum(y)], [x])[0]?.toArray()).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('integers wrap around in 32 bits', () => {
    expect(sum(tensor(Int32Array.of(2147483647, 1))).item()).toBe(-2147483648);
    expect(prod(tensor(Int32Array.of(65536, 65537))).item()).toBe(65536);
  });
});

describe('edges', () => {
  it('of nothing: sum 0, product 1, mean NaN, any false, all true, no maximum', () => {
    const none = zeros([0, 2]);
    expect(sum(none, 0).toArray()).toEqual([0, 0]);
    expect(prod(none).item()).toBe(1);
    expect(mean(none).item()).toBeNaN();
    expect([any(none).toArray(), all(none).toArray()]).toEqual([false, true]);
    expect(() => amax(none, 0)).toThrow(/amax: dimension 0 of shape \[0, 2\] is empty/);
    expect(() => max(none, 0)).toThrow(ShapeError);
    expect(() => argmax(none)).toThrow(ShapeError);
    expect(max(none, 1).values.shape).toEqual([0]);
  });

  it('the derivative of a norm or deviation at 0 is 0, to second order for squares', () => {
    const x = tensor(new Float64Array(3), { requiresGrad: true });
    for (const y of [norm(x), norm(x, null, { p: 3 }), norm(x, null, { p: 0.5 }), std(x)]) {
      expect(grad([y], [x])[0]?.toArray()).toEqual([0, 0, 0]);
    }
  });

  it('the derivative of products is right where elements are 0, to third order', () => {
    const x = tensor(Float64Array.of(0, 0, 3, 2), { requiresGrad: true });
    const [g] = grad([prod(x)], [x], { createGraph: true });
    expect(g?.toArray()).toEqual([0, 0, 0, 0]);
    const [h] = grad([(g as Tensor).at(0)], [x], { createGraph: true });
    expect(h?.toArray()).toEqual([0, 6, 0, 0]);
    const [k] = grad([(h as Tensor).at(1)], [x]);
    expect(k?.toArray()).toEqual([0, 0, 2, 3]);
  });

  it.each([
    // @ts-expect-error known to the compiler too
    [() => sum(zeros([2]), 1), /sum: dimension 1 is out of range/],
    [() => sum(zeros([2, 2]), [0, -2]), /sum: a dimension occurs twice/],
    [() => sum('x' as unknown as Tensor), /sum: operand 1 must be a tensor/],
    // @ts-expect-error known to the compiler too
    [() => cumsum(zeros([2]), 3), /cumsum: dimension 3/],
  ])('refuses invalid dimensions (%#)', (f, message) => {
    expect(f).toThrow(message);
  });

  it('mean, var and std refuse integers', () => {
    for (const f of [mean, std, norm])
      expect(() => f(tensor(Int32Array.of(1, 2)))).toThrow(DTypeError);
  });
});

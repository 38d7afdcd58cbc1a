/** @file Convolutions with random geometry against the definition, written as loops. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as A from '../../../index.js';
import type { Tensor } from '../../../index.js';

/** `Σ c · conv(x, w)` as a list of products: each term multiplies one element of each of the three tensors. */
interface Geometry {
  readonly n: number;
  readonly groups: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

const geometry = fc
  .integer({ min: 1, max: 3 })
  .chain((rank) => {
    const each = (min: number, max: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min, max }), { minLength: rank, maxLength: rank });
    return fc.record({
      n: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 2 }),
      inputs: fc.integer({ min: 1, max: 3 }),
      outputs: fc.integer({ min: 1, max: 4 }),
      size: each(1, 5),
      kernel: each(1, 3),
      stride: each(1, 3),
      padding: each(0, 2),
      dilation: each(1, 2),
    });
  })
  .filter((g) => outSize(g).every((n) => n > 0));

function outSize({ size, kernel, stride, padding, dilation }: Geometry): number[] {
  return size.map(
    (n, d) =>
      Math.floor(
        (n + 2 * (padding[d] ?? 0) - (dilation[d] ?? 1) * ((kernel[d] ?? 1) - 1) - 1) /
          (stride[d] ?? 1),
      ) + 1,
  );
}

function* positions(shape: readonly number[]): Generator<number[]> {
  const [n, ...rest] = shape;
  if (n === undefined) yield [];
  else for (let i = 0; i < n; i++) for (const tail of positions(rest)) yield [i, ...tail];
}

const flatIndex = (at: readonly number[], shape: readonly number[]): number =>
  at.reduce((sum, i, d) => sum * (shape[d] ?? 1) + i, 0);

/** All products that a convolution sums: positions in x, w and the result. */
function* products(
  g: Geometry,
  shapes: { x: number[]; w: number[]; y: number[] },
): Generator<[number, number, number]> {
  for (const y of positions(shapes.y)) {
    const [n = 0, o = 0, ...p] = y;
    for (const [c = 0, ...k] of positions([g.inputs, ...g.kernel])) {
      const at = p.map(
        (i, d) => i * (g.stride[d] ?? 1) - (g.padding[d] ?? 0) + (k[d] ?? 0) * (g.dilation[d] ?? 1),
      );
      if (at.some((i, d) => i < 0 || i >= (g.size[d] ?? 0))) continue;
      const group = Math.floor(o / g.outputs);
      yield [
        flatIndex([n, group * g.inputs + c, ...at], shapes.x),
        flatIndex([o, c, ...k], shapes.w),
        flatIndex(y, shapes.y),
      ];
    }
  }
}

function shapesOf(g: Geometry): { x: number[]; w: number[]; y: number[] } {
  return {
    x: [g.n, g.groups * g.inputs, ...g.size],
    w: [g.groups * g.outputs, g.inputs, ...g.kernel],
    y: [g.n, g.groups * g.outputs, ...outSize(g)],
  };
}

function random(shape: number[], seed: number, requiresGrad = true): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, i) =>
    Math.sin(12.9898 * (i + 1) + seed * 78.233),
  );
  return A.tensor(data, { shape, requiresGrad });
}

function expectClose(actual: Tensor, expected: Float64Array): void {
  const data = actual.dataSync();
  expect(data.length).toBe(expected.length);
  expected.forEach((e, i) =>
    expect(Math.abs((data[i] ?? NaN) - e)).toBeLessThanOrEqual(
      1e-12 * Math.max(1, Math.abs(e)) * 10,
    ),
  );
}

const forward = (x: Tensor, w: Tensor, b: Tensor | null, g: Geometry): Tensor => {
  const options = { stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups };
  return [A.conv1d, A.conv2d, A.conv3d][g.size.length - 1]?.(x, w, b, options) as Tensor;
};

describe('convolution', () => {
  test('values and both gradients are the sums of products that define them', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const shapes = shapesOf(g);
        const [x, w, c] = [random(shapes.x, 1), random(shapes.w, 2), random(shapes.y, 3, false)];
        const y = forward(x, w, null, g);
        expect(y.shape).toEqual(shapes.y);
        const [gx, gw] = A.grad([y], [x, w], { gradOutputs: [c] });
        const [xs, ws, cs] = [x.dataSync(), w.dataSync(), c.dataSync()];
        const [ey, ex, ew] = [y, x, w].map((t) => new Float64Array(t.size)) as [
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        for (const [i, j, k] of products(g, shapes)) {
          ey[k]! += xs[i]! * ws[j]!;
          ex[i]! += cs[k]! * ws[j]!;
          ew[j]! += cs[k]! * xs[i]!;
        }
        expectClose(y, ey);
        expectClose(gx, ex);
        expectClose(gw, ew);
      }),
      { numRuns: 60 },
    );
  });

  test('the transpose adds what the convolution reads', () => {
    fc.assert(
      fc.property(
        geometry.filter((g) => g.size.length < 3),
        (g) => {
          // The smallest input with that result, so that no remainder is left over.
          const out = outSize(g);
          const size = out.map(
            (n, d) =>
              (n - 1) * (g.stride[d] ?? 1) -
              2 * (g.padding[d] ?? 0) +
              (g.dilation[d] ?? 1) * ((g.kernel[d] ?? 1) - 1) +
              1,
          );
          fc.pre(size.every((n) => n > 0));
          const exact = { ...g, size };
          const shapes = shapesOf(exact);
          const [c, w] = [random(shapes.y, 3), random(shapes.w, 2)];
          const transpose = size.length === 1 ? A.convTranspose1d : A.convTranspose2d;
          const x = transpose(c, w, null, {
            stride: g.stride,
            padding: g.padding,
            dilation: g.dilation,
            groups: g.groups,
          });
          const expected = new Float64Array(x.size);
          for (const [i, j, k] of products(exact, shapes))
            expected[i]! += c.dataSync()[k]! * w.dataSync()[j]!;
          expect(x.shape).toEqual(shapes.x);
          expectClose(x, expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('unfold times the weights is the convolution', () => {
    fc.assert(
      fc.property(
        geometry.filter((g) => g.size.length === 2 && g.groups === 1),
        (g) => {
          const shapes = shapesOf(g);
          const [x, w] = [random(shapes.x, 1), random(shapes.w, 2)];
          const columns = A.unfold(x, g.kernel, {
            stride: g.stride,
            padding: g.padding,
            dilation: g.dilation,
          });
          const y = A.matmul(A.reshape(w, [shapes.w[0] ?? 0, -1]), columns);
          expectClose(y, Float64Array.from(forward(x, w, null, g).dataSync()));
          // fold is the transpose: ⟨unfold(x), c⟩ = ⟨x, fold(c)⟩
          const c = random([...columns.shape], 5, false);
          const folded = A.fold(c, g.size, g.kernel, {
            stride: g.stride,
            padding: g.padding,
            dilation: g.dilation,
          });
          const dot = (a: Tensor, b: Tensor): number => A.sum(A.mul(a, b)).item();
          expect(dot(columns, c)).toBeCloseTo(dot(x, folded), 9);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('without a batch, with a bias, in float32', () => {
    const x = A.tensor([[1, 2, 3]]);
    expect(A.conv1d(x, A.tensor([[[1, 1]]]), A.tensor([10])).toArray()).toEqual([[13, 15]]);
    expect(A.conv1d(x, A.tensor([[[1, 1]]]), null, { padding: 'same' }).toArray()).toEqual([
      [3, 5, 3],
    ]);
  });

  test('throws when shapes do not fit', () => {
    const [x, w] = [A.zeros([1, 3, 5, 5]), A.zeros([4, 3, 3, 3])];
    expect(() => A.conv2d(x, A.zeros([4, 2, 3, 3]))).toThrow(
      /conv2d: x \[1, 3, 5, 5\] has 3 channels, weight .* takes 2/,
    );
    expect(() => A.conv2d(x, A.zeros([4, 3, 7, 7]))).toThrow(
      /conv2d: the kernel is larger than the input: it spans \[7, 7\]/,
    );
    expect(() => A.conv2d(x, w, A.zeros([3]))).toThrow(/bias .* must be float32 \[4\]/);
    expect(() => A.conv2d(x, w, null, { padding: 'same', stride: 2 })).toThrow(
      /padding 'same' needs a stride of 1/,
    );
    expect(() => A.conv2d(x, w.cast('float64'))).toThrow(A.DTypeError);
    expect(() => A.conv2d(x, w, null, { groups: 3 })).toThrow(A.ShapeError);
    expect(() => A.convTranspose2d(x, A.zeros([3, 4, 3, 3]), null, { outputPadding: 1 })).toThrow(
      /outputPadding/,
    );
  });
});

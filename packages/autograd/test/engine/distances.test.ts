/** @file Distances of many rows, computed by products: their accuracy, their gradients, and the same bits on every path. */
import { describe, expect, test } from 'vitest';
import * as c from '../../src/index.js';

const [ROWS, OTHERS, LENGTH] = [96, 130, 40];

/** Deterministic numbers in (−1, 1). */
function noise(n: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const clouds: Readonly<Record<string, (x: number, row: number) => number>> = {
  'around the origin': (x) => x,
  'far from the origin': (x) => 1000 + x / 64,
  'in tight clusters': (x, row) => 40 * (row % 5) + x / 1024,
  'of very different lengths': (x, row) => x * 2 ** ((row % 40) - 20),
};

function rowsOf(
  count: number,
  seed: number,
  cloud: (x: number, row: number) => number,
): Float32Array {
  return noise(count * LENGTH, seed).map((x, i) => cloud(x, Math.floor(i / LENGTH)));
}

/** Distances and gradients of their weighted sum, in double precision, with the sums of magnitudes of the latter. */
function exact(x: Float32Array, y: Float32Array, weight: Float32Array) {
  const distances = new Float64Array(ROWS * OTHERS);
  const [gx, sx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [gy, sy] = [new Float64Array(y.length), new Float64Array(y.length)];
  for (let i = 0; i < ROWS; i++)
    for (let j = 0; j < OTHERS; j++) {
      const d = Float64Array.from(
        { length: LENGTH },
        (_, k) => x[i * LENGTH + k]! - y[j * LENGTH + k]!,
      );
      const norm = Math.sqrt(d.reduce((sum, v) => sum + v * v, 0));
      distances[i * OTHERS + j] = norm;
      if (norm === 0) continue;
      d.forEach((v, k) => {
        const slope = (weight[i * OTHERS + j]! * v) / norm;
        gx[i * LENGTH + k]! += slope;
        gy[j * LENGTH + k]! -= slope;
        sx[i * LENGTH + k]! += Math.abs(slope);
        sy[j * LENGTH + k]! += Math.abs(slope);
      });
    }
  return { distances, gx, sx, gy, sy };
}

/** `toEqual` looks at numbers one by one, a hundred times as slowly. */
const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a?.length === b.length && a.every((x, i) => x === b[i]);

describe('distances of many rows', () => {
  test.each(Object.keys(clouds))('of points %s', (name) => {
    const cloud = clouds[name] as (x: number, row: number) => number;
    const [x, y] = [rowsOf(ROWS, 1, cloud), rowsOf(OTHERS, 2, cloud)];
    y.set(x.subarray(0, LENGTH), LENGTH * 7); // a row that is in both
    const weight = noise(ROWS * OTHERS, 3);
    const want = exact(x, y, weight);
    const [a, b] = [
      c.tensor(x, { shape: [ROWS, LENGTH], requiresGrad: true }),
      c.tensor(y, { shape: [OTHERS, LENGTH], requiresGrad: true }),
    ];
    const out = c.cdist(a, b);
    const [ga, gb] = c.grad([out], [a, b], {
      gradOutputs: [c.tensor(weight, { shape: [ROWS, OTHERS] })],
    });
    const units = (got: ArrayLike<number>, exactly: Float64Array, scale: Float64Array): number =>
      exactly.reduce((worst, v, i) => {
        const error = Math.abs(got[i]! - v);
        return Math.max(worst, error === 0 ? 0 : error / (2 ** -24 * scale[i]!));
      }, 0);
    expect(units(out.dataSync(), want.distances, want.distances)).toBeLessThanOrEqual(8);
    expect(units((ga as c.Tensor).dataSync(), want.gx, want.sx)).toBeLessThanOrEqual(16);
    expect(units((gb as c.Tensor).dataSync(), want.gy, want.sy)).toBeLessThanOrEqual(16);
  });

  test('forward mode and second order agree with central differences', () => {
    const [x, y] = [rowsOf(ROWS, 4, (v) => v), rowsOf(OTHERS, 5, (v) => v)];
    const double = (data: Float32Array, n: number): c.Tensor =>
      c.tensor(Float64Array.from(data), { shape: [n, LENGTH] });
    const [a, b] = [double(x, ROWS), double(y, OTHERS)];
    const direction = double(noise(ROWS * LENGTH, 6), ROWS);
    const f = (z: c.Tensor): c.Tensor => c.cdist(z, b).square().log1p().sum();
    const at = (h: number): number => f(a.add(direction.mul(h))).item();
    const [, tangent] = c.jvp(f, [a], [direction]);
    expect(tangent.item()).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4);
    const single = (z: c.Tensor): c.Tensor => z.cast('float32');
    const curve = (z: c.Tensor): c.Tensor => c.cdist(z, single(b)).square().log1p().sum();
    const [, own] = c.hvp(curve, single(a), single(direction));
    const [, other] = c.hvp(f, a, direction);
    const gap = own.cast('float64').sub(other).abs().max().item();
    expect(gap / other.abs().max().item()).toBeLessThan(1e-4);
  });

  test('a distance that counts for nothing has no part in a gradient, whatever its rows hold', () => {
    const x = c.tensor(
      rowsOf(ROWS, 12, (v) => v),
      { shape: [ROWS, LENGTH] },
    );
    const y = c.tensor(
      rowsOf(OTHERS, 13, (v, row) => (row === 5 ? Infinity : row === 9 ? NaN : v)),
      { shape: [OTHERS, LENGTH] },
    );
    const counts = c.arange(OTHERS);
    const mask = counts.ne(5).logicalAnd(counts.ne(9));
    const loss = (a: c.Tensor, b: c.Tensor): c.Tensor => c.where(mask, c.cdist(a, b), 0).sum();
    const [gx, gy] = c.grad(loss, [0, 1])(x, y);
    const kept = c.grad((a: c.Tensor) => c.cdist(a, y.at(mask)).sum())(x);
    expect(gx.sub(kept).abs().max().item()).toBeLessThan(1e-5);
    expect(gy.isFinite().all().item()).toBe(1);
    expect(
      gy
        .at(c.tensor([5, 9], { dtype: 'int32' }))
        .abs()
        .max()
        .item(),
    ).toBe(0);
  });

  test('has the same bits at the first sight, the third, compiled and under vmap', () => {
    const [x, y] = [
      c.tensor(
        rowsOf(ROWS, 7, (v) => v),
        { shape: [ROWS, LENGTH] },
      ),
      c.tensor(
        rowsOf(OTHERS, 8, (v) => v),
        { shape: [OTHERS, LENGTH] },
      ),
    ];
    const first = c.cdist(x, y).dataSync();
    c.cdist(x, y).dataSync();
    expect(c.cdist(x, y).dataSync()).toEqual(first);
    const compiled = c.compile((a: c.Tensor, b: c.Tensor) => c.cdist(a, b));
    expect(compiled(x, y).dataSync()).toEqual(first);
    const mapped = c.vmap((a: c.Tensor) => c.cdist(a, y))(c.stack([x, x]));
    expect(mapped.at(1).dataSync()).toEqual(first);
  });

  test.runIf(c.backend() === 'wasm')(
    'and products have the same bits on one to three threads',
    () => {
      const before = c.getNumThreads();
      c.manualSeed(11);
      const [x, y] = [c.randn([ROWS, LENGTH]), c.randn([OTHERS, LENGTH])];
      const [a, b] = [c.randn([3, 170, 90]), c.randn([3, 90, 130])];
      const [image, weight] = [c.randn([4, 6, 20, 20]), c.randn([8, 6, 3, 3])];
      const double = (t: c.Tensor): c.Tensor => t.cast('float64');
      const distance = (p: number) => (): c.Tensor => c.cdist(x.narrow(0, 0, 60), y, { p });
      const slope = (): c.Tensor => c.grad((z: c.Tensor) => c.cdist(z, y).sum())(x);
      const weightSlope = (): c.Tensor =>
        c.grad((w: c.Tensor) => c.conv2d(image, w).square().sum())(weight);
      const all: (() => c.Tensor)[] = [
        () => c.cdist(x, y),
        ...[1, 2, Infinity].map(distance),
        ...[slope, weightSlope, () => c.conv2d(image, weight)],
        () => c.cdist(double(x.narrow(0, 0, 60)), double(y)),
        () => a.matmul(b),
        () => double(a).matmul(double(b)),
        () => c.einsum('bij,bkj->ik', a, a),
        () => a.at(0).matmul(b.at(0).select(1, 0)),
      ];
      const bits = (): Uint8Array[] =>
        all.map((f) => new Uint8Array(f().dataSync().slice().buffer));
      try {
        const results = [1, 2, 3].map((threads) => {
          c.setNumThreads(threads);
          return bits();
        });
        results[0]?.forEach((alone, i) => {
          for (const result of results)
            expect(sameBytes(result[i], alone), String(all[i])).toBe(true);
        });
      } finally {
        c.setNumThreads(before);
      }
    },
  );
});

/** @file Long sums and products against double precision: along rows, down columns, over several dimensions. */
import { describe, expect, test } from 'vitest';
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import { runKernels } from '../run/testBench.js';

type Layout = 'rows' | 'columns' | 'several';

/** Sums of the squares of `x`, for each row of `rows`. */
function kernelOf(layout: Layout, rows: number, length: number): LoopKernel {
  const dtype = 'float32';
  const inner = layout === 'several' ? [length / 5, 5] : [length];
  const strides = layout === 'columns' ? [1, rows] : [length, ...stridesOf(inner)];
  return {
    ...{ kind: 'loop', outer: [rows], inner },
    inputs: [{ buffer: 0, dtype, offset: 0, strides }],
    body: [
      { kind: 'load', input: 0, dtype },
      { kind: 'op', op: 'abs', args: [0], dtype },
      { kind: 'reduce', op: 'sum', arg: 1, dtype },
    ],
    outputs: [{ buffer: 1, dtype, offset: 0, strides: [1], value: 2 }],
  };
}

/** The largest relative error of the sums of a kernel. */
function errorOf(kernel: LoopKernel, x: Float32Array, width: 'simd128' | 'wide'): number {
  const rows = sizeOf(kernel.outer);
  const length = sizeOf(kernel.inner);
  const sums = runKernels([kernel], [x, new Float32Array(rows)], { width })[1] as Float32Array;
  const [first = 0, second = 0] = kernel.inputs[0]?.strides ?? [];
  const isColumns = first === 1 && rows > 1;
  return Math.max(
    ...Array.from(sums, (sum, row) => {
      let exact = 0;
      for (let i = 0; i < length; i++)
        exact += Math.abs(x[isColumns ? row + i * second : row * length + i] as number);
      return Math.abs(sum - exact) / exact;
    }),
  );
}

const ROWS = 20; // columns in whole vectors and a rest; more columns would be summed in memory
describe.each(['simd128', 'wide'] as const)('vectors %s', (width) => {
  describe.each<Layout>(['rows', 'columns', 'several'])('%s', (layout) => {
    // Around multiples of the block length 256, in whole vectors or not.
    test.each([500, 510, 515, 1025, 1535, 2040, 4000])('of %d elements', (length) => {
      const rows = layout === 'columns' ? ROWS + 3 : 3;
      const kernel = kernelOf(layout, rows, length);
      const constant = new Float32Array(rows * length).fill(0.1);
      expect(errorOf(kernel, constant, width)).toBeLessThan(8e-7);
      const noise = constant.map((_, i) => Math.sin(i * 12.9898));
      expect(errorOf(kernel, noise, width)).toBeLessThan(4e-7);
    });
  });

  test('products', () => {
    const { body, ...kernel } = kernelOf('rows', 1, 2000);
    const [load, abs, sum] = body as [LoopKernel['body'][number], ...LoopKernel['body']];
    const product = { ...sum, op: 'prod' } as LoopKernel['body'][number];
    const x = Float32Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 1.01 : 1 / 1.01));
    const all = { ...kernel, body: [load, abs as typeof load, product] };
    const [, got] = runKernels([all], [x, new Float32Array(1)], { width });
    const exact = x.reduce((p, y) => p * y, 1);
    // Relative roundings add up in any order: 2,000 random ones to about √2000.
    expect(Math.abs((got?.[0] as number) / exact - 1)).toBeLessThan(2 * Math.sqrt(2000) * 2 ** -24);
  });
});

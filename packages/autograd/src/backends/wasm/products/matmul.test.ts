/** @file Matrix products against sums in double precision: ragged shapes, any strides, every vector width. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import { allocate } from '../../../graph/dtype.js';
import type { VectorWidth } from '../assembler/kernelFunction.js';
import { referenceMatmul, runKernels } from '../run/testBench.js';

interface Layout {
  readonly aT?: boolean;
  readonly bT?: boolean;
  readonly outT?: boolean;
  readonly pad?: number;
  readonly shareB?: boolean;
}

function matmulKernel(
  batch: readonly number[],
  m: number,
  n: number,
  k: number,
  dtype: 'float32' | 'float64' | 'int32',
  layout: Layout = {},
): { kernel: MatmulKernel; sizes: number[] } {
  const pad = layout.pad ?? 0;
  const access = (
    buffer: number,
    rows: number,
    columns: number,
    turned: boolean,
    repeat: boolean,
  ) => {
    const [row, column] = turned ? [1, rows + pad] : [columns + pad, 1];
    const matrix = turned ? columns * (rows + pad) : rows * (columns + pad);
    const strides: number[] = [];
    let size = matrix;
    for (let d = batch.length - 1; d >= 0; d--) {
      strides.unshift(repeat ? 0 : size);
      if (!repeat) size *= batch[d] as number;
    }
    return {
      access: { buffer, dtype, offset: pad, strides: [...strides, row, column] },
      size: size + pad,
    };
  };
  const a = access(0, m, k, layout.aT ?? false, false);
  const b = access(1, k, n, layout.bT ?? false, layout.shareB ?? false);
  const out = access(2, m, n, layout.outT ?? false, false);
  return {
    kernel: {
      kind: 'matmul',
      along: 'column',
      batch,
      m,
      n,
      k,
      a: a.access,
      b: b.access,
      out: out.access,
    },
    sizes: [a.size, b.size, out.size],
  };
}

function check(
  built: ReturnType<typeof matmulKernel>,
  width: VectorWidth,
  fma: boolean,
  seed = 1,
  // The exponent of two by which a row of A is scaled down.
  smaller: (row: number) => number = () => 0,
): void {
  const { kernel, sizes } = built;
  const buffers = sizes.map((size, i) => {
    const array = allocate(kernel.out.dtype, size);
    for (let j = 0; j < size; j++)
      array[j] =
        kernel.out.dtype === 'int32'
          ? ((j * 37 + i) % 201) - 100
          : Math.sin((j + 1) * 12.9898 * (i + seed));
    return array;
  });
  const { a, m, k } = kernel;
  const [stepRow = 0, stepColumn = 0] = a.strides.slice(-2);
  for (let i = 0; i < m && kernel.batch.length === 0; i++)
    for (let l = 0; l < k; l++)
      (buffers[0] as Float32Array)[a.offset + i * stepRow + l * stepColumn]! *= 2 ** -smaller(i);
  const got = runKernels([kernel], buffers, { width, fma })[2] as Float32Array;
  const want = referenceMatmul(kernel, buffers);
  const sizesOf = referenceMatmul(
    kernel,
    buffers.map((array) => array.map(Math.abs) as typeof array),
  );
  const epsilon =
    kernel.out.dtype === 'float32' ? 6e-8 : kernel.out.dtype === 'float64' ? 1.2e-16 : 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] as number) - (want[i] as number));
    // The bound for a sum in any order: k roundings of at most Σ|a·b|, or half of the smallest number.
    const bound =
      epsilon * (sizesOf[i] as number) + (kernel.out.dtype === 'float32' ? 2 ** -150 : 0);
    if (!(error <= bound * (kernel.k + 1))) expect.fail(`element ${i}: ${got[i]}, not ${want[i]}`);
  }
}

const LAYOUTS: Layout[] = [
  {},
  { aT: true },
  { bT: true },
  { aT: true, bT: true, pad: 3 },
  { outT: true, pad: 1 },
];
// FMA needs relaxed SIMD, which this engine may lack.
const MODES: [VectorWidth, boolean][] = [
  ['simd128', false],
  ['wide', false],
];
try {
  runKernels(
    [matmulKernel([], 16, 16, 16, 'float32').kernel],
    [0, 1, 2].map(() => new Float32Array(256)),
    { width: 'relaxed' },
  );
  MODES.push(['simd128', true], ['relaxed', true], ['wide', true]);
} catch (error) {
  if (!(error instanceof WebAssembly.CompileError)) throw error;
}

describe.each(MODES)('%s, fma %s', (width, fma) => {
  test.each([
    [64, 64, 32],
    [4, 2, 16],
    [16, 4, 2],
    [13, 17, 300],
    [7, 9, 520],
    [5, 600, 40],
    [130, 33, 64],
    [33, 700, 17],
    [1, 100, 70],
    [514, 66, 9],
    [100, 1, 70],
    [12, 16, 1],
    [6, 16, 257],
    [64, 10, 128],
  ])('%d × %d over %d', (m, n, k) => {
    for (const layout of LAYOUTS) check(matmulKernel([], m, n, k, 'float32', layout), width, fma);
    check(matmulKernel([], m, n, k, 'float64'), width, fma);
    check(matmulKernel([], m, n, k, 'float64', { aT: true, bT: true, pad: 1 }), width, fma);
  });

  test('multiplies with strided columns of A over several depth blocks', () => {
    check(matmulKernel([], 517, 66, 260, 'float32', { aT: true }), width, fma);
  });
});

describe('subnormal rows of A', () => {
  const shapes: [number, number, number][] = [
    [13, 17, 300],
    [8, 32, 128],
    [131, 40, 33],
    [7, 600, 5],
  ];
  const tiny = (row: number): number => [0, 70, 110, 125, 140, 149, 10][row % 7] as number;

  test.each(shapes)('%d × %d over %d', (m, n, k) => {
    for (const [width, fma] of MODES)
      for (const layout of LAYOUTS)
        check(matmulKernel([], m, n, k, 'float32', layout), width, fma, 1, tiny);
  });

  test('rounds a row once, and leaves the bits of other rows unchanged', () => {
    const [m, n, k] = [9, 24, 50];
    const { kernel } = matmulKernel([], m, n, k, 'float32');
    const fill = (size: number): Float32Array =>
      Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + 1));
    const [plain, small, b] = [fill(m * k), fill(m * k), fill(k * n)];
    // Rows 2 and 5 are the same numbers times 2⁻¹⁴⁰.
    for (const row of [2, 5]) for (let l = 0; l < k; l++) small[row * k + l]! *= 2 ** -140;
    const run = (a: Float32Array) =>
      runKernels([kernel], [a, b, new Float32Array(m * n)])[2] as Float32Array;
    const [x, y] = [run(plain), run(small)];
    for (let i = 0; i < m; i++) {
      if (i !== 2 && i !== 5) {
        expect(y.slice(i * n, (i + 1) * n)).toEqual(x.slice(i * n, (i + 1) * n));
        continue;
      }
      const row = small.slice(i * k, (i + 1) * k);
      // The rounded numbers, scaled up to the normal range.
      const again = run(
        plain.map((v, j) => (j >= i * k && j < (i + 1) * k ? row[j - i * k]! * 2 ** 140 : v)),
      );
      for (let j = 0; j < n; j++)
        expect(y[i * n + j]).toBe(Math.fround(again[i * n + j]! * 2 ** -140));
    }
  });

  test('propagates zeros, infinities and NaN', () => {
    const [m, n, k] = [5, 16, 8];
    const { kernel } = matmulKernel([], m, n, k, 'float32');
    const a = new Float32Array(m * k).fill(2 ** -130);
    a.fill(0, k, 2 * k);
    a[2 * k + 3] = Infinity;
    a[3 * k + 1] = NaN;
    a[4 * k] = -0;
    const out = runKernels(
      [kernel],
      [a, new Float32Array(k * n).fill(2), new Float32Array(m * n)],
    )[2] as Float32Array;
    const rows = [0, 1, 2, 3, 4].map((i) => out[i * n]);
    expect(rows).toEqual([2 ** -126, 0, Infinity, NaN, 7 * 2 ** -129]);
  });

  test('large elements of B do not overflow', () => {
    const [m, n, k] = [4, 16, 256];
    const { kernel } = matmulKernel([], m, n, k, 'float32');
    const a = new Float32Array(m * k).fill(2 ** -64);
    const out = runKernels(
      [kernel],
      [a, new Float32Array(k * n).fill(2 ** 127), new Float32Array(m * n)],
    )[2];
    expect([...(out as Float32Array)].every((x) => x === 2 ** 71)).toBe(true);
  });
});

test('any shape, batch and layout', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      size,
      size,
      size,
      fc.record({
        aT: fc.boolean(),
        bT: fc.boolean(),
        outT: fc.boolean(),
        pad: fc.nat(3),
        shareB: fc.boolean(),
      }),
      fc.constantFrom('float32' as const, 'float64' as const, 'int32' as const),
      fc.constantFrom(...MODES),
      (batch, m, n, k, layout, dtype, [width, fma]) => {
        check(matmulKernel(batch, m, n, k, dtype, layout), width, fma);
      },
    ),
    { numRuns: 150 },
  );
});

test('an empty depth gives zeros, and an empty result is no error', () => {
  const { kernel } = matmulKernel([], 8, 8, 0, 'float32');
  const out = runKernels(
    [kernel],
    [new Float32Array(1), new Float32Array(1), new Float32Array(64).fill(7)],
  )[2];
  expect(out).toEqual(new Float32Array(64));
  const none = matmulKernel([0], 8, 8, 40, 'float32').kernel;
  expect(
    runKernels(
      [none],
      [0, 1, 2].map(() => new Float32Array(1)),
    )[2],
  ).toEqual(new Float32Array(1));
});

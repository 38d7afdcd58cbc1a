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
    // The bound for a sum in any order: k roundings of at most Σ|a·b|.
    if (!(error <= epsilon * (kernel.k + 1) * (sizesOf[i] as number)))
      expect.fail(`element ${i}: ${got[i]}, not ${want[i]}`);
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

  test('columns of A that are far apart, over several blocks of the depth', () => {
    check(matmulKernel([], 517, 66, 260, 'float32', { aT: true }), width, fma);
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

test('nothing to sum gives zeros, and nothing to write is no error', () => {
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

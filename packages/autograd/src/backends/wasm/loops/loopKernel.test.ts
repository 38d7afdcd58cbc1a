/** @file Loop kernels of known kinds against plain loops: levels of reductions, chunks, empty spaces, in-place buffers. */
import { describe, expect, test } from 'vitest';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { Scratch } from '../assembler/block.js';
import { chunkReductions } from './chunkReductions.js';
import { planLoop } from './planLoop.js';
import { expectEqual, referenceLoop, runKernels } from '../run/testBench.js';
import { bestVectorWidth } from '../run/vectorWidth.js';

const f = 'float32' as const;
const load = (input: number): Scalar => ({ kind: 'load', input, dtype: f });
const op = (name: string, ...args: number[]): Scalar => ({ kind: 'op', op: name, args, dtype: f });
const reduce = (name: 'sum' | 'max' | 'prod', arg: number): Scalar => ({
  kind: 'reduce',
  op: name,
  arg,
  dtype: f,
});

/** Softmax, and the logarithm of its sum for each row, over the last dimension or the first. */
function softmax(rows: number, columns: number, along: 'rows' | 'columns'): LoopKernel {
  const strides = along === 'rows' ? [columns, 1] : [1, rows];
  return {
    kind: 'loop',
    outer: [rows],
    inner: [columns],
    inputs: [{ buffer: 0, dtype: f, offset: 0, strides }],
    body: [
      load(0),
      reduce('max', 0),
      op('sub', 0, 1),
      op('exp', 2),
      reduce('sum', 3),
      op('div', 3, 4),
      op('log', 4),
      op('add', 6, 1),
    ],
    outputs: [
      { buffer: 1, dtype: f, offset: 0, strides, value: 5 },
      { buffer: 2, dtype: f, offset: 0, strides: [1], value: 7 },
    ],
  };
}

/** Layer normalization with weight and bias, and the mean of each row. */
function layerNorm(rows: number, columns: number): LoopKernel {
  const scale: Scalar = { kind: 'const', value: 1 / columns, dtype: f };
  return {
    kind: 'loop',
    outer: [rows],
    inner: [columns],
    inputs: [
      { buffer: 0, dtype: f, offset: 0, strides: [columns, 1] },
      { buffer: 1, dtype: f, offset: 0, strides: [0, 1] },
    ],
    body: [
      load(0),
      load(1),
      scale,
      reduce('sum', 0),
      op('mul', 3, 2),
      op('sub', 0, 4),
      op('square', 5),
      reduce('sum', 6),
      op('mul', 7, 2),
      { kind: 'const', value: 1e-5, dtype: f },
      op('add', 8, 9),
      op('rsqrt', 10),
      op('mul', 5, 11),
      op('mul', 12, 1),
    ],
    outputs: [
      { buffer: 2, dtype: f, offset: 0, strides: [columns, 1], value: 13 },
      { buffer: 3, dtype: f, offset: 0, strides: [1], value: 4 },
    ],
  };
}

describe('several levels of reductions', () => {
  const noise = (n: number): Float32Array =>
    Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 4);
  const close = (
    got: readonly TypedArray[],
    want: readonly TypedArray[],
    tolerance: number,
  ): void => {
    got.forEach((array, b) => {
      array.forEach((x, i) => {
        const exact = want[b]?.[i] as number;
        if (!(Math.abs(x - exact) <= tolerance * Math.max(1, Math.abs(exact))))
          expect.fail(`buffer ${b}[${i}] is ${x}, not ${exact}`);
      });
    });
  };
  test.each([
    [1, 1],
    [3, 10],
    [5, 64],
    [17, 33],
    [40, 3],
    [2, 3001],
  ])('softmax of %d × %d', (rows, columns) => {
    for (const along of ['rows', 'columns'] as const) {
      const buffers = [
        noise(rows * columns),
        new Float32Array(rows * columns),
        new Float32Array(rows),
      ];
      const kernel = softmax(rows, columns, along);
      for (const width of ['simd128', 'wide'] as const) {
        close(
          runKernels([kernel], buffers, { width, fma: bestVectorWidth().fma }),
          referenceLoop(kernel, buffers),
          2e-6,
        );
      }
    }
  });
  test('exponentials are kept from one pass to the next along rows and columns, if they fit', () => {
    const scratch = (rows: number, columns: number, along: 'rows' | 'columns'): number =>
      planLoop(softmax(rows, columns, along), { ...bestVectorWidth(), blas: false })
        ?.threadScratch ?? 0;
    const [line, bytes] = [64, 10 * Float32Array.BYTES_PER_ELEMENT];
    expect(scratch(64, 10, 'rows')).toBe(2 * line);
    expect(scratch(64, 10, 'columns')).toBe(line + 16 * bytes);
    expect(scratch(64, 40_000, 'columns')).toBeLessThan(2 ** 15);
  });
  test('softmax of one long row', () => {
    const buffers = [noise(66_001), new Float32Array(66_001), new Float32Array(1)];
    const kernel = softmax(1, 66_001, 'rows');
    expect(chunkReductions(kernel, new Scratch(0)).length).toBeGreaterThan(3);
    close(runKernels([kernel], buffers), referenceLoop(kernel, buffers), 2e-6);
  });
  test.each([
    [4, 16],
    [3, 100],
    [7, 5],
  ])('layer normalization of %d × %d', (rows, columns) => {
    const buffers = [
      noise(rows * columns),
      noise(columns),
      new Float32Array(rows * columns),
      new Float32Array(rows),
    ];
    const kernel = layerNorm(rows, columns);
    close(runKernels([kernel], buffers), referenceLoop(kernel, buffers), 4e-6);
  });
});

describe('long reductions are split into chunks', () => {
  const sum = (outer: number[], inner: number[], strides: number[]): LoopKernel => ({
    kind: 'loop',
    outer,
    inner,
    inputs: [{ buffer: 0, dtype: f, offset: 0, strides }],
    body: [
      load(0),
      { kind: 'index', dim: outer.length, dtype: 'int32' },
      { kind: 'const', value: 7000, dtype: 'int32' },
      { kind: 'op', op: 'lt', args: [1, 2], dtype: 'bool' },
      { kind: 'const', value: 0, dtype: f },
      op('where', 3, 0, 4),
      reduce('sum', 5),
      reduce('max', 0),
      op('add', 6, 7),
    ],
    outputs: [
      {
        buffer: 1,
        dtype: f,
        offset: 0,
        strides: outer.map((_, d) => (d === outer.length - 1 ? 1 : (outer[1] ?? 1))),
        value: 8,
      },
    ],
  });
  test.each([
    [[], [100_003], [1]],
    [[3], [40_001], [40_001, 1]],
    [[8], [9001], [1, 8]],
    [
      [2, 3],
      [300, 200],
      [180_000, 60_000, 200, 1],
    ],
    [[5], [30, 1200], [1, 6000, 5]],
  ])('outer %j, inner %j', (outer, inner, strides) => {
    const kernel = sum(outer, inner, strides);
    expect(chunkReductions(kernel, new Scratch(0)).length).toBeGreaterThan(1);
    const data = Float32Array.from(
      { length: sizeOf(outer) * sizeOf(inner) },
      (_, i) => ((i * 7919) % 13) - 6,
    );
    const buffers = [data, new Float32Array(sizeOf(outer))];
    // Sums of small integers are exact whatever the order.
    expectEqual(runKernels([kernel], buffers), referenceLoop(kernel, buffers), kernel);
  });
  test('the rounding error of a long sum is that of one chunk', () => {
    const n = 1 << 20;
    const kernel: LoopKernel = {
      kind: 'loop',
      outer: [2],
      inner: [n],
      inputs: [{ buffer: 0, dtype: f, offset: 0, strides: [1, 2] }],
      body: [load(0), reduce('sum', 0)],
      outputs: [{ buffer: 1, dtype: f, offset: 0, strides: [1], value: 1 }],
    };
    const data = Float32Array.from({ length: 2 * n }, (_, i) => 0.1 + (i % 10) * 1e-3);
    const [, got] = runKernels([kernel], [data, new Float32Array(2)]);
    for (const row of [0, 1]) {
      let want = 0;
      for (let i = 0; i < n; i++) want += data[2 * i + row] as number;
      expect(Math.abs((got?.[row] as number) / want - 1)).toBeLessThan(3e-6);
    }
  });
});

test('products, empty rows and empty spaces', () => {
  const kernel = (outer: number[], inner: number[]): LoopKernel => ({
    kind: 'loop',
    outer,
    inner,
    inputs: [{ buffer: 0, dtype: f, offset: 0, strides: [inner[0] ?? 0, 1] }],
    body: [load(0), reduce('prod', 0), reduce('sum', 0), reduce('max', 0)],
    outputs: [1, 2, 3].map((value) => ({
      buffer: value,
      dtype: f,
      offset: 0,
      strides: [1],
      value,
    })),
  });
  const x = Float32Array.from([1, 2, 3, 4, 5, 6, -1, NaN, 2, 0, -0, 1]);
  const buffers = [x, new Float32Array(3), new Float32Array(3), new Float32Array(3)];
  const got = runKernels([kernel([3], [4])], buffers);
  expect(got.slice(1).map((array) => [...array].map((v) => v + 0))).toEqual([
    [24, NaN, 0],
    [10, NaN, 3],
    [4, NaN, 2],
  ]);
  // The same with rows along the lanes.
  const turned = {
    ...kernel([3], [4]),
    inputs: [{ ...kernel([3], [4]).inputs[0]!, strides: [1, 3] }],
  };
  const columns = runKernels(
    [turned],
    [x.map((_, i) => x[(i % 3) * 4 + Math.floor(i / 3)]!), ...buffers.slice(1)],
  );
  expect(columns.slice(1).map((array) => [...array].map((v) => v + 0))).toEqual([
    [24, NaN, 0],
    [10, NaN, 3],
    [4, NaN, 2],
  ]);
  const empty = runKernels([kernel([3], [0])], buffers);
  expect(empty.slice(1).map((array) => [...array])).toEqual([
    [1, 1, 1],
    [0, 0, 0],
    [-Infinity, -Infinity, -Infinity],
  ]);
  expect(runKernels([kernel([0], [4])], buffers)).toEqual(buffers);
});

test('rewrites a buffer in place', () => {
  const kernel: LoopKernel = {
    kind: 'loop',
    outer: [101],
    inner: [],
    inputs: [{ buffer: 0, dtype: f, offset: 0, strides: [1] }],
    body: [load(0), op('add', 0, 0)],
    outputs: [{ buffer: 0, dtype: f, offset: 0, strides: [1], value: 1 }],
  };
  const x = Float32Array.from({ length: 101 }, (_, i) => i);
  expect(runKernels([kernel], [x])[0]).toEqual(x.map((v) => 2 * v));
});

test('computes a function twice beside its derivative', () => {
  for (const [name, derivative] of [
    ['tanh', 'tanhDerivative'],
    ['sigmoid', 'sigmoidDerivative'],
  ] as const) {
    const kernel: LoopKernel = {
      kind: 'loop',
      outer: [7],
      inner: [],
      inputs: [{ buffer: 0, dtype: f, offset: 0, strides: [1] }],
      body: [load(0), op(name, 0), op(derivative, 0), op(name, 0), op(derivative, 0)],
      outputs: [1, 2, 3, 4].map((value) => ({
        buffer: value,
        dtype: f,
        offset: 0,
        strides: [1],
        value,
      })),
    };
    const x = Float32Array.from({ length: 7 }, (_, i) => i / 2 - 1.5);
    const buffers = [x, ...[1, 2, 3, 4].map(() => new Float32Array(7))];
    const [, one, slope, other, otherSlope] = runKernels([kernel], buffers);
    expect(other).toEqual(one);
    expect(otherSlope).toEqual(slope);
    expect(one?.[0]).toBeCloseTo(name === 'tanh' ? Math.tanh(-1.5) : 1 / (1 + Math.exp(1.5)), 6);
  }
});

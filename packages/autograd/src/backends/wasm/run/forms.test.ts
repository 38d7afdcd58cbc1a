/** @file One function for all sizes of a form: forms are found again, stay few, and give the same results as plain loops. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kernel, LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { ConvKernel, IndexKernel } from '../../../engine/compile/operators.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import { Forms } from './forms.js';
import { listKernels } from './kernelList.js';
import { WasmMemory } from './memory.js';
import { expectEqual, referenceLoop, runKernels } from './testBench.js';
import { convolution } from '../../../kernels/convolution.js';
import { slicesAt } from '../../../kernels/indexing.js';

const f = 'float32' as const;
const load = (input: number, dtype: Scalar['dtype'] = f): Scalar => ({
  kind: 'load',
  input,
  dtype,
});
const at = (buffer: number, ...strides: number[]) => ({ buffer, dtype: f, offset: 0, strides });

/** `x · factor + b`, a row of b to each row of x. */
const scaled = (rows: number, columns: number, factor: number): LoopKernel => ({
  ...{ kind: 'loop', outer: [rows, columns], inner: [] },
  inputs: [at(0, columns, 1), at(1, 0, 1)],
  body: [
    load(0),
    load(1),
    { kind: 'const', value: factor, dtype: f },
    { kind: 'op', op: 'mul', args: [0, 2], dtype: f },
    { kind: 'op', op: 'add', args: [3, 1], dtype: f },
  ],
  outputs: [{ ...at(2, columns, 1), value: 4 }],
});
const matmul = (m: number, n: number, k: number): Kernel => ({
  ...{ kind: 'matmul', along: 'column', batch: [], m, n, k },
  a: at(0, k, 1),
  b: at(1, n, 1),
  out: at(2, n, 1),
});
const rowsOf = (count: number, width: number): IndexKernel => ({
  family: slicesAt,
  ...{ kind: 'index', mode: 'gather', space: [count, width], limit: 50, step: width },
  ...{ index: [1, 0], table: [0, 1], other: [width, 1], tableSize: 50 * width, start: null },
  inputs: [at(0), { ...at(1), dtype: 'int32' }],
  out: at(2),
});
const conv = (side: number, window: number): ConvKernel => ({
  family: convolution,
  ...{ kind: 'conv', direction: 'forward', batch: 2, groups: 1, inChannels: 3, outChannels: 4 },
  ...{ size: [side, side + 1], window: [window, window] },
  outSize: [side, side + 1].map((n) => n + 3 - window),
  ...{ stride: [1, 1], padLow: [1, 1], padHigh: [1, 1], dilation: [1, 1] },
  inputs: [at(0), at(1)],
  out: at(2),
});

/** How many forms there are after each kernel of a list. */
function countsOf(kernels: readonly Kernel[]): number[] {
  const forms = new Forms(new WasmMemory());
  return kernels.map((kernel) => {
    listKernels([kernel], forms, { threads: 1 });
    return forms.count;
  });
}

// Sizes of one class: larger ones would be split among threads.
test.each<[string, readonly Kernel[]]>([
  ['loops, their constants too', [scaled(3, 17, 2), scaled(40, 21, 0.5), scaled(7, 901, -3)]],
  ['products', [matmul(20, 30, 40), matmul(25, 20, 60), matmul(31, 33, 32)]],
  ['rows of a table', [rowsOf(10, 7), rowsOf(33, 90), rowsOf(2, 16)]],
  ['convolutions, of any window', [conv(20, 3), conv(17, 2), conv(31, 5)]],
])('%s share a form', (_, kernels) => {
  expect(countsOf(kernels)).toEqual([1, 1, 1]);
});

test('another dtype, stride or function gives another form', () => {
  const kernel = scaled(4, 18, 2);
  const double = (x: LoopKernel): LoopKernel => ({
    ...x,
    inputs: x.inputs.map((a) => ({ ...a, dtype: 'float64' })),
    outputs: x.outputs.map((a) => ({ ...a, dtype: 'float64' })),
    body: x.body.map((s) => ({ ...s, dtype: 'float64' }) as Scalar),
  });
  const copy = (dtype: 'float32' | 'float64'): LoopKernel => ({
    ...{ kind: 'loop', outer: [9], inner: [] },
    inputs: [{ ...at(0, 1), dtype }],
    body: [load(0, dtype)],
    outputs: [{ ...at(2, 1), dtype, value: 0 }],
  });
  const other: LoopKernel = { ...kernel, inputs: [at(0, 1, 4), at(1, 0, 1)] };
  const body = kernel.body.map((s) => (s.kind === 'op' ? { ...s, op: 'sub' } : s)) as Scalar[];
  const kernels = [kernel, double(kernel), copy('float32'), copy('float64'), other];
  expect(countsOf([...kernels, { ...kernel, body }])).toEqual([1, 2, 3, 4, 5, 6]);
});

test('writes an output that overlaps an input after reading all of it', () => {
  // Softmax-like: the second pass reads x again, in the first kernel from the buffer that it writes.
  const kernel = (out: number): LoopKernel => ({
    ...{ kind: 'loop', outer: [3], inner: [40] },
    inputs: [at(0, 40, 1)],
    body: [
      load(0),
      { kind: 'op', op: 'square', args: [0], dtype: f },
      { kind: 'reduce', op: 'sum', arg: 0, dtype: f },
      { kind: 'op', op: 'add', args: [0, 2], dtype: f },
    ],
    outputs: [
      { ...at(out, 40, 1), value: 1 },
      { ...at(2, 40, 1), value: 3 },
    ],
  });
  const x = Float32Array.from({ length: 120 }, (_, i) => (i % 7) - 3);
  for (const out of [1, 0, 1]) {
    const buffers = [x, new Float32Array(120), new Float32Array(120)];
    expectEqual(runKernels([kernel(out)], buffers), referenceLoop(kernel(out), buffers), out);
  }
});

test('sizes that change give the results of plain loops', () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 70 }),
  });
  fc.assert(
    fc.property(sizes, fc.integer({ min: -4, max: 4 }), ({ rows, columns }, factor) => {
      const kernel = scaled(rows, columns, factor);
      const buffers = [rows * columns, columns, rows * columns].map((n) =>
        Float32Array.from({ length: n }, (_, i) => (i % 11) - 5),
      );
      expectEqual(runKernels([kernel], buffers), referenceLoop(kernel, buffers), kernel);
    }),
    { numRuns: 200 },
  );
});

/** A form that does nothing, by its name. */
const named = (key: string, write = kernelFunction): FormedKernel => ({
  ...{ key, block: new Block(), parallel: false, threadScratch: 0, write },
});
const context = { width: 'simd128', fma: false, blas: false } as const;

test('grows the table of forms', () => {
  const forms = new Forms(new WasmMemory());
  for (let i = 0; i < 700; i++) expect(forms.find(named(`form ${i}`), context)).toBe(i);
  forms.finish();
  expect(forms.count).toBe(700);
  expect(forms.find(named('form 699'), context)).toBe(699);
  expect(forms.modules.at(-1)?.tableSize).toBeGreaterThanOrEqual(700);
});

test('a form that cannot be compiled leaves no trace', () => {
  const forms = new Forms(new WasmMemory());
  forms.find(named('first'), context);
  expect(() =>
    forms.find(
      named('wrong', () => {
        throw new Error('no code');
      }),
      context,
    ),
  ).toThrow('no code');
  forms.abandon();
  expect(forms.count).toBe(0);
  expect(forms.find(named('second'), context)).toBe(0);
  forms.finish();
  expect(forms.find(named('first'), context)).toBe(1);
  forms.finish();
  expect(forms.count).toBe(2);
});

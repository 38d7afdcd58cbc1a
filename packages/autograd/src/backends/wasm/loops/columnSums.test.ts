/** @file Sums and products down columns, with accumulators in memory, against plain loops. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import { allocate, type DType, type TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { Scratch } from '../assembler/block.js';
import { columnSums } from './columnSums.js';
import { expectEqual, referenceLoop, runKernels } from '../run/testBench.js';
import { bestVectorWidth } from '../run/vectorWidth.js';

describe('down many columns, with accumulators in memory', () => {
  const cases = fc.record({
    dtype: fc.constantFrom<DType>('float32', 'float64', 'int32'),
    op: fc.constantFrom('sum' as const, 'prod' as const),
    others: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
    columns: fc.integer({ min: 65, max: 200 }),
    rows: fc.integer({ min: 8, max: 24 }),
    pad: fc.nat(2),
    // Each point unchanged, each point minus its column's result, and the results.
    wanted: fc.subarray(['point', 'rest', 'result'] as const, { minLength: 1 }),
    width: fc.constantFrom('simd128' as const, 'wide' as const),
    seed: fc.nat(1000),
  });

  test('sums and multiplies values that vary by row, by column and by point', () => {
    fc.assert(
      fc.property(cases, ({ dtype, op, others, columns, rows, pad, wanted, width, seed }) => {
        const outer = [...others, columns];
        const blocks = sizeOf(others);
        const line = columns + pad;
        const buffer = (length: number, modulus: number): TypedArray => {
          const data = allocate(dtype, length);
          // Products of ±1 and sums of small numbers are exact.
          for (let i = 0; i < length; i++)
            data[i] =
              op === 'prod'
                ? (((i * 7 + seed) % modulus) % 2) * 2 - 1
                : ((i * 7 + seed) % modulus) - 3;
          return data;
        };
        const access = (k: number, block: number, column: number, row: number): Access => ({
          ...{ buffer: k, dtype, offset: 0 },
          strides: [...others.map(() => block), column, row],
        });
        const scalar = (name: string, ...args: number[]): Scalar => ({
          kind: 'op',
          op: name,
          args,
          dtype,
        });
        const outputs: Record<(typeof wanted)[number], LoopKernel['outputs'][number]> = {
          point: { ...access(3, line * rows, 1, line), value: 4 },
          rest: { ...access(4, columns, 1, blocks * columns), value: 6 },
          result: {
            ...{ buffer: 5, dtype, offset: 2, value: 5 },
            strides: [...others.map(() => columns), 1],
          },
        };
        const kernel: LoopKernel = {
          kind: 'loop',
          outer,
          inner: [rows],
          inputs: [access(0, line * rows, 1, line), access(1, 0, 0, 1), access(2, columns, 1, 0)],
          body: [
            { kind: 'load', input: 0, dtype },
            { kind: 'load', input: 1, dtype },
            { kind: 'load', input: 2, dtype },
            scalar('mul', 0, 1),
            scalar('mul', 3, 2),
            { kind: 'reduce', op, arg: 4, dtype },
            scalar('sub', 4, 5),
          ],
          outputs: wanted.map((name) => outputs[name]),
        };
        const buffers = [
          buffer(blocks * rows * line, 7),
          buffer(rows, 5),
          buffer(blocks * columns, 3),
          buffer(blocks * rows * line, 2),
          buffer(blocks * rows * columns, 2),
          buffer(blocks * columns + 2, 2),
        ];
        if (wanted.some((name) => name !== 'point'))
          expect(columnSums(kernel, new Scratch(0)).length).toBeGreaterThan(1);
        const got = runKernels([kernel], buffers, { width, fma: bestVectorWidth().fma });
        expectEqual(got, referenceLoop(kernel, buffers), kernel);
      }),
      { numRuns: 150 },
    );
  });
});

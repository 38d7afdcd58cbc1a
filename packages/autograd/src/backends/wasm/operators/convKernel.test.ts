/** @file Convolutions and their gradients against the reference kernels, over random geometries. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConvKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { allocate, type TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import {
  conv,
  convInput,
  convWeight,
  type ConvAttrs,
} from '../../../ops/neural/convolution/conv.js';
import { windowCounts } from '../../../ops/neural/convolution/windows.js';
import type { VectorWidth } from '../assembler/kernelFunction.js';
import { runKernels } from '../run/testBench.js';
import { convolution } from '../../../kernels/convolution.js';

type Float = 'float32' | 'float64';
type Direction = ConvKernel['direction'];

interface Case extends ConvAttrs {
  readonly batch: readonly [number];
  readonly channels: readonly [number, number];
}

const operations = { forward: conv, gradInput: convInput, gradWeight: convWeight };

/** The shapes of the three operands, in the order x, w, y. */
function shapesOf(c: Case): [number[], number[], number[]] {
  const [inputs, outputs] = c.channels;
  const [batch] = c.batch;
  return [
    [batch, inputs * c.groups, ...c.size],
    [outputs * c.groups, inputs, ...c.kernel],
    [batch, outputs * c.groups, ...windowCounts(c)],
  ];
}

function random(dtype: Float, size: number, seed: number): TypedArray {
  const array = allocate(dtype, size);
  for (let i = 0; i < size; i++) array[i] = Math.sin((i + 1) * 12.9898 * seed);
  return array;
}

function check(c: Case, direction: Direction, dtype: Float, width: VectorWidth): void {
  const shapes = shapesOf(c);
  const order = { forward: [0, 1, 2], gradInput: [2, 1, 0], gradWeight: [0, 2, 1] }[direction];
  const [p, q, r] = order.map((k) => shapes[k]!) as [number[], number[], number[]];
  const values = [random(dtype, sizeOf(p), 1), random(dtype, sizeOf(q), 2)] as const;
  const place = (buffer: number): BufferRef => ({ buffer, dtype, offset: 0 });
  const kernel: ConvKernel = {
    family: convolution,
    kind: 'conv',
    direction,
    batch: c.batch[0],
    groups: c.groups,
    inChannels: c.channels[0],
    outChannels: c.channels[1],
    size: c.size,
    window: c.kernel,
    outSize: windowCounts(c),
    stride: c.stride,
    padLow: c.padLow,
    padHigh: c.padHigh,
    dilation: c.dilation,
    inputs: [place(0), place(1)],
    out: place(2),
  };
  const before = allocate(dtype, sizeOf(r)).fill(NaN);
  const got = runKernels([kernel], [...values, before], { width, fma: false })[2]!;
  const inputs = [
    { data: values[0], shape: p, dtype },
    { data: values[1], shape: q, dtype },
  ];
  const want = allocate('float64', sizeOf(r));
  operations[direction].primitive.kernel(inputs, { data: want, shape: r, dtype: 'float64' }, c);
  const terms =
    c.batch[0] * c.channels[0] * c.channels[1] * sizeOf(c.kernel) * sizeOf(windowCounts(c));
  const bound = (dtype === 'float32' ? 6e-8 : 1.2e-16) * (4 + Math.sqrt(terms) * 2);
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i]! - want[i]!) <= bound * (1 + Math.abs(want[i]!)))) {
      expect.fail(`${direction} ${JSON.stringify(c)}: element ${i} is ${got[i]}, not ${want[i]}`);
    }
  }
}

const dimension = fc.record({
  size: fc.integer({ min: 1, max: 20 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  low: fc.integer({ min: -2, max: 3 }),
  high: fc.integer({ min: -2, max: 3 }),
  dilation: fc.integer({ min: 1, max: 3 }),
});

const geometry: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.integer({ min: 1, max: 10 }),
    groups: fc.integer({ min: 1, max: 3 }),
    inputs: fc.integer({ min: 1, max: 5 }),
    outputs: fc.integer({ min: 1, max: 9 }),
    dims: fc.array(dimension, { minLength: 1, maxLength: 3 }),
  })
  .map(({ batch, groups, inputs, outputs, dims }) => ({
    batch: [batch] as const,
    channels: [inputs, outputs] as const,
    groups,
    size: dims.map((d) => (dims.length === 3 ? Math.min(d.size, 7) : d.size)),
    kernel: dims.map((d) => d.kernel),
    stride: dims.map((d) => d.stride),
    padLow: dims.map((d) => d.low),
    padHigh: dims.map((d) => d.high),
    dilation: dims.map((d) => d.dilation),
  }))
  .filter((c) => windowCounts(c).every((n) => n > 0));

const square = (
  batch: number,
  channels: readonly [number, number],
  size: number,
  kernel: number,
  pad: number,
): Case => ({
  batch: [batch],
  channels,
  groups: 1,
  size: [size, size],
  kernel: [kernel, kernel],
  stride: [1, 1],
  padLow: [pad, pad],
  padHigh: [pad, pad],
  dilation: [1, 1],
});

describe.each(['forward', 'gradInput', 'gradWeight'] as const)('%s', (direction) => {
  test.each(['float32', 'float64'] as const)('random geometries in %s', (dtype) => {
    fc.assert(
      fc.property(geometry, fc.constantFrom<VectorWidth>('simd128', 'wide'), (c, width) => {
        // Wide tiles differ only in shape here: without fused multiply-add they run anywhere.
        check(c, direction, dtype, width);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('blocks of places, and weights too large to be summed apart', () => {
    check(square(2, [16, 20], 40, 3, 1), direction, 'float32', 'simd128');
    check(
      { ...square(1, [3, 5], 1, 1, 0), size: [1, 3000], kernel: [1, 5] },
      direction,
      'float32',
      'simd128',
    );
    check(square(2, [96, 160], 6, 3, 1), direction, 'float32', 'simd128');
    check(square(3, [8, 24], 12, 1, 0), direction, 'float32', 'simd128');
  });
});

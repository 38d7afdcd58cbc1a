/** @file Random kernels of loops compute exactly what plain loops do. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import type { DType, TypedArray } from '../../../graph/dtype.js';
import { allocate } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { expectEqual, referenceLoop, runKernels } from '../run/testBench.js';
import { bestVectorWidth } from '../run/vectorWidth.js';

const DTYPES: readonly DType[] = ['float32', 'float32', 'float32', 'float64', 'int32', 'bool'];

interface Case {
  readonly kernel: LoopKernel;
  readonly buffers: TypedArray[];
}

/** Strides of a buffer that holds some of the dimensions in some order, perhaps backwards or with gaps. */
function layout(
  sizes: readonly number[],
  random: () => number,
  whole: boolean,
): { strides: number[]; offset: number; length: number } {
  const order = sizes.map((_, d) => d);
  if (random() < 0.5) order.sort(() => random() - 0.5);
  const strides = sizes.map(() => 0);
  let offset = 0;
  let step = random() < 0.15 ? 2 : 1;
  for (const d of order.reverse()) {
    if (!whole && random() < 0.25) continue;
    strides[d] = step;
    if (random() < 0.15) {
      strides[d] = -step;
      offset += step * ((sizes[d] as number) - 1);
    }
    step *= (sizes[d] as number) + (random() < 0.15 ? 1 : 0);
  }
  const start = random() < 0.3 ? 3 : 0;
  return { strides, offset: offset + start, length: start + Math.max(step, 1) };
}

/**
 * A random kernel over small whole numbers: everything it computes is exact in float32, so results must be equal.
 */
function makeCase(outer: number[], inner: number[], seed: number): Case {
  let state = (seed * 2 + 1) >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const full = [...outer, ...inner];
  const buffers: TypedArray[] = [];
  const inputs: Access[] = [];
  const body: Scalar[] = [];
  const bound: number[] = [];
  const perRow: boolean[] = [];
  const add = (scalar: Scalar, size: number, row: boolean): void => {
    if (size > 2 ** 22) return;
    body.push(scalar);
    bound.push(size);
    perRow.push(row);
  };
  for (let i = 0; i < 1 + Math.floor(random() * 3); i++) {
    const dtype = pick(DTYPES);
    const { strides, offset, length } = layout(full, random, false);
    const data = allocate(dtype, length);
    for (let j = 0; j < length; j++)
      data[j] = dtype === 'bool' ? Number(random() < 0.5) : Math.floor(random() * 7) - 3;
    inputs.push({ buffer: buffers.push(data) - 1, dtype, offset, strides });
    add(
      { kind: 'load', input: i, dtype },
      3,
      strides.slice(outer.length).every((s) => s === 0),
    );
  }
  if (random() < 0.3) add({ kind: 'const', value: 2, dtype: 'float32' }, 2, true);
  if (full.length > 0 && random() < 0.4) {
    const dim = Math.floor(random() * full.length);
    add({ kind: 'index', dim, dtype: 'int32' }, full[dim] as number, dim < outer.length);
  }
  const numeric = (): number[] =>
    body.flatMap((scalar, i) => (scalar.dtype === 'bool' || inexact(i) ? [] : [i]));
  const inexact = (i: number): boolean => {
    const scalar = body[i] as Scalar;
    return scalar.kind === 'op' && scalar.op === 'tanh';
  };
  for (let n = 0; n < 7; n++) {
    const roll = random();
    const any = pick(body.flatMap((_, i) => (inexact(i) ? [] : [i])));
    const numbers = numeric();
    const x = numbers.length > 0 ? pick(numbers) : any;
    const scalar = body[x] as Scalar;
    const y = pick(numbers.filter((i) => (body[i] as Scalar).dtype === scalar.dtype).concat(x));
    const [bx, by] = [bound[x] as number, bound[y] as number];
    const row = (...args: number[]): boolean => args.every((arg) => perRow[arg]);
    if (scalar.dtype === 'bool' || roll < 0.1) {
      const dtype = pick(['float32', 'float64', 'int32', 'bool'] as const);
      add({ kind: 'op', op: 'cast', args: [any], dtype }, bound[any] as number, row(any));
    } else if (roll < 0.35) {
      add(
        { kind: 'op', op: pick(['add', 'sub']), args: [x, y], dtype: scalar.dtype },
        bx + by,
        row(x, y),
      );
    } else if (roll < 0.45) {
      add(
        { kind: 'op', op: pick(['mul', 'strongMul']), args: [x, y], dtype: scalar.dtype },
        bx * by,
        row(x, y),
      );
    } else if (roll < 0.55) {
      add(
        { kind: 'op', op: pick(['maximum', 'minimum']), args: [x, y], dtype: scalar.dtype },
        bx + by,
        row(x, y),
      );
    } else if (roll < 0.65) {
      add(
        { kind: 'op', op: pick(['lt', 'le', 'eq', 'ne']), args: [x, y], dtype: 'bool' },
        1,
        row(x, y),
      );
    } else if (roll < 0.72) {
      add(
        { kind: 'op', op: 'where', args: [any, x, y], dtype: scalar.dtype },
        bx + by,
        row(any, x, y),
      );
    } else if (roll < 0.78) {
      // tanh is inexact, but its sign is not: an expensive function with a known value.
      if (scalar.dtype === 'float32') {
        add({ kind: 'op', op: 'tanh', args: [x], dtype: 'float32' }, 1, row(x));
        add({ kind: 'op', op: 'sign', args: [body.length - 1], dtype: 'float32' }, 1, row(x));
      }
    } else if (inner.length > 0) {
      const op = pick(['sum', 'sum', 'max', 'min'] as const);
      add({ kind: 'reduce', op, arg: x, dtype: scalar.dtype }, bx * sizeOf(inner), true);
    }
  }
  const usable = body.flatMap((_, i) => (inexact(i) ? [] : [i]));
  const outputs: LoopKernel['outputs'][number][] = [];
  for (let k = 0; k < 1 + Math.floor(random() * 3); k++) {
    // The last value depends on the most others.
    const value = k === 0 ? (usable[usable.length - 1] as number) : pick(usable);
    const { dtype } = body[value] as Scalar;
    const sizes = perRow[value] === true && random() < 0.7 ? outer : full;
    const { strides, offset, length } = layout(sizes, random, true);
    outputs.push({
      buffer: buffers.push(allocate(dtype, length)) - 1,
      dtype,
      offset,
      strides,
      value,
    });
  }
  return { kernel: { kind: 'loop', outer, inner, inputs, body, outputs }, buffers };
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 40 }) },
);

test('random kernels give the bits of plain loops', () => {
  fc.assert(
    fc.property(
      fc.array(size, { maxLength: 3 }),
      fc.array(size, { maxLength: 2 }),
      fc.nat(1e9),
      fc.constantFrom('simd128' as const, 'wide' as const),
      (outer, inner, seed, width) => {
        fc.pre(sizeOf(outer) * sizeOf(inner) <= 2000);
        const { kernel, buffers } = makeCase(outer, inner, seed);
        expectEqual(
          runKernels([kernel], buffers, { width, fma: bestVectorWidth().fma }),
          referenceLoop(kernel, buffers),
          kernel,
        );
      },
    ),
    { numRuns: 500 },
  );
});

/**
 * @file Matrix products whose few results are long sums: the inner dimension is split among workgroups, or among the threads of
 * one. The split depends on the shape alone, so that the same product has the same bits.
 */
import type { LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { stridesOf } from '../../../graph/shape.js';
import { ofParts, ofProducts, type Epilogue } from './epilogue.js';
import { loopShader } from './loop.js';
import { fillsTiles, matmulShader } from './products.js';
import { product } from './coordinates.js';
import { sumOfParts, type Parts } from './parts.js';
import type { Shader } from './shader.js';
import { groupsOf, tileOf } from './tiles.js';

/** This many workgroups keep a device busy. */
const FULL_WORKGROUPS = 256;
/** The fewest elements of a part. */
const MIN_PART = 128;

/** `epilogue` is computed from the results, which are then not stored. */
export function productShaders(
  kernel: MatmulKernel,
  scratch: (words: number) => BufferRef,
  startsVector: (buffer: number) => boolean,
  epilogue: Epilogue | null = null,
): Shader[] {
  const { a, b, batch, m, n, k } = kernel;
  const whole = (): Shader[] => [matmulShader(kernel, { startsVector, epilogue })];
  if (kernel.out.dtype !== 'float32' || k < 2 * MIN_PART) return whole();
  const rank = batch.length;
  const results = product(batch) * m * n;
  const tiles = fillsTiles(kernel);
  // For a matrix and a few vectors: whether the terms of a sum are adjacent in the matrix.
  const along = n < m ? a.strides[rank + 1] === 1 : b.strides[rank] === 1;
  if (!tiles && along && results < 4096) {
    const sums = epilogue === null ? sumsOf(kernel) : ofProducts(epilogue, kernel);
    if (sums !== null) return [loopShader(sums)];
  }
  const groups = tiles
    ? groupsOf(product(batch), m, n, tileOf(product(batch), m, n))
    : Math.ceil(results / 64);
  const most = Math.min(Math.floor(FULL_WORKGROUPS / groups), Math.floor(k / MIN_PART));
  if (most < 2) return whole();
  const length = Math.ceil(k / most / 16) * 16;
  const parts: Parts = { count: Math.ceil(k / length), length };
  const place = { ...scratch(parts.count * results), dtype: 'float32' as const };
  return [
    matmulShader(partsOf(kernel, parts, place), { startsVector, parts }),
    loopShader(
      epilogue === null
        ? sumOfParts([...batch, m, n], parts.count, place, kernel.out)
        : ofParts(epilogue, parts.count, place),
    ),
  ];
}

/** Each result as a sum over the inner dimension, computed by the threads of a workgroup. */
function sumsOf({ a, b, out, batch, m, n, k }: MatmulKernel): LoopKernel {
  const rank = batch.length;
  const [first, second] = [a.strides, b.strides];
  return {
    kind: 'loop',
    outer: [...batch, m, n],
    inner: [k],
    inputs: [
      { ...a, strides: [...first.slice(0, rank), first[rank]!, 0, first[rank + 1]!] },
      { ...b, strides: [...second.slice(0, rank), 0, second[rank + 1]!, second[rank]!] },
    ],
    body: [
      { kind: 'load', input: 0, dtype: 'float32' },
      { kind: 'load', input: 1, dtype: 'float32' },
      { kind: 'op', op: 'mul', args: [0, 1], dtype: 'float32' },
      { kind: 'reduce', op: 'sum', arg: 2, dtype: 'float32' },
    ],
    outputs: [{ ...out, value: 3 }],
  };
}

/** The products of the parts, with the parts as one more dimension of the batch. */
function partsOf(kernel: MatmulKernel, { count, length }: Parts, place: BufferRef): MatmulKernel {
  const { a, b, batch, m, n } = kernel;
  const rank = batch.length;
  const shape = [count, ...batch, m, n];
  return {
    ...kernel,
    batch: [count, ...batch],
    a: { ...a, strides: [length * a.strides[rank + 1]!, ...a.strides] },
    b: { ...b, strides: [length * b.strides[rank]!, ...b.strides] },
    out: { ...place, strides: stridesOf(shape) },
  };
}

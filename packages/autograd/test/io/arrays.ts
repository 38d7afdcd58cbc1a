/** @file Arbitrary arrays for round trips, compared bit by bit (NaN payloads and -0 included). */
import fc from 'fast-check';
import type { ArrayRecord } from '../../src/io/elements.js';
import type { DType, TypedArray } from '../../src/graph/dtype.js';

const VIEW = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

function dataOf(dtype: DType, size: number): fc.Arbitrary<TypedArray> {
  if (dtype === 'bool') return fc.uint8Array({ minLength: size, maxLength: size, max: 1 });
  const bytes = size * VIEW[dtype].BYTES_PER_ELEMENT;
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => new VIEW[dtype](raw.slice().buffer));
}

export const arbArray: fc.Arbitrary<ArrayRecord> = fc
  .tuple(
    fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool'),
    fc.array(fc.nat(4), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) =>
    dataOf(
      dtype,
      shape.reduce((product, dim) => product * dim, 1),
    ).map((data) => ({ dtype, shape, data })),
  );

/** Names of every kind, the dangerous ones among them. */
export const arbName: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'layers.0.weight', '10'),
);

export const arbArrays: fc.Arbitrary<Record<string, ArrayRecord>> = fc
  .uniqueArray(fc.tuple(arbName, arbArray), { selector: ([name]) => name, maxLength: 6 })
  .map((pairs) =>
    Object.assign(Object.create(null) as Record<string, ArrayRecord>, Object.fromEntries(pairs)),
  );

/** An array as something that `toEqual` compares bit by bit. */
export function bits({ dtype, shape, data }: ArrayRecord): unknown {
  return {
    dtype,
    shape,
    bytes: Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  };
}

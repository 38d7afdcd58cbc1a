/** @file Tensors as the fixture scripts write them. */
import { tensor, type Tensor } from '@chainrule/autograd';

export interface Packed {
  readonly dtype: string;
  readonly shape: number[];
  readonly data: string;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

export function unpack({ dtype, shape, data }: Packed): Tensor {
  const name = dtype as keyof typeof ARRAYS;
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return tensor(new ARRAYS[name](bytes.buffer), { shape, dtype: name });
}

export function unpackAll(tensors: Readonly<Record<string, Packed>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, unpack(t)]));
}

/** The largest difference, relative to the larger of 1 and the expected value. */
export function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Infinity;
  let most = 0;
  for (let i = 0; i < got.length; i++) {
    const [g, e] = [got[i] as number, expected[i] as number];
    if (Object.is(g, e) || (Number.isNaN(g) && Number.isNaN(e))) continue;
    const d = Math.abs(g - e) / Math.max(1, Math.abs(e));
    most = Number.isNaN(d) ? Infinity : Math.max(most, d);
  }
  return most;
}

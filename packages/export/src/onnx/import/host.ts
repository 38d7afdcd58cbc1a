/** @file Arithmetic on numbers that are known before the model runs: shapes, bounds, loop counts. */
import type { DType } from '@chainrule/autograd';
import type { Known } from './values.js';
import { known } from './values.js';

type Fold = (inputs: readonly Known[]) => Known | null;

/** Arrays of more elements are computed as tensors instead. */
const MAX_HOST_ELEMENTS = 65_536;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

/** Positions in row-major order. */
export function* positions(shape: readonly number[]): Generator<number[]> {
  const at = shape.map(() => 0);
  for (let i = sizeOf(shape); i > 0; i--) {
    yield [...at];
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++at[d]! < shape[d]!) break;
      at[d] = 0;
    }
  }
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * shape[d + 1]!;
  return strides;
}

/** The elements of `x` at indices that `from` computes from the position in the result. */
export function rearranged(
  x: Known,
  shape: readonly number[],
  from: (at: readonly number[]) => readonly number[],
): Known {
  const strides = stridesOf(x.shape);
  const data: number[] = [];
  for (const at of positions(shape))
    data.push(x.data[from(at).reduce((sum, i, d) => sum + i * strides[d]!, 0)]!);
  return known(data, shape, x.dtype);
}

export function broadcastShapes(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = Array.from({ length: rank }, () => 1);
  for (const shape of shapes) {
    for (const [i, n] of shape.entries()) {
      const d = i + rank - shape.length;
      if (out[d] === 1) out[d] = n;
      else if (n !== 1 && n !== out[d]) return null;
    }
  }
  return out;
}

/** `x` broadcast to a shape. */
export function expanded(x: Known, shape: readonly number[]): Known {
  const lead = shape.length - x.shape.length;
  return rearranged(x, shape, (at) => x.shape.map((n, d) => (n === 1 ? 0 : at[d + lead]!)));
}

/** Element-wise arithmetic; `dtype` is that of the result, by default that of the first input. */
export function elementwise(f: (...xs: number[]) => number, dtype?: DType): Fold {
  return (inputs) => {
    const shape = broadcastShapes(inputs.map((x) => x.shape));
    if (shape === null || sizeOf(shape) > MAX_HOST_ELEMENTS) return null;
    const all = inputs.map((x) => expanded(x, shape).data);
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => f(...all.map((x) => x[i]!)));
    return known(data, shape, dtype ?? inputs[0]!.dtype);
  };
}

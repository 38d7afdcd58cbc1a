/** @file Shapes: checking them, naming dimensions, broadcasting, strides. */
import { ChainruleError, IndexError, ShapeError } from '../errors.js';

/** The size of each dimension, outermost first; `[]` is a single number. */
export type Shape = readonly number[];

/** The largest number of elements one tensor may have: what a typed array can index. */
export const MAX_SIZE = 2 ** 32;

/** `[2, 3]`, as it stands in messages. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d]!;
  return size;
}

/** Refuses whatever is no list of whole, non-negative sizes, before anything is allocated. */
export function checkShape(op: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) {
    throw new ShapeError(
      `${op}: a shape is an array of sizes such as [2, 3], got ${String(shape)}`,
    );
  }
  let size = 1;
  for (let d = 0; d < shape.length; d++) {
    const n: unknown = shape[d];
    if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0 || Object.is(n, -0)) {
      throw new ShapeError(
        `${op}: dimension ${d} of the shape is ${typeof n === 'string' ? `'${n}'` : Object.is(n, -0) ? '-0' : String(n)}; ` +
          `each must be a whole number, 0 or more`,
      );
    }
    size *= n;
  }
  if (size > MAX_SIZE) {
    throw new ShapeError(
      `${op}: shape ${show(shape as Shape)} has ${size} elements (${Math.round(size / 2 ** 18)} MB in float32); ` +
        `a tensor holds at most ${MAX_SIZE}`,
    );
  }
  return (shape as number[]).slice();
}

/** A dimension counted from the front, from one that may be negative. */
export function normalizeDim(op: string, dim: number, ndim: number): number {
  const bound = ndim === 0 ? 1 : ndim;
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) {
    throw new IndexError(
      `${op}: dimension ${String(dim)} is out of range for a tensor with ${ndim} dimension${ndim === 1 ? '' : 's'}` +
        `; it must be a whole number from ${-bound} to ${bound - 1}`,
    );
  }
  return dim < 0 ? dim + bound : dim;
}

/** Distinct dimensions counted from the front, in the order given; all of them for `undefined`. */
export function normalizeDims(
  op: string,
  dim: number | readonly number[] | null | undefined,
  ndim: number,
): number[] {
  if (dim === undefined || dim === null) return range(ndim);
  const dims = (typeof dim === 'number' ? [dim] : dim).map((d) => normalizeDim(op, d, ndim));
  const seen = new Set(dims);
  if (seen.size !== dims.length) {
    throw new ShapeError(`${op}: a dimension is named twice in ${show(dims)}`);
  }
  return ndim === 0 ? [] : dims;
}

/** `[0, 1, …, n - 1]`. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export function sameShape(x: Shape, y: Shape): boolean {
  if (x === y) return true;
  if (x.length !== y.length) return false;
  for (let d = 0; d < x.length; d++) if (x[d] !== y[d]) return false;
  return true;
}

/** The shape two operands broadcast to, as NumPy does: aligned at the last dimension, 1 stretches. */
export function broadcastShapes(op: string, x: Shape, y: Shape): Shape {
  if (sameShape(x, y) || y.length === 0) return x;
  if (x.length === 0) return y;
  const n = Math.max(x.length, y.length);
  const out = new Array<number>(n);
  for (let d = 1; d <= n; d++) {
    const a = d <= x.length ? x[x.length - d]! : 1;
    const b = d <= y.length ? y[y.length - d]! : 1;
    if (a !== b && a !== 1 && b !== 1) {
      throw new ShapeError(
        `${op}: shapes ${show(x)} and ${show(y)} do not broadcast: dimension ${-d} is ${a} in one and ${b} in the other ` +
          `(they must be equal, or one of them 1)`,
      );
    }
    out[n - d] = a === 1 ? b : a;
  }
  return sameShape(out, x) ? x : sameShape(out, y) ? y : out;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/** Strides that read a contiguous `from` as if it were broadcast to `to`: 0 where it is stretched. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((n, d) => (d < lead || (from[d - lead] === 1 && n !== 1) ? 0 : own[d - lead]!));
}

/** The shape left after a reduction over `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): number[] {
  const out: number[] = [];
  for (let d = 0; d < shape.length; d++) {
    if (!dims.includes(d)) out.push(shape[d]!);
    else if (keepdim) out.push(1);
  }
  return out;
}

/** A whole number within bounds, or a clear error. */
export function checkInteger(op: string, name: string, value: unknown, min = -Infinity): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min) {
    throw new ChainruleError(
      `${op}: ${name} must be a whole number${min === -Infinity ? '' : ` of at least ${min}`}, got ${String(value)}`,
    );
  }
  return value;
}

/** @file Shapes: checking them, naming dimensions, broadcasting, strides. */
import { display, passes, type Kind } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError, IndexError, ShapeError } from '../errors.js';

/** The size of each dimension, outermost first; `[]` is a single number. */
export type Shape = readonly number[];

/** The largest number of elements one tensor may have: 4 GiB of float32, all that a WebAssembly memory can hold. */
export const MAX_SIZE = 2 ** 30;

/** The largest number of dimensions one tensor may have, as in NumPy and PyTorch. */
export const MAX_RANK = 64;

/** `[2, 3]`, as in messages. */
export function show(shape: Shape): string {
  // No valid shape is that long; an invalid argument may be.
  if (shape.length > 40) return `[${shape.slice(0, 10).join(', ')}, … ${shape.length} in all]`;
  return `[${shape.join(', ')}]`;
}

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d]!;
  return size;
}

/** Refuses anything but a list of non-negative integers, before anything is allocated; returns a copy. */
export function checkShape(op: string, shape: unknown): Shape {
  if (!passes(someArray, shape)) {
    throw new ShapeError(
      `${op}: a shape is an array of sizes such as [2, 3], got ${display(shape)}`,
    );
  }
  if (shape.length > MAX_RANK) {
    throw new ShapeError(
      `${op}: the shape has ${shape.length} dimensions; a tensor has at most ${MAX_RANK}`,
    );
  }
  const sizes = new Array<number>(shape.length);
  for (let d = 0; d < sizes.length; d++) {
    const n = shape[d];
    if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0 || Object.is(n, -0)) {
      throw new ShapeError(
        `${op}: dimension ${d} of the shape is ${display(n)}; each must be a whole number, 0 or more`,
      );
    }
    sizes[d] = n;
  }
  checkSize(op, sizes);
  return sizes;
}

/** Refuses a shape of more elements than a tensor may have: for shapes that an operation computes. */
export function checkSize(op: string, shape: Shape): void {
  const size = sizeOf(shape);
  if (size <= MAX_SIZE) return;
  throw new ShapeError(
    `${op}: shape ${show(shape)} has ${size} elements (${Math.round(size / 2 ** 18)} MB in float32); ` +
      `a tensor holds at most ${MAX_SIZE}`,
  );
}

const someArray: Kind<readonly unknown[]> = kinds.kind('be an array', (x) => {
  if (!Array.isArray(x) || x.length > MAX_RANK) return Array.isArray(x); // a list that is too long is refused for its length
  // Reads every element once, so that an array that throws when it is read is refused.
  return Array.from(x as readonly unknown[]).length === x.length;
});

/** The dimension counted from the front; `dim` may be negative. */
export function normalizeDim(op: string, dim: number, ndim: number): number {
  const bound = ndim === 0 ? 1 : ndim;
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) refuseDim(op, dim, ndim, bound);
  return dim < 0 ? dim + bound : dim;
}

function refuseDim(op: string, dim: unknown, ndim: number, bound: number): never {
  const must = `it must be a whole number from ${-bound} to ${bound - 1}`;
  if (typeof dim === 'number') {
    throw new IndexError(
      `${op}: dimension ${dim} is out of range for a tensor with ${ndim} dimension${ndim === 1 ? '' : 's'}; ${must}`,
    );
  }
  const given = display(dim);
  throw new IndexError(
    `${op}: expected a dimension, got ${given}; ${must}` +
      (given.startsWith('an object {') ? '; options come after it' : ''),
  );
}

/** Distinct dimensions counted from the front, in the order given; all of them for `undefined`. */
export function normalizeDims(
  op: string,
  dim: number | readonly number[] | null | undefined,
  ndim: number,
): number[] {
  if (dim === undefined || dim === null) return range(ndim);
  if (typeof dim === 'number') {
    const d = normalizeDim(op, dim, ndim);
    return ndim === 0 ? [] : [d];
  }
  if (!passes(someArray, dim)) return refuseDim(op, dim, ndim, ndim === 0 ? 1 : ndim);
  if (dim.length > MAX_RANK) {
    throw new IndexError(`${op}: ${dim.length} dimensions are given, the tensor has ${ndim}`);
  }
  const dims: number[] = [];
  for (let i = 0; i < dim.length; i++) {
    const known = normalizeDim(op, dim[i] as number, ndim);
    if (dims.includes(known)) {
      throw new ShapeError(`${op}: a dimension occurs twice in ${display(dim)}`);
    }
    dims.push(known);
  }
  return ndim === 0 ? [] : dims;
}

/** `[0, 1, …, n - 1]`. */
export function range(n: number): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < n; i++) numbers.push(i);
  return numbers;
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

/** Returns an integer no less than `min`, or throws a clear error. */
export function checkInteger(op: string, name: string, value: unknown, min = -Infinity): number {
  const wrong = typeof value !== 'number' || !Number.isSafeInteger(value) || value < min;
  if (wrong || (min === 0 && Object.is(value, -0))) {
    throw new ChainruleError(
      `${op}: ${name} must be a whole number${min === -Infinity ? '' : ` ≥ ${min}`}, got ${display(value)}`,
    );
  }
  return value;
}

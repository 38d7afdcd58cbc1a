/** @file Views: values that read other values in another order. Movement operations become views, which cost nothing. */
import type { ViewSpec } from '../../graph/lowering.js';
import type { Primitive } from '../../graph/primitive.js';
import { sizeOf, stridesOf, type Shape } from '../../graph/shape.js';
import type { Instruction } from '../program.js';

/** How the elements of a value are read from a contiguous base. */
export interface View {
  readonly base: number;
  readonly offset: number;
  /** In elements, one for each dimension of the value. */
  readonly strides: readonly number[];
  /**
   * For each dimension of the value the dimension of the base that it runs along, or -1 where it repeats; null where a
   * dimension of the value is not a whole dimension of the base.
   */
  readonly dims: readonly number[] | null;
}

/** A view of a whole value, in order. */
export function ownView(base: number, shape: Shape): View {
  return { base, offset: 0, strides: stridesOf(shape), dims: shape.map((_, d) => d) };
}

/** Whether a view reads all of its base, in order. */
export function isContiguous(view: View, shape: Shape, baseShape: Shape): boolean {
  return view.offset === 0 && sizeOf(shape) === sizeOf(baseShape) && isRowMajor(view, shape);
}

/** Whether a view reads adjacent elements, in order. */
export function isRowMajor({ strides }: View, shape: Shape): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== step) return false;
    step *= shape[d]!;
  }
  return true;
}

/** The view that an instruction makes from the view of its input; null where it is not a view. */
export function viewOf(
  { op, attrs, shape }: Instruction,
  input: View,
  inputShape: Shape,
): View | null {
  const { lowering } = op as Primitive;
  if (lowering.kind === 'alias') return reshape(input, inputShape, shape);
  return lowering.kind === 'view'
    ? apply(lowering.view(attrs ?? {}), input, inputShape, shape)
    : null;
}

function apply(spec: ViewSpec, view: View, from: Shape, to: Shape): View {
  switch (spec.kind) {
    case 'expand':
      return expand(view, from, to);
    case 'permute':
      return {
        base: view.base,
        offset: view.offset,
        strides: spec.dims.map((d) => view.strides[d]!),
        dims: view.dims === null ? null : spec.dims.map((d) => view.dims![d]!),
      };
    case 'slice':
      return {
        base: view.base,
        offset: spec.start.reduce((at, s, d) => at + s * view.strides[d]!, view.offset),
        strides: to.map((_, d) => view.strides[d]! * spec.step[d]!),
        dims: null,
      };
  }
}

function expand(view: View, from: Shape, to: Shape): View {
  const lead = to.length - from.length;
  const repeats = (d: number): boolean => d < lead || (from[d - lead] === 1 && to[d] !== 1);
  return {
    base: view.base,
    offset: view.offset,
    strides: to.map((_, d) => (repeats(d) ? 0 : view.strides[d - lead]!)),
    dims: view.dims === null ? null : to.map((_, d) => (repeats(d) ? -1 : view.dims![d - lead]!)),
  };
}

/** The same elements in another shape: strides suffice if the dimensions that merge are adjacent in memory. */
function reshape(view: View, from: Shape, to: Shape): View | null {
  const strides = reshapeStrides(view.strides, from, to);
  if (strides === null) return null;
  return { base: view.base, offset: view.offset, strides, dims: keptDims(view, from, to) };
}

/** The dimensions of the base, if a reshape only adds or removes dimensions of size 1; otherwise null. */
function keptDims(view: View, from: Shape, to: Shape): number[] | null {
  if (view.dims === null) return null;
  const big = from.flatMap((n, d) => (n === 1 ? [] : [d]));
  const dims: number[] = [];
  let k = 0;
  for (const n of to) {
    if (n === 1) {
      dims.push(-1);
      continue;
    }
    const d = big[k++];
    if (d === undefined || from[d] !== n) return null;
    dims.push(view.dims[d]!);
  }
  return k === big.length ? dims : null;
}

function reshapeStrides(strides: readonly number[], from: Shape, to: Shape): number[] | null {
  if (sizeOf(from) === 0) return stridesOf(to);
  const out = new Array<number>(to.length).fill(0);
  let i = from.length - 1;
  let j = to.length - 1;
  while (i >= 0 || j >= 0) {
    if (i >= 0 && from[i] === 1) {
      i--;
      continue;
    }
    if (j >= 0 && to[j] === 1) {
      j--;
      continue;
    }
    if (i < 0 || j < 0) return null;
    // A block of dimensions with the same number of elements on both sides.
    let a = from[i]!;
    let b = to[j]!;
    let step = strides[i]!;
    const first = i;
    out[j] = step;
    while (a !== b) {
      if (a < b) {
        i--;
        if (i < 0) return null;
        if (from[i] === 1) continue;
        if (strides[i] !== strides[first]! * a) return null; // not adjacent in memory
        a *= from[i]!;
      } else {
        step *= to[j]!;
        j--;
        if (j < 0) return null;
        out[j] = step;
        b *= to[j]!;
      }
    }
    i--;
    j--;
  }
  return out;
}

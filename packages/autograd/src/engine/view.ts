/** @file Views: values that are other values read in another order. Movement operations become these, and cost nothing. */
import type { Attrs } from '../graph/primitive.js';
import { sizeOf, stridesOf, type Shape } from '../graph/shape.js';
import type { Instruction } from './program.js';

/** How the elements of a value are read from a contiguous base. */
export interface View {
  readonly base: number;
  readonly offset: number;
  /** In elements, one a dimension of the value. */
  readonly strides: readonly number[];
  /**
   * For each dimension of the value the dimension of the base it runs along, or -1 where it repeats; null where a
   * dimension of the value is no whole dimension of the base.
   */
  readonly dims: readonly number[] | null;
}

/** A value read as it is. */
export function ownView(base: number, shape: Shape): View {
  return { base, offset: 0, strides: stridesOf(shape), dims: shape.map((_, d) => d) };
}

/** Whether a view reads all of its base, in order. */
export function isContiguous(view: View, shape: Shape, baseShape: Shape): boolean {
  if (view.offset !== 0 || sizeOf(shape) !== sizeOf(baseShape)) return false;
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && view.strides[d] !== step) return false;
    step *= shape[d]!;
  }
  return true;
}

/** What an instruction makes of the view of its input; null where it is no view. */
export function viewOf(
  { op, attrs, shape, inputs }: Instruction,
  input: View,
  inputShape: Shape,
): View | null {
  if (op === null || inputs.length !== 1) return null;
  if (op.trait === 'alias') return reshape(input, inputShape, shape);
  const rule = op.trait === 'movement' ? rules[op.name] : undefined;
  return rule === undefined ? null : rule(input, inputShape, shape, attrs ?? {});
}

type Rule = (view: View, from: Shape, to: Shape, attrs: Attrs) => View | null;

const rules: Readonly<Record<string, Rule | undefined>> = {
  expand: (view, from, to) => {
    const lead = to.length - from.length;
    const repeats = (d: number): boolean => d < lead || (from[d - lead] === 1 && to[d] !== 1);
    return {
      base: view.base,
      offset: view.offset,
      strides: to.map((_, d) => (repeats(d) ? 0 : view.strides[d - lead]!)),
      dims: view.dims === null ? null : to.map((_, d) => (repeats(d) ? -1 : view.dims![d - lead]!)),
    };
  },
  permute: (view, _from, _to, attrs) => {
    const order = attrs['dims'] as readonly number[];
    return {
      base: view.base,
      offset: view.offset,
      strides: order.map((d) => view.strides[d]!),
      dims: view.dims === null ? null : order.map((d) => view.dims![d]!),
    };
  },
  slice: (view, _from, to, attrs) => {
    const [start, step] = [attrs['start'], attrs['step']] as readonly (readonly number[])[];
    return {
      base: view.base,
      offset: start!.reduce((at, s, d) => at + s * view.strides[d]!, view.offset),
      strides: to.map((_, d) => view.strides[d]! * step![d]!),
      dims: null,
    };
  },
};

/** The same elements in another shape: by strides alone where the dimensions that merge lie next to each other. */
function reshape(view: View, from: Shape, to: Shape): View | null {
  const strides = reshapeStrides(view.strides, from, to);
  if (strides === null) return null;
  return { base: view.base, offset: view.offset, strides, dims: keptDims(view, from, to) };
}

/** The dimensions of the base, where a reshape only adds or removes dimensions of size 1. */
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
        if (strides[i] !== strides[first]! * a) return null; // not next to each other
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

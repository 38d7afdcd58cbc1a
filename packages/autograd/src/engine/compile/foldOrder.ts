/**
 * @file The order in which a sum or a product over many elements is taken: it depends only on the shape of the argument, the
 * folded dimensions and the strides of the argument's own view, so it is the same whatever the fold is fused with.
 */
import { isFloat } from '../../graph/dtype.js';
import type { Shape } from '../../graph/shape.js';
import type { Instruction } from '../program.js';

export interface FoldOrder {
  /** `row`: several accumulators run along the innermost level; `column`: each sum has one, and takes elements in order. */
  readonly along: 'row' | 'column';
  /** What is folded, outermost level first: dimensions of the iteration space; those in one level are traversed as one. */
  readonly levels: readonly (readonly number[])[];
}

/** Whether a fold rounds, so that its result depends on the order. */
export function isOrdered({ op, dtype }: Instruction): boolean {
  const lowering = op?.lowering;
  if (lowering?.kind !== 'fold' || !isFloat(dtype)) return false;
  return lowering.fold === 'sum' || lowering.fold === 'prod';
}

/** The order of a product that runs as a sum in a loop, from its operands' own views. */
export function productOrder(
  a: readonly number[],
  b: readonly number[],
  transposed: { readonly a: boolean; readonly b: boolean },
): 'row' | 'column' {
  const depthA = a.at(transposed.a ? -2 : -1);
  const depthB = b.at(transposed.b ? -1 : -2);
  return depthA === 1 && depthB === 1 ? 'row' : 'column';
}

/** A level this long is not joined with the next outer one. */
export const MAX_JOINED_LEVEL = 64;
/** A level shorter than this is not worth several accumulators. */
export const MIN_SPLIT_LEVEL = 4;

/** `layout` maps each dimension of the argument to one of the iteration space; −1 where the size is 1. */
export function foldOrder(
  shape: Shape,
  dims: readonly number[],
  strides: readonly number[],
  layout: readonly number[],
): FoldOrder {
  const axes = shape.flatMap((size, d) =>
    size === 1 ? [] : [{ size, d, stride: strides[d] === 0 ? Infinity : Math.abs(strides[d]!) }],
  );
  const folded = axes
    .filter(({ d }) => dims.includes(d))
    .sort((x, y) => y.stride - x.stride || x.d - y.d);
  const kept = axes.filter(({ d }) => !dims.includes(d));
  const levels: { size: number; stride: number; d: number; dims: number[] }[] = [];
  for (const { size, d, stride } of folded.reverse()) {
    const inner = levels[0];
    // A flipped dimension runs the other way, so it is not traversed as one with its neighbour.
    const isOne = strides[d] === (inner === undefined ? 0 : strides[inner.d]! * inner.size);
    if (inner !== undefined && inner.size < MAX_JOINED_LEVEL && isOne) {
      inner.size *= size;
      inner.dims.unshift(layout[d]!);
    } else levels.unshift({ size, stride, d, dims: [layout[d]!] });
  }
  const innermost = levels.at(-1);
  const along =
    innermost === undefined ||
    kept.length === 0 ||
    (innermost.size >= MIN_SPLIT_LEVEL && kept.every(({ stride }) => stride > innermost.stride))
      ? 'row'
      : 'column';
  const joined = levels.map((level) => level.dims);
  return { along, levels: along === 'row' ? joined : joined.flat().map((d) => [d]) };
}

export function sameOrder(x: FoldOrder, y: FoldOrder): boolean {
  return x.along === y.along && JSON.stringify(x.levels) === JSON.stringify(y.levels);
}

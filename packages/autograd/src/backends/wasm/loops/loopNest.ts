/**
 * @file How a loop kernel is traversed: which dimensions merge, which one goes through the vector lanes, which one is split
 * among threads.
 *
 * All of this depends on shapes and strides alone, so the rounding of a kernel never depends on the machine.
 */
import type { DType } from '../../../graph/dtype.js';
import { itemSize } from '../../../graph/dtype.js';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';

/** The `buffer` of a walk that is a coordinate, or a row kept in scratch memory. */
export const COORDINATE = -1;
export const CACHE = -2;

/** The traversal of one buffer; a coordinate that the body needs is traversed like a buffer of one-byte items. */
export interface Walk {
  /** The buffer of the plan; `COORDINATE` or `CACHE`. */
  readonly buffer: number;
  readonly dtype: DType;
  readonly size: number;
  readonly offset: number;
  /** Elements per step of each level. */
  readonly strides: readonly number[];
}

export interface Nest {
  /** Trip counts, outermost first: the levels of a row, then those within it. */
  readonly sizes: readonly number[];
  /** How many levels are outside a row. */
  readonly outer: number;
  /** The level whose points fill the lanes: the last level of its group. */
  readonly vector: number;
  readonly inputs: readonly Walk[];
  readonly outputs: readonly (Walk & { readonly value: number; readonly perPoint: boolean })[];
  /** A walk for each original dimension whose coordinate the body needs. */
  readonly coordinates: ReadonlyMap<number, Walk>;
}

interface Dim {
  size: number;
  readonly inner: boolean;
  /** Strides of the inputs, then of the outputs. */
  strides: number[];
  /** The original dimension whose coordinate the body needs, or −1. */
  readonly coordinate: number;
}

export function planNest(kernel: LoopKernel): Nest {
  const rank = kernel.outer.length;
  const full = [...kernel.outer, ...kernel.inner];
  const asked = new Set(kernel.body.flatMap((s: Scalar) => (s.kind === 'index' ? [s.dim] : [])));
  const accesses = [...kernel.inputs, ...kernel.outputs];

  let dims: Dim[] = full.map((size, d) => ({
    size,
    inner: d >= rank,
    strides: accesses.map((access) => access.strides[d] ?? 0),
    coordinate: asked.has(d) ? d : -1,
  }));
  dims = merge(
    dims.filter((dim) => dim.size !== 1),
    kernel.along === 'row',
  );
  if (dims.length === 0)
    dims.push({ size: 1, inner: false, strides: accesses.map(() => 0), coordinate: -1 });

  const vector = chooseVector(dims, kernel);
  const outerDims = dims.filter((dim) => !dim.inner && dim !== vector);
  const innerDims = dims.filter((dim) => dim.inner && dim !== vector);
  // The largest dimension comes first, where threads can split it; the order of rows changes no result. A dimension along
  // which sums are accumulated in memory cannot be split, and stays where it traverses memory in order.
  const carried = (dim: Dim): boolean =>
    dim.strides.slice(kernel.inputs.length).some((stride) => stride === 0);
  const largest = outerDims.reduce<Dim | undefined>(
    (best, dim) => (carried(dim) || (best && best.size >= dim.size) ? best : dim),
    undefined,
  );
  if (largest !== undefined) {
    outerDims.splice(outerDims.indexOf(largest), 1);
    outerDims.unshift(largest);
  }
  (vector.inner ? innerDims : outerDims).push(vector);
  const levels = [...outerDims, ...innerDims];

  const walk = (access: (typeof accesses)[number], i: number): Walk => ({
    buffer: access.buffer,
    dtype: access.dtype,
    size: itemSize[access.dtype],
    offset: access.offset,
    strides: levels.map((dim) => dim.strides[i] as number),
  });
  const coordinates = new Map<number, Walk>();
  for (const d of asked) {
    const strides = levels.map((dim) => (dim.coordinate === d ? 1 : 0));
    coordinates.set(d, { buffer: COORDINATE, dtype: 'int32', size: 1, offset: 0, strides });
  }
  return {
    sizes: levels.map((dim) => dim.size),
    outer: outerDims.length,
    vector: levels.indexOf(vector),
    inputs: kernel.inputs.map(walk),
    outputs: kernel.outputs.map((output, i) => ({
      ...walk(output, kernel.inputs.length + i),
      value: output.value,
      perPoint: output.strides.length === full.length,
    })),
    coordinates,
  };
}

/** Merges adjacent dimensions that every buffer traverses as one; inner ones only if the order of sums is not prescribed. */
function merge(dims: readonly Dim[], keepsRows: boolean): Dim[] {
  const merged: Dim[] = [];
  for (const dim of dims) {
    const last = merged[merged.length - 1];
    const joins =
      last !== undefined &&
      last.inner === dim.inner &&
      !(keepsRows && dim.inner) &&
      last.coordinate < 0 &&
      dim.coordinate < 0 &&
      last.strides.every((stride, i) => stride === (dim.strides[i] as number) * dim.size);
    if (joins) {
      last.size *= dim.size;
      last.strides = dim.strides;
    } else {
      merged.push({ ...dim, strides: [...dim.strides] });
    }
  }
  return merged;
}

/**
 * The dimension with the most unit strides, preferably an inner one. If the order of sums is prescribed, one that keeps it:
 * the last inner dimension, or an outer one.
 */
function chooseVector(all: readonly Dim[], kernel: LoopKernel): Dim {
  const hasInner = all.some((dim) => dim.inner);
  const last = all.at(-1) as Dim;
  if (kernel.along === 'row' && hasInner) return last;
  const rows = all.filter((dim) => !dim.inner);
  const dims = kernel.along === 'column' && rows.length > 0 ? rows : all;
  let best = dims[0] as Dim;
  let bestScore = -Infinity;
  for (const dim of dims) {
    let score = dim.inner ? 0.25 : 0;
    dim.strides.forEach((stride, i) => {
      const output = kernel.outputs[i - kernel.inputs.length];
      const perRow =
        output !== undefined && hasInner && output.strides.length === kernel.outer.length;
      // All lanes would write to one address: an accumulator in memory.
      if (output !== undefined && !perRow && stride === 0) score = -Infinity;
      const weight = perRow ? 0.125 : output !== undefined ? 1.5 : 1;
      score += weight * (stride === 1 ? 2 : stride === 0 ? 0.5 : -2);
    });
    if (dim.size < 4) score -= 8;
    // Of equal ones the last: it is closest to memory order.
    if (score >= bestScore) {
      best = dim;
      bestScore = score;
    }
  }
  return best;
}

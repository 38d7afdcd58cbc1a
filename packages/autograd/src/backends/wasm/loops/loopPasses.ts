/**
 * @file The passes over a row of a loop kernel: what each computes, writes and keeps, and how many vectors and threads they
 * use.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { isFloat, itemSize } from '../../../graph/dtype.js';
import { closure, isCheap, type ScalarFacts } from './loopBody.js';
import { CACHE, type Nest, type Walk } from './loopNest.js';

/** Rows (or columns side by side) up to this size keep values for the next pass; longer ones compute them again. */
const CACHE_BYTES = 128 * 1024;

/** A pass folds one level of reductions; the last one folds none, and writes what depends on them all. */
export interface Pass {
  /** The reductions that it folds: their indices in the body. */
  readonly reduces: readonly number[];
  /** The per-point outputs that it writes. */
  readonly outputs: Nest['outputs'];
  /** The scalars that it computes for both. */
  readonly roots: readonly number[];
}

export function planPasses(
  body: readonly Scalar[],
  nest: Nest,
  facts: readonly ScalarFacts[],
): readonly Pass[] {
  const levels = Math.max(
    0,
    ...body.map((scalar, i) => (scalar.kind === 'reduce' ? phaseOf(facts, i) : 0)),
  );
  return Array.from({ length: levels + 1 }, (_, pass) => {
    const reduces = body.flatMap((scalar, i) =>
      scalar.kind === 'reduce' && phaseOf(facts, i) === pass + 1 ? [i] : [],
    );
    // Written as soon as they are known, unless a later pass reads the buffer.
    const outputs = nest.outputs.filter(({ perPoint, value, buffer }) => {
      const read = nest.inputs.some((input) => input.buffer === buffer);
      return perPoint && pass === (read ? levels : phaseOf(facts, value));
    });
    const folded = reduces.map((i) => (body[i] as Scalar & { kind: 'reduce' }).arg);
    return { reduces, outputs, roots: [...folded, ...outputs.map((output) => output.value)] };
  });
}

function phaseOf(facts: readonly ScalarFacts[], i: number): number {
  return (facts[i] as ScalarFacts).phase;
}

/** Walks over scratch memory, for values of a row, or of `step` columns, that a later pass reads back. */
export function planCaches(
  { body }: LoopKernel,
  nest: Nest,
  facts: readonly ScalarFacts[],
  passes: readonly Pass[],
  step: number,
): { readonly caches: ReadonlyMap<number, Walk>; readonly bytes: number } {
  const { sizes, outer, vector } = nest;
  const caches = new Map<number, Walk>();
  let bytes = 0;
  if (passes.length < 2) return { caches, bytes };
  const strides = sizes.map((_, level) => Number(level === vector));
  let length = vector < outer ? step : 1;
  for (let level = sizes.length - 1; level >= outer; level--) {
    strides[level] = length;
    length *= sizes[level] as number;
  }
  // From the last scalar on: a value needed only for one that is kept need not be kept itself.
  for (let i = body.length - 1; i >= 0; i--) {
    const scalar = body[i] as Scalar;
    if (scalar.kind !== 'op' || !isFloat(scalar.dtype)) continue;
    const { perLane, depth } = facts[i] as ScalarFacts;
    if (isCheap(scalar.op) || !perLane || depth < outer) continue;
    const uses = passes.filter(({ roots }) =>
      closure(body, roots, (j) => caches.has(j)).includes(i),
    );
    const size = itemSize[scalar.dtype];
    const needed = Math.ceil((length * size + 64) / 64) * 64;
    if (uses.length < 2 || bytes + needed > CACHE_BYTES) continue;
    caches.set(i, { buffer: CACHE, dtype: scalar.dtype, size, offset: bytes, strides });
    bytes += needed;
  }
  return { caches, bytes };
}

/** How many vectors are processed side by side along the vector level. */
export function vectorsOf(
  body: readonly Scalar[],
  nest: Nest,
  facts: readonly ScalarFacts[],
): number {
  const { sizes, outer, vector } = nest;
  const cheap = facts.every((fact) => !fact.expensive);
  const columns = vector < outer && sizes.length > outer;
  // Going down columns, less than a cache line at a time would fetch every line twice.
  const simple = cheap && body.length <= 5;
  // The number of accumulators decides how a sum is rounded, so it must not depend on what else a row computes.
  const sums = vector >= outer && body.some((scalar) => scalar.kind === 'reduce');
  let width = columns ? (cheap ? 8 : 4) : simple || sums ? 4 : 2;
  if (!sums && body.some((scalar) => scalar.dtype === 'float64')) width = Math.max(2, width / 2);
  while (width > 1 && (sizes[vector] as number) < 4 * width) width /= 2;
  return width;
}

/** The level that threads share, or −1: the first along which all outputs move, unless the vector level has more work. */
export function levelToShare({ sizes, outer, vector, outputs }: Nest, width: number): number {
  const free = (level: number): boolean =>
    outputs.every(({ strides }) => strides[level] !== 0) || sizes[level] === 1;
  const blocks = (level: number): number =>
    level === vector
      ? Math.floor((sizes[level] as number) / (4 * width))
      : (sizes[level] as number);
  const first = sizes.slice(0, outer).findIndex((_, level) => free(level));
  const last = outer - 1;
  const lastIsBetter =
    vector === last && first < last && free(last) && (first < 0 || blocks(last) > blocks(first));
  return lastIsBetter ? last : first;
}

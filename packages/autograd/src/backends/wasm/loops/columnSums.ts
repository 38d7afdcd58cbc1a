/**
 * @file Sums down columns, with accumulators in memory.
 *
 * A row of many columns is read whole, one row after the other, in memory order; each element is added to the accumulator of
 * its column, which stays in the L1 cache. Column by column, every row would be a jump that no prefetcher follows. Each block
 * of rows has accumulators of its own, which are added in pairs afterwards, so the bits are those of sums with accumulators
 * in registers (`blockSums.ts`).
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import type { Scratch } from '../assembler/block.js';
import { identity } from '../elements/elementOps.js';
import { COLUMN_BLOCK } from './blockSums.js';
import { analyseBody, isCheap } from './loopBody.js';
import { planNest } from './loopNest.js';
import { Rebuild, reductionLevels } from './rebuild.js';

type Output = LoopKernel['outputs'][number];

/** Fewer columns fit into a few registers and cache lines. */
const MIN_COLUMNS = 64;
/** More accumulators than this do not stay in the L1 cache. */
const ACCUMULATOR_BYTES = 2 ** 15;
/** For fewer rows, setting up the accumulators does not pay. */
const MIN_ROWS = 8;

const OPERATIONS: Readonly<Record<string, string | undefined>> = { sum: 'add', prod: 'mul' };

/** The kernel itself, or kernels that compute the same with accumulators in scratch memory. */
export function columnSums(given: LoopKernel, scratch: Scratch): LoopKernel[] {
  const kernel = joinInner(given);
  if (!worthwhile(kernel)) return [given];
  const rank = kernel.outer.length;
  const levels = reductionLevels(kernel.body);
  const strides = stridesOf(kernel.outer);
  const columns = sizeOf(kernel.outer);
  const [rows = 1] = kernel.inner;
  const blocks = Math.ceil(rows / COLUMN_BLOCK);
  const sums = kernel.body.flatMap((scalar, i) => {
    if (scalar.kind !== 'reduce') return [];
    return [{ scalar, i, place: scratch.take(scalar.dtype, columns * blocks) }];
  });

  const start: LoopKernel = {
    kind: 'loop',
    outer: [blocks, ...kernel.outer],
    inner: [],
    inputs: [],
    body: sums.map(({ scalar: { op, dtype } }) => ({
      kind: 'const',
      value: identity(op, dtype),
      dtype,
    })),
    outputs: sums.map(({ place }, value) => ({ ...place, strides: [columns, ...strides], value })),
  };

  const perPoint = ({ strides: given }: Output): boolean => given.length > rank;
  const early = kernel.outputs.filter(
    (output) =>
      perPoint(output) &&
      levels[output.value] === 0 &&
      kernel.inputs.every(({ buffer }) => buffer !== output.buffer),
  );
  const walk = (block: number): LoopKernel => {
    const first = block * COLUMN_BLOCK;
    const from = (access: Access): Access => ({
      ...access,
      offset: access.offset + first * (access.strides[rank] ?? 0),
    });
    const points = new Rebuild(kernel, { access: from, index: coordinate(rank, first) });
    const added = sums.map(({ scalar, place }): Output => {
      const offset = place.offset + block * columns;
      const access: Access = { ...place, offset, strides: [...strides, 0] };
      const args = [points.load(access), points.scalar(scalar.arg)];
      const op = OPERATIONS[scalar.op] as string;
      const value = points.body.push({ kind: 'op', op, args, dtype: scalar.dtype }) - 1;
      return { ...access, value };
    });
    const outputs = early.map((x): Output => ({ ...x, ...from(x), value: points.scalar(x.value) }));
    return {
      kind: 'loop',
      outer: [...kernel.outer, Math.min(COLUMN_BLOCK, rows - first)],
      inner: [],
      outputs: [...added, ...outputs],
      inputs: points.inputs,
      body: points.body,
    };
  };
  // Adjacent blocks are added until one is left, at the place of the first.
  const together: LoopKernel[] = [];
  for (let apart = 1; apart < blocks; apart *= 2) {
    const pairs = Math.ceil((blocks - apart) / (2 * apart));
    const part = (place: BufferRef, at: number): Access => ({
      ...place,
      offset: place.offset + at * columns,
      strides: [2 * apart * columns, ...strides],
    });
    together.push({
      kind: 'loop',
      outer: [pairs, ...kernel.outer],
      inner: [],
      inputs: sums.flatMap(({ place }) => [part(place, 0), part(place, apart)]),
      body: sums.flatMap(({ scalar: { op, dtype } }, k): Scalar[] => [
        { kind: 'load', input: 2 * k, dtype },
        { kind: 'load', input: 2 * k + 1, dtype },
        { kind: 'op', op: OPERATIONS[op] as string, args: [3 * k, 3 * k + 1], dtype },
      ]),
      outputs: sums.map(({ place }, k) => ({ ...part(place, 0), value: 3 * k + 2 })),
    });
  }

  /** The remaining outputs, of each column or of each point, with the sums read from memory. */
  const rest = (outputs: readonly Output[], inner: readonly number[]): LoopKernel[] => {
    if (outputs.length === 0) return [];
    const whole = rank + inner.length;
    const part = new Rebuild(kernel, {
      access: (access) => ({ ...access, strides: access.strides.slice(0, whole) }),
      index: coordinate(rank, 0),
    });
    for (const { i, place } of sums)
      part.known.set(i, part.load({ ...place, strides: [...strides, ...inner.map(() => 0)] }));
    const made = outputs.map((x): Output => ({ ...x, value: part.scalar(x.value) }));
    const outer = [...kernel.outer, ...inner];
    return [
      { kind: 'loop', outer, inner: [], inputs: part.inputs, body: part.body, outputs: made },
    ];
  };
  return [
    start,
    ...Array.from({ length: blocks }, (_, block) => walk(block)),
    ...together,
    ...rest(
      kernel.outputs.filter((x) => !perPoint(x)),
      [],
    ),
    ...rest(
      kernel.outputs.filter((x) => perPoint(x) && !early.includes(x)),
      kernel.inner,
    ),
  ];
}

/** Writes a coordinate; that along the rows starts at `first`. */
function coordinate(rank: number, first: number): (dim: number, body: Scalar[]) => number {
  return (dim, body) => {
    const add = (scalar: Scalar): number => body.push(scalar) - 1;
    const at = add({ kind: 'index', dim, dtype: 'int32' });
    if (dim !== rank || first === 0) return at;
    const base = add({ kind: 'const', value: first, dtype: 'int32' });
    return add({ kind: 'op', op: 'add', args: [at, base], dtype: 'int32' });
  };
}

/** The kernel with its inner dimensions merged, if they merge in all that it reads and writes. */
function joinInner(kernel: LoopKernel): LoopKernel {
  const { outer, inner, inputs, outputs, body } = kernel;
  const rank = outer.length;
  if (inner.length < 2 || body.some((scalar) => scalar.kind === 'index')) return kernel;
  const perPoint = [...inputs, ...outputs].filter(({ strides }) => strides.length > rank);
  const joins = perPoint.every(({ strides }) =>
    inner.every(
      (_, d) =>
        d === 0 || strides[rank + d - 1] === (strides[rank + d] as number) * (inner[d] as number),
    ),
  );
  if (!joins) return kernel;
  const joined = <A extends Access>(access: A): A =>
    access.strides.length > rank
      ? { ...access, strides: [...access.strides.slice(0, rank), access.strides.at(-1) as number] }
      : access;
  return {
    ...kernel,
    inner: [sizeOf(inner)],
    inputs: inputs.map(joined),
    outputs: outputs.map(joined),
  };
}

function worthwhile(kernel: LoopKernel): boolean {
  const { outer, inner, body } = kernel;
  const reduces = body.filter((scalar) => scalar.kind === 'reduce');
  const columns = sizeOf(outer);
  const rows = sizeOf(inner);
  const bytes = reduces.reduce((sum, { dtype }) => sum + columns * itemSize[dtype], 0);
  if (reduces.length === 0 || rows < MIN_ROWS || bytes > ACCUMULATOR_BYTES) return false;
  if (inner.length !== 1 || rows > COLUMN_BLOCK ** 2) return false;
  const levels = reductionLevels(body);
  if (reduces.some(({ op, arg }) => OPERATIONS[op] === undefined || levels[arg] !== 0))
    return false;
  const nest = planNest(kernel);
  if (nest.vector >= nest.outer || (nest.sizes[nest.vector] as number) <= MIN_COLUMNS) return false;
  // Values that depend on the column alone would be computed again for every row.
  return analyseBody(kernel, nest).every(({ depth }, i) => {
    const scalar = body[i] as Scalar;
    return scalar.kind !== 'op' || isCheap(scalar.op) || depth >= nest.outer || depth < 0;
  });
}

/**
 * @file Sums down columns, with accumulators in memory.
 *
 * A row of many columns is walked whole, one row after the other, as it lies in memory; each element is added to the
 * accumulator of its column, which the first cache holds. Column by column, every row would be a jump that no prefetcher
 * follows.
 */
import type { Access, LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import type { Scratch } from '../assembler/block.js';
import { identity } from '../elements/elementOps.js';
import { analyseBody, isCheap } from './loopBody.js';
import { planNest } from './loopNest.js';
import { Rebuild, reductionLevels } from './rebuild.js';

type Output = LoopKernel['outputs'][number];

/** Fewer columns fit a few registers, and lie within a few cache lines. */
const MANY_COLUMNS = 64;
/** More accumulators than this do not stay in the first cache. */
const ACCUMULATOR_BYTES = 2 ** 15;
/** For fewer rows the accumulators are not worth their setting up. */
const MANY_ROWS = 8;

const OPERATIONS: Readonly<Record<string, string | undefined>> = { sum: 'add', prod: 'mul' };

/** The kernel itself, or kernels that do the same with accumulators in scratch memory. */
export function columnSums(kernel: LoopKernel, scratch: Scratch): LoopKernel[] {
  if (!worthwhile(kernel)) return [kernel];
  const rank = kernel.outer.length;
  const levels = reductionLevels(kernel.body);
  const strides = stridesOf(kernel.outer);
  const still = kernel.inner.map(() => 0);
  const columns = sizeOf(kernel.outer);
  const sums = kernel.body.flatMap((scalar, i) => {
    if (scalar.kind !== 'reduce') return [];
    return [{ scalar, i, place: scratch.take(scalar.dtype, columns) }];
  });

  const start: LoopKernel = {
    kind: 'loop',
    outer: kernel.outer,
    inner: [],
    inputs: [],
    body: sums.map(({ scalar: { op, dtype } }) => ({
      kind: 'const',
      value: identity(op, dtype),
      dtype,
    })),
    outputs: sums.map(({ place }, value) => ({ ...place, strides, value })),
  };

  const points = new Rebuild(kernel, { access: (access) => access, index: coordinate });
  const added = sums.map(({ scalar, place }): Output => {
    const access: Access = { ...place, strides: [...strides, ...still] };
    const args = [points.load(access), points.scalar(scalar.arg)];
    const op = OPERATIONS[scalar.op] as string;
    const value = points.body.push({ kind: 'op', op, args, dtype: scalar.dtype }) - 1;
    return { ...access, value };
  });
  const perPoint = ({ strides: given }: Output): boolean => given.length > rank;
  const early = kernel.outputs.filter(
    (output) =>
      perPoint(output) &&
      levels[output.value] === 0 &&
      kernel.inputs.every(({ buffer }) => buffer !== output.buffer),
  );
  const walk: LoopKernel = {
    kind: 'loop',
    outer: [...kernel.outer, ...kernel.inner],
    inner: [],
    outputs: [...added, ...early.map((x): Output => ({ ...x, value: points.scalar(x.value) }))],
    inputs: points.inputs,
    body: points.body,
  };

  /** What is left, of each column or of each point, with the sums read from where they are. */
  const rest = (outputs: readonly Output[], inner: readonly number[]): LoopKernel[] => {
    if (outputs.length === 0) return [];
    const whole = rank + inner.length;
    const part = new Rebuild(kernel, {
      access: (access) => ({ ...access, strides: access.strides.slice(0, whole) }),
      index: coordinate,
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
    walk,
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

function coordinate(dim: number, body: Scalar[]): number {
  return body.push({ kind: 'index', dim, dtype: 'int32' }) - 1;
}

function worthwhile(kernel: LoopKernel): boolean {
  const { outer, inner, body } = kernel;
  const reduces = body.filter((scalar) => scalar.kind === 'reduce');
  const columns = sizeOf(outer);
  const rows = sizeOf(inner);
  const bytes = reduces.reduce((sum, { dtype }) => sum + columns * itemSize[dtype], 0);
  if (reduces.length === 0 || rows < MANY_ROWS || bytes > ACCUMULATOR_BYTES) return false;
  const levels = reductionLevels(body);
  if (reduces.some(({ op, arg }) => OPERATIONS[op] === undefined || levels[arg] !== 0))
    return false;
  const nest = planNest(kernel);
  if (nest.vector >= nest.outer || (nest.sizes[nest.vector] as number) <= MANY_COLUMNS)
    return false;
  // What is known of each column would be computed again for every row.
  return analyseBody(kernel, nest).every(({ depth }, i) => {
    const scalar = body[i] as Scalar;
    return scalar.kind !== 'op' || isCheap(scalar.op) || depth >= nest.outer || depth < 0;
  });
}

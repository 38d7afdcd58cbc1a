/** @file Writes the calls of loops of one operation: element functions, copies and folds. */
import {
  isOrdered,
  MAX_JOINED_LEVEL,
  MIN_SPLIT_LEVEL,
  type FoldOrder,
} from '../../../engine/compile/foldOrder.js';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { foldKernel } from '../../../engine/compile/lower.js';
import { type View } from '../../../engine/compile/view.js';
import type { Instruction } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf, stridesOf, type Shape } from '../../../graph/shape.js';
import { OUT, type Operation } from './loopTemplate.js';
import { dtypeCode, type OperationLoop } from './operationLoop.js';
import { viewAt, writeKernel, type WalkContext } from './walkContext.js';

/** One element function over a space; `strides` say how the result is written if that is not in order. */
export function element(
  site: WalkContext,
  op: Operation,
  inputs: readonly number[],
  space: Shape,
  out: number,
  strides: readonly number[] | null,
  offset: number,
): void {
  const size = sizeOf(space);
  if (size === 0) return;
  const { instructions, base, views, loop } = site;
  const reads = inputs.length;
  loop.start(reads);
  // Whether all operands are in order, or one element.
  let flat = strides === null;
  for (let j = 0; j < reads; j++) {
    const x = inputs[j]!;
    const view = views[x] as View | null;
    const { dtype, shape } = instructions[x] as Instruction;
    const own = sizeOf(shape);
    loop.dtypes[j] = dtypeCode[dtype];
    loop.buffers[j] = base[x]!;
    loop.offsets[j] = view === null ? 0 : view.offset * itemSize[dtype];
    loop.stride[j] = own === 1 ? 0 : 1;
    if (own !== 1 && (view !== null || own !== size)) flat = false;
  }
  loop.dtypes[OUT] = dtypeCode[op.dtype];
  loop.buffers[OUT] = out;
  loop.offsets[OUT] = offset * itemSize[op.dtype];
  loop.stride[OUT] = 1;
  if (flat) loop.push(size);
  const fits = flat || levels(site, inputs, space, strides);
  if (fits && loop.write(op, site.calls)) return;
  writeKernel(site, elementKernel(site, op, inputs, space, out, strides, offset));
}

/** An operation that copies elements. */
export const COPIES = { name: null, id: -1, fold: null } as const;

/** Adds the dimensions of a space as levels of the loop, outermost first; false if there are too many. */
function levels(
  { instructions, views, loop }: WalkContext,
  inputs: readonly number[],
  space: Shape,
  strides: readonly number[] | null,
): boolean {
  const { stride } = loop;
  const reads = inputs.length;
  // For an operand in order: elements from one step of the current dimension to the next.
  for (let j = 0; j < reads; j++) rest[j] = sizeOf((instructions[inputs[j]!] as Instruction).shape);
  rest[OUT] = sizeOf(space);
  for (let d = 0; d < space.length; d++) {
    const size = space[d]!;
    if (size === 1) continue;
    for (let j = 0; j < reads; j++) {
      const { shape } = instructions[inputs[j]!] as Instruction;
      const k = d - space.length + shape.length;
      const repeats = k < 0 || shape[k] === 1;
      if (!repeats) rest[j] = rest[j]! / size;
      stride[j] = repeats ? 0 : (views[inputs[j]!]?.strides[k] ?? rest[j]!);
    }
    rest[OUT] = rest[OUT] / size;
    stride[OUT] = strides === null ? rest[OUT] : strides[d]!;
    if (!loop.push(size)) return false;
  }
  return true;
}

const rest = new Float64Array(4);

/** The same as a kernel, for spaces with too many levels. */
function elementKernel(
  site: WalkContext,
  { name, dtype }: Operation,
  inputs: readonly number[],
  space: Shape,
  out: number,
  strides: readonly number[] | null,
  offset: number,
): LoopKernel {
  const body: Scalar[] = inputs.map((x, input) => ({
    ...{ kind: 'load', input, dtype: (site.instructions[x] as Instruction).dtype },
  }));
  if (name !== null) body.push({ kind: 'op', op: name, args: inputs.map((_, j) => j), dtype });
  return {
    ...{ kind: 'loop', outer: space, inner: [], body },
    inputs: inputs.map((x) => accessOf(site, x, space)),
    outputs: [
      {
        ...{ buffer: out, dtype, offset, strides: strides ?? stridesOf(space) },
        value: body.length - 1,
      },
    ],
  };
}

/** The access to an operand that is broadcast to a space. */
function accessOf(site: WalkContext, x: number, space: Shape): LoopKernel['inputs'][number] {
  const { shape, dtype } = site.instructions[x] as Instruction;
  const view = viewAt(site, x);
  const lead = space.length - shape.length;
  const strides = space.map((_, d) =>
    d < lead || shape[d - lead] === 1 ? 0 : view.strides[d - lead]!,
  );
  return { buffer: view.base, dtype, offset: view.offset, strides };
}

/** Writes a value into a buffer: in order, or with the given strides. */
export function copy(
  site: WalkContext,
  from: number,
  out: number,
  strides: readonly number[] | null = null,
  offset = 0,
): void {
  const { shape } = site.instructions[from] as Instruction;
  const { dtype } = site.instructions[out] as Instruction;
  element(site, { ...COPIES, dtype }, [from], shape, out, strides, offset);
}

/** A fold, in the same order as in a loop that does more. */
export function fold(site: WalkContext, slot: number, dims: readonly number[]): void {
  const { op, inputs, dtype } = site.instructions[slot] as Instruction;
  const x = inputs[0] as number;
  const { shape, dtype: from } = site.instructions[x] as Instruction;
  const view = viewAt(site, x);
  const { name, id, lowering } = op as Primitive;
  if (lowering.kind !== 'fold') throw new Error('walk: a fold is made of a fold alone');
  const folded = dims.filter((d) => shape[d] !== 1);
  if (folded.length === 0) {
    const cast = from !== dtype;
    const same = { name: cast ? 'cast' : null, id: cast ? CAST : -1, dtype, fold: null };
    return element(site, same, [x], shape, slot, null, 0);
  }
  const along = isOrdered(site.instructions[slot] as Instruction)
    ? orderAlong(shape, folded, view.strides)
    : null;
  const { loop } = site;
  loop.start(1);
  loop.dtypes[0] = dtypeCode[from];
  loop.buffers[0] = view.base;
  loop.offsets[0] = view.offset * itemSize[from];
  loop.dtypes[OUT] = dtypeCode[dtype];
  loop.buffers[OUT] = slot;
  loop.offsets[OUT] = 0;
  const fits = along !== undefined && foldedLevels(loop, shape, folded, view.strides);
  if (fits && loop.write({ name, id, dtype, fold: lowering.fold, along }, site.calls)) return;
  writeKernel(site, foldKernel(site.instructions, slot, dims, view));
}

/**
 * The order of a sum over `folded`, as in `foldOrder`; undefined if they are not one level: they do not merge, or are too
 * long to be traversed as one.
 */
function orderAlong(
  shape: Shape,
  folded: readonly number[],
  strides: readonly number[],
): FoldOrder['along'] | undefined {
  const stride = (d: number): number => (strides[d] === 0 ? Infinity : Math.abs(strides[d]!));
  const last = folded[folded.length - 1]!;
  let size = shape[last]!;
  let isOne = true;
  for (let i = folded.length - 2; i >= 0; i--) {
    const d = folded[i]!;
    if (strides[d] !== strides[last]! * size) return undefined;
    if (size >= MAX_JOINED_LEVEL) isOne = false;
    size *= shape[d]!;
  }
  let rows = 1;
  let outside = true;
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1 || folded.includes(d)) continue;
    rows *= shape[d]!;
    outside &&= stride(d) > stride(last);
  }
  const innermost = isOne ? size : shape[last]!;
  if (rows > 1 && !(innermost >= MIN_SPLIT_LEVEL && outside)) return 'column';
  return isOne ? 'row' : undefined;
}

/** Adds the kept dimensions as levels of the loop, and the folded ones as the last level; false if there are too many. */
function foldedLevels(
  loop: OperationLoop,
  shape: Shape,
  folded: readonly number[],
  strides: readonly number[],
): boolean {
  const { stride } = loop;
  let rest = sizeOf(shape);
  for (const d of folded) rest /= shape[d]!;
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1 || folded.includes(d)) continue;
    rest /= shape[d]!;
    stride[0] = strides[d]!;
    stride[OUT] = rest;
    if (!loop.push(shape[d]!)) return false;
  }
  stride[OUT] = 0;
  for (const d of folded) {
    stride[0] = strides[d]!;
    if (!loop.push(shape[d]!, 1)) return false;
  }
  return true;
}

/** Takes the place of a primitive's id: no operation of a graph has it. */
const CAST = -2;

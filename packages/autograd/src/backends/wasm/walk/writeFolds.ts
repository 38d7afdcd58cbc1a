/** @file Calls of loops of one fold, in the order in which a loop that does more folds it. */
import {
  foldOrder,
  isOrdered,
  SHORT_LEVEL,
  type FoldOrder,
} from '../../../engine/compile/foldOrder.js';
import { foldKernel } from '../../../engine/compile/lower.js';
import type { View } from '../../../engine/compile/view.js';
import type { Instruction } from '../../../engine/program.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf, type Shape } from '../../../graph/shape.js';
import { Scratch } from '../assembler/block.js';
import { chunksOf, type Chunks } from '../loops/chunkReductions.js';
import { BARRIER_BYTES } from '../run/barrier.js';
import { OUT, type Operation } from './loopTemplate.js';
import { dtypeCode, type OperationLoop } from './operationLoop.js';
import { viewAt, writeKernel, type Site } from './site.js';
import { element } from './writeLoops.js';

/** What is folded of an operand and what is kept: sizes, and strides in elements, outermost first. */
interface Folding {
  readonly dtype: DType;
  readonly view: View;
  readonly along: FoldOrder['along'] | null;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly kept: readonly number[];
  readonly keptStrides: readonly number[];
  /** How many elements are left. */
  readonly rows: number;
}

/** Stands for the number of a primitive: no operation of a graph has it. */
const CAST = -2;

/** A fold over some dimensions of the operand. */
export function fold(site: Site, slot: number, dims: readonly number[]): void {
  const { instructions } = site;
  const { op, inputs, dtype } = instructions[slot] as Instruction;
  const x = inputs[0] as number;
  const { shape, dtype: from } = instructions[x] as Instruction;
  const { name, id, lowering } = op as Primitive;
  if (lowering.kind !== 'fold') throw new Error('walk: a fold is made of a fold alone');
  const over = dims.filter((d) => shape[d] !== 1);
  if (over.length === 0) {
    const cast = from !== dtype;
    const same = { name: cast ? 'cast' : null, id: cast ? CAST : -1, dtype, fold: null };
    return element(site, same, [x], shape, slot, null, 0);
  }
  const view = viewAt(site, x);
  const folding = foldingOf(shape, over, view, from, isOrdered(instructions[slot] as Instruction));
  const operation = { name, id, dtype, fold: lowering.fold, along: folding.along };
  if (!write(site, operation, folding, slot))
    writeKernel(site, foldKernel(instructions, slot, dims, view));
}

function foldingOf(
  shape: Shape,
  over: readonly number[],
  view: View,
  dtype: DType,
  ordered: boolean,
): Folding {
  const kept: number[] = [];
  for (let d = 0; d < shape.length; d++) if (shape[d] !== 1 && !over.includes(d)) kept.push(d);
  const size = (d: number): number => shape[d]!;
  const stride = (d: number): number => view.strides[d]!;
  const keptSizes = kept.map(size);
  const rest = {
    ...{ dtype, view, kept: keptSizes, keptStrides: kept.map(stride), rows: sizeOf(keptSizes) },
  };
  if (ordered && over.length > 1) {
    const { along, levels } = foldOrder(shape, over, view.strides, IDENTITY);
    const sizes = levels.map((level) => level.reduce((n, d) => n * shape[d]!, 1));
    return { ...rest, along, sizes, strides: levels.map((level) => stride(level.at(-1)!)) };
  }
  const along = ordered ? alongOne(shape, over[0]!, kept, view.strides) : null;
  return { ...rest, along, sizes: over.map(size), strides: over.map(stride) };
}

/** Each dimension as itself. */
const IDENTITY = Array.from({ length: 64 }, (_, d) => d);

/** As `foldOrder` has it for one dimension. */
function alongOne(
  shape: Shape,
  d: number,
  kept: readonly number[],
  strides: readonly number[],
): FoldOrder['along'] {
  if (kept.length === 0) return 'row';
  const far = (k: number): number => (strides[k] === 0 ? Infinity : Math.abs(strides[k]!));
  return shape[d]! >= SHORT_LEVEL && kept.every((k) => far(k) > far(d)) ? 'row' : 'column';
}

/** Writes its calls; false where it must be planned by itself. */
function write(site: Site, op: Operation, folding: Folding, out: number): boolean {
  const { along, sizes, rows } = folding;
  const chunks = chunksOf(rows, sizes, along !== 'row');
  // In which chunks the largest is looked for is not given: the lanes decide.
  if (along === null && (chunks ?? chunksOf(rows, sizes, false)) !== null) return false;
  if (rows === 0 || sizes.includes(0)) return false;
  if (chunks !== null) return inChunks(site, op, folding, chunks, out);
  const { loop, calls } = site;
  start(loop, folding, 0);
  target(loop, op.dtype, out, 0);
  return levels(loop, folding) && loop.write(op, calls);
}

function start(loop: OperationLoop, { view, dtype }: Folding, first: number): void {
  loop.start(1);
  loop.dtypes[0] = dtypeCode[dtype];
  loop.buffers[0] = view.base;
  loop.offsets[0] = (view.offset + first) * itemSize[dtype];
}

function target(loop: OperationLoop, dtype: DType, buffer: number, offset: number): void {
  loop.dtypes[OUT] = dtypeCode[dtype];
  loop.buffers[OUT] = buffer;
  loop.offsets[OUT] = offset * itemSize[dtype];
}

/** Adds what is kept, then what is folded, `short` of whose sizes stands for another; false if they are too many. */
function levels(
  loop: OperationLoop,
  { along, sizes, strides, kept, keptStrides, rows }: Folding,
  short = -1,
  size = 0,
): boolean {
  const { stride } = loop;
  let rest = rows;
  for (let d = 0; d < kept.length; d++) {
    rest /= kept[d]!;
    stride[0] = keptStrides[d]!;
    stride[OUT] = rest;
    if (!loop.push(kept[d]!)) return false;
  }
  stride[OUT] = 0;
  for (let d = 0; d < sizes.length; d++) {
    const own = d === short ? size : sizes[d]!;
    stride[0] = strides[d]!;
    if (own > 1 && !loop.pushFolded(own, along !== 'row')) return false;
  }
  return true;
}

/** Chunks first, as `chunkReductions` takes them, and then the results of these. */
function inChunks(
  { loop, calls }: Site,
  op: Operation,
  folding: Folding,
  { longest, step, whole, rest }: Chunks,
  out: number,
): boolean {
  const { rows, strides } = folding;
  const scratch = new Scratch(BARRIER_BYTES);
  const count = whole + Number(rest > 0);
  const partial = scratch.take(op.dtype, count * rows);
  calls.need(0, scratch.bytes);
  const apart = strides[longest]! * step;
  const part = (first: number, chunks: number, size: number): boolean => {
    start(loop, folding, first * apart);
    target(loop, op.dtype, partial.buffer, partial.offset + first * rows);
    loop.stride[0] = apart;
    loop.stride[OUT] = rows;
    const fits = chunks === 1 || loop.push(chunks);
    return fits && levels(loop, folding, longest, size) && loop.write(op, calls);
  };
  if (whole > 0 && !part(0, whole, step)) return false;
  if (rest > 0 && !part(whole, 1, rest)) return false;
  const { buffer, offset } = partial;
  const joined: Folding = {
    ...{ dtype: op.dtype, view: { base: buffer, offset, strides: [], dims: null } },
    ...{ along: rows === 1 ? 'row' : 'column', sizes: [count], strides: [rows] },
    ...{ kept: rows === 1 ? [] : [rows], keptStrides: [1], rows },
  };
  start(loop, joined, 0);
  target(loop, op.dtype, out, 0);
  return levels(loop, joined) && loop.write({ ...op, along: joined.along }, calls);
}

/** @file Calls of loops of one operation: element functions and copies. */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { type View } from '../../../engine/compile/view.js';
import type { Instruction } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf, stridesOf, type Shape } from '../../../graph/shape.js';
import { OUT, type Operation } from './loopTemplate.js';
import { dtypeCode } from './operationLoop.js';
import { viewAt, writeKernel, type Site } from './site.js';

/** One element function over a space; `strides` say how the result is written where that is not in order. */
export function element(
  site: Site,
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
  // Operands in order, or one element.
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

/** An element as it is. */
export const COPIES = { name: null, id: -1, fold: null } as const;

/** Adds the dimensions of a space as levels of the loop, outermost first; false if they are too many. */
function levels(
  { instructions, views, loop }: Site,
  inputs: readonly number[],
  space: Shape,
  strides: readonly number[] | null,
): boolean {
  const { stride } = loop;
  const reads = inputs.length;
  // Of an operand in order, elements from one step of the dimension at hand to the next.
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

/** As a kernel, for what has too many levels. */
function elementKernel(
  site: Site,
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

/** How an operand is read over a space that it is broadcast to. */
function accessOf(site: Site, x: number, space: Shape): LoopKernel['inputs'][number] {
  const { shape, dtype } = site.instructions[x] as Instruction;
  const view = viewAt(site, x);
  const lead = space.length - shape.length;
  const strides = space.map((_, d) =>
    d < lead || shape[d - lead] === 1 ? 0 : view.strides[d - lead]!,
  );
  return { buffer: view.base, dtype, offset: view.offset, strides };
}

/** Writes a value into a buffer: in order, or as strides say. */
export function copy(
  site: Site,
  from: number,
  out: number,
  strides: readonly number[] | null = null,
  offset = 0,
): void {
  const { shape } = site.instructions[from] as Instruction;
  const { dtype } = site.instructions[out] as Instruction;
  element(site, { ...COPIES, dtype }, [from], shape, out, strides, offset);
}

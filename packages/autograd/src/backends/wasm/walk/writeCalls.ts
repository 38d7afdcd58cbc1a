/** @file The calls that compute one operation, by what its record says it is for the engine. */
import type { Kernel, LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { COPY } from '../../../engine/compile/added.js';
import { foldKernel, matmulKernel } from '../../../engine/compile/lower.js';
import { operatorKernel, writesTable } from '../../../engine/compile/operatorKernel.js';
import { fusible } from '../../../engine/compile/schedule.js';
import { ownView, type View } from '../../../engine/compile/view.js';
import type { Instruction } from '../../../engine/program.js';
import type { PartsSpec } from '../../../graph/lowering.js';
import { itemSize } from '../../../graph/dtype.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf, stridesOf, type Shape } from '../../../graph/shape.js';
import { constantOp } from '../../../graph/version.js';
import { blasSource } from '../../blas/blas.js';
import { Scratch } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { supports } from '../elements/elementOps.js';
import { BARRIER_BYTES } from '../run/barrier.js';
import type { Arrays } from '../run/arrays.js';
import { formKernel } from '../run/kernelList.js';
import { dtypeCode, OUT, type Operation, type OperationLoop } from './operationLoop.js';
import type { WalkedCalls } from './walkedCalls.js';

/** A primitive that runs by its reference, after some calls. */
export interface Reference {
  readonly slot: number;
  readonly operands: readonly number[];
  readonly callEnd: number;
}

/** A program in the middle of a walk. */
export interface Site {
  readonly instructions: readonly Instruction[];
  /** For each slot the one whose buffer holds its elements, and how they lie there: null where in order. */
  readonly base: readonly number[];
  readonly views: readonly (View | null)[];
  /** Where buffers lie: bytes into the arena, or `-1 -` an address. */
  readonly places: readonly number[];
  readonly calls: WalkedCalls;
  readonly references: Reference[];
  readonly arrays: Arrays;
  readonly loop: OperationLoop;
  readonly context: KernelContext;
  add(instruction: Instruction): number;
  take(slot: number): void;
  release(slot: number): void;
}

const supported = (op: string, dtype: Instruction['dtype']): boolean => supports(op, dtype);

export function write(site: Site, slot: number): void {
  const instruction = site.instructions[slot] as Instruction;
  const { inputs, shape, attrs, dtype } = instruction;
  const op = instruction.op as Primitive;
  const { lowering } = op;
  if (op === COPY) return copy(site, inputs[0] as number, slot);
  switch (lowering.kind) {
    case 'alias':
    case 'view':
      return copy(site, inputs[0] as number, slot);
    case 'element':
      if (!fusible(instruction, site.instructions, supported)) break;
      return element(
        site,
        { name: op.name, id: op.id, dtype, fold: null },
        inputs,
        shape,
        slot,
        null,
        0,
      );
    case 'fold':
      if (!fusible(instruction, site.instructions, supported)) break;
      return fold(site, slot, lowering.dims(attrs ?? {}));
    case 'product':
      if (sizeOf(shape) === 0) break;
      return product(site, slot);
    case 'parts':
      return assemble(site, slot, lowering.parts(attrs ?? {}));
    case 'kernel':
    case 'reference':
    case 'leaf':
  }
  opaque(site, slot);
}

/** One element function over a space; `strides` say how the result is written where that is not in order. */
function element(
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
  const { instructions, base, views, places, loop } = site;
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
    loop.places[j] = places[base[x]!]!;
    loop.offsets[j] = view === null ? 0 : view.offset * itemSize[dtype];
    loop.stride[j] = own === 1 ? 0 : 1;
    if (own !== 1 && (view !== null || own !== size)) flat = false;
  }
  loop.dtypes[OUT] = dtypeCode[op.dtype];
  loop.places[OUT] = places[out]!;
  loop.offsets[OUT] = offset * itemSize[op.dtype];
  loop.stride[OUT] = 1;
  if (flat) loop.push(size);
  const fits = flat || levels(site, inputs, space, strides);
  if (fits && loop.write(op, site.calls)) return;
  kernel(site, elementKernel(site, op, inputs, space, out, strides, offset));
}

const COPIES = { name: null, id: -1, fold: null } as const;

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

function viewAt({ instructions, views, base }: Site, x: number): View {
  return views[x] ?? ownView(base[x]!, (instructions[x] as Instruction).shape);
}

function copy(
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

/** A fold, in the order in which a loop that does more folds it. */
function fold(site: Site, slot: number, dims: readonly number[]): void {
  const { op, inputs, dtype } = site.instructions[slot] as Instruction;
  const x = inputs[0] as number;
  const { shape, dtype: from } = site.instructions[x] as Instruction;
  const view = viewAt(site, x);
  const [folded = -1, ...more] = dims.filter((d) => shape[d] !== 1);
  if (folded < 0) {
    const cast = from !== dtype;
    const same = { name: cast ? 'cast' : null, id: cast ? CAST : -1, dtype, fold: null };
    return element(site, same, [x], shape, slot, null, 0);
  }
  const { loop } = site;
  loop.start(1);
  loop.dtypes[0] = dtypeCode[from];
  loop.places[0] = site.places[view.base]!;
  loop.offsets[0] = view.offset * itemSize[from];
  loop.dtypes[OUT] = dtypeCode[dtype];
  loop.places[OUT] = site.places[slot]!;
  loop.offsets[OUT] = 0;
  let fits = more.length === 0;
  let rest = sizeOf(shape) / shape[folded]!;
  for (let d = 0; fits && d < shape.length; d++) {
    if (d === folded || shape[d] === 1) continue;
    rest /= shape[d]!;
    loop.stride[0] = view.strides[d]!;
    loop.stride[OUT] = rest;
    fits = loop.push(shape[d]!);
  }
  loop.stride[0] = view.strides[folded]!;
  loop.stride[OUT] = 0;
  fits &&= loop.push(shape[folded]!, 1);
  const { name, id } = op as Primitive;
  if (fits && loop.write({ name, id, dtype, fold: op }, site.calls)) return;
  kernel(site, foldKernel(site.instructions, slot, dims, view));
}

/** Stands for the number of a primitive: no operation of a graph has it. */
const CAST = -2;

function product(site: Site, slot: number): void {
  const [a, b] = (site.instructions[slot] as Instruction).inputs as readonly [number, number];
  kernel(site, matmulKernel(site.instructions, { slot, a: viewAt(site, a), b: viewAt(site, b) }));
}

function assemble(site: Site, slot: number, spec: PartsSpec): void {
  const { inputs, shape, dtype } = site.instructions[slot] as Instruction;
  const strides = stridesOf(shape);
  if (spec.kind === 'concat') {
    let offset = 0;
    for (const x of inputs) {
      copy(site, x, slot, strides, offset);
      offset += (site.instructions[x] as Instruction).shape[spec.dim]! * strides[spec.dim]!;
    }
    return;
  }
  const [x, filling] = inputs as readonly [number, number];
  element(site, { ...COPIES, dtype }, [filling], shape, slot, null, 0);
  const offset = spec.start.reduce((at, s, d) => at + s * strides[d]!, 0);
  copy(
    site,
    x,
    slot,
    strides.map((s, d) => s * spec.step[d]!),
    offset,
  );
}

/** A primitive of its own kind over contiguous operands: by its kernel, or else by its reference. */
function opaque(site: Site, slot: number): void {
  const { instructions, base, views } = site;
  const { op, attrs, inputs } = instructions[slot] as Instruction;
  const { lowering } = op as Primitive;
  const spec = lowering.kind === 'kernel' ? lowering.kernel(attrs ?? {}) : null;
  const copies: number[] = [];
  const operands = inputs.map((x, i) => {
    const from = base[x] as number;
    if (views[x] === null) return from;
    const number = (instructions[from] as Instruction).op === constantOp;
    if (i === 0 && number && writesTable(instructions, slot, spec)) return from;
    const { shape, dtype } = instructions[x] as Instruction;
    const made = site.add({ op: COPY, attrs: null, inputs: [x], shape, dtype });
    site.take(made);
    copy(site, x, made);
    copies.push(made);
    return made;
  });
  const made = operatorKernel(instructions, slot, operands);
  if (made !== null) kernel(site, made);
  else site.references.push({ slot, operands, callEnd: site.calls.callEnd });
  for (const x of copies) site.release(x);
}

/** The calls of any kernel. */
function kernel(site: Site, made: Kernel): void {
  const { calls, arrays } = site;
  const scratch = new Scratch(BARRIER_BYTES);
  const isProduct = made.kind === 'matmul' || made.kind === 'conv';
  const context: KernelContext = {
    ...site.context,
    blas: isProduct && blasSource(arrays.memory.memory) !== null,
  };
  for (const formed of formKernel(made, context, scratch)) {
    calls.kernel(arrays.forms.find(formed, context), formed, site.places);
    calls.need(formed.threadScratch, scratch.bytes);
  }
}

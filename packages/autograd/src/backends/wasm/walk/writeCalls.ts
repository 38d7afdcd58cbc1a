/** @file Writes the calls that compute one operation, as its lowering says. */
import { COPY, copyOf } from '../../../engine/compile/compilerPrimitives.js';
import { partKernel } from '../../../engine/compile/lower.js';
import { operatorKernel, writesTable } from '../../../engine/compile/operatorKernel.js';
import { isFusible } from '../../../engine/compile/loops/loopFusion.js';
import { joinKernel } from '../../../engine/compile/joins.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { isRowMajor, ownView } from '../../../engine/compile/view.js';
import { viewOfWindow } from '../../../engine/compile/windows.js';
import type { Instruction } from '../../../engine/program.js';
import {
  splitDynamicParts,
  type PartsSpec,
  type DynamicPartsSpec,
} from '../../../graph/lowering.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import { supports } from '../elements/elementOps.js';
import { dtypeCode } from './operationLoop.js';
import { COPIES, copy, element, fold } from './writeLoops.js';
import { viewAt, rewriteKernel, writeKernel, type WalkContext } from './walkContext.js';

const supported = (op: string, dtype: Instruction['dtype']): boolean => supports(op, dtype);

/** Element functions found to be supported so far, by primitive and dtype. */
const supportedOps = new Set<number>();

function isElement({ id, name }: Primitive, dtype: Instruction['dtype']): boolean {
  const key = id * 8 + dtypeCode[dtype];
  if (supportedOps.has(key)) return true;
  const found = supports(name, dtype);
  if (found) supportedOps.add(key);
  return found;
}

/** Writes the calls of one instruction. */
export function write(site: WalkContext, slot: number): void {
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
      if (!isElement(op, dtype)) break;
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
      if (!isFusible(instruction, site.instructions, supported)) break;
      return fold(site, slot, lowering.dims(attrs ?? {}));
    case 'product':
      if (sizeOf(shape) === 0) break;
      return site.product.write(site, slot);
    case 'parts':
      return assemble(site, slot, lowering.parts(attrs ?? {}));
    case 'dynamicParts':
      return assembleInWindows(site, slot, lowering.dynamic(attrs ?? {}));
    case 'dynamicView':
    case 'kernel':
    case 'loop':
    case 'loopResult':
    case 'reference':
    case 'leaf':
  }
  opaque(site, slot);
}

function assemble(site: WalkContext, slot: number, spec: PartsSpec): void {
  const { inputs, shape, dtype } = site.instructions[slot] as Instruction;
  const strides = stridesOf(shape);
  if (spec.kind === 'concat') {
    const joined = joinKernel(site.instructions, slot, (x) => placeAt(site, x));
    if (joined !== null) {
      writeKernel(site, joined);
      return;
    }
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

/** Where the elements of a slot lie, if they are adjacent. */
function placeAt({ instructions, base, views }: WalkContext, x: number): BufferRef | null {
  const { dtype, shape } = instructions[x] as Instruction;
  const view = views[x]!;
  if (view !== null && !isRowMajor(view, shape)) return null;
  return { buffer: base[x]!, dtype, offset: view === null ? 0 : view.offset };
}

/** The filling everywhere, the first part over it, and the other parts added, each in a window. */
function assembleInWindows(site: WalkContext, slot: number, spec: DynamicPartsSpec): void {
  const instruction = site.instructions[slot] as Instruction;
  const { inputs, shape, dtype } = instruction;
  element(site, { ...COPIES, dtype }, [inputs[1]!], shape, slot, null, 0);
  const whole = ownView(slot, shape);
  splitDynamicParts(inputs, spec).forEach(({ part, numbers }, k) => {
    const window = site.add(instruction);
    const { strides } = viewOfWindow(window, spec, whole);
    site.window(window, spec, numbers, whole);
    if (k === 0) return copy(site, part, window, strides);
    const { shape: own } = site.instructions[part] as Instruction;
    const added = { view: viewAt(site, part), shape: own, offset: 0, strides, window, adds: true };
    writeKernel(site, partKernel(site.instructions, slot, added));
  });
}

/** A primitive over contiguous operands: by its operator kernel, else by its reference. */
function opaque(site: WalkContext, slot: number): void {
  const { instructions, base, views } = site;
  const { op, attrs, inputs } = instructions[slot] as Instruction;
  const { lowering } = op as Primitive;
  const spec = lowering.kind === 'kernel' ? lowering.kernel(attrs ?? {}) : null;
  const table = writesTable(instructions, slot, spec);
  const copies: number[] = [];
  const operands: number[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i]!;
    // A table is copied into the result in any case, so it need not be in order.
    const inOrder = views[x] === null || (i === 0 && table);
    operands.push(inOrder ? base[x]! : contiguous(site, x, copies));
  }
  if (lowering.kind === 'loop') site.repeat(slot, operands);
  else if (table || !rewriteKernel(site, slot, operands)) {
    const made = operatorKernel(instructions, slot, operands);
    if (made === null) site.reference(slot, operands);
    else if (made.kind === 'index' && table) {
      copy(site, inputs[0]!, slot);
      writeKernel(site, { ...made, begun: true });
    } else site.kernels.remember({ instructions, slot, operands }, writeKernel(site, made));
  }
  for (const x of copies) site.release(x);
}

/** A copy of a view, in order. */
function contiguous(site: WalkContext, x: number, copies: number[]): number {
  const { shape, dtype } = site.instructions[x] as Instruction;
  const made = site.add(copyOf(x, shape, dtype));
  site.take(made);
  copy(site, x, made);
  copies.push(made);
  return made;
}

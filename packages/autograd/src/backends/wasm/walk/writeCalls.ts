/** @file Writes the calls that compute one operation, as its lowering says. */
import { COPY, copyOf } from '../../../engine/compile/added.js';
import { partKernel } from '../../../engine/compile/lower.js';
import { operatorKernel, writesTable } from '../../../engine/compile/operatorKernel.js';
import { fusible } from '../../../engine/compile/loops/joining.js';
import { joinKernel } from '../../../engine/compile/joins.js';
import type { Place } from '../../../engine/compile/place.js';
import { isRowMajor, ownView } from '../../../engine/compile/view.js';
import { viewOfWindow } from '../../../engine/compile/windows.js';
import type { Instruction } from '../../../engine/program.js';
import { placedParts, type PartsSpec, type PlacedPartsSpec } from '../../../graph/lowering.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import { supports } from '../elements/elementOps.js';
import { dtypeCode } from './operationLoop.js';
import { COPIES, copy, element, fold } from './writeLoops.js';
import { viewAt, writeAgain, writeKernel, type Site } from './site.js';

const supported = (op: string, dtype: Instruction['dtype']): boolean => supports(op, dtype);

/** Element functions found to be supported so far, by primitive and dtype. */
const met = new Set<number>();

function isElement({ id, name }: Primitive, dtype: Instruction['dtype']): boolean {
  const key = id * 8 + dtypeCode[dtype];
  if (met.has(key)) return true;
  const found = supports(name, dtype);
  if (found) met.add(key);
  return found;
}

/** Writes the calls of one instruction. */
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
      if (!fusible(instruction, site.instructions, supported)) break;
      return fold(site, slot, lowering.dims(attrs ?? {}));
    case 'product':
      if (sizeOf(shape) === 0) break;
      return site.product.write(site, slot);
    case 'parts':
      return assemble(site, slot, lowering.parts(attrs ?? {}));
    case 'placedParts':
      return withinWindows(site, slot, lowering.placed(attrs ?? {}));
    case 'placedView':
    case 'kernel':
    case 'loop':
    case 'loopResult':
    case 'reference':
    case 'leaf':
  }
  opaque(site, slot);
}

function assemble(site: Site, slot: number, spec: PartsSpec): void {
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
function placeAt({ instructions, base, views }: Site, x: number): Place | null {
  const { dtype, shape } = instructions[x] as Instruction;
  const view = views[x]!;
  if (view !== null && !isRowMajor(view, shape)) return null;
  return { buffer: base[x]!, dtype, offset: view === null ? 0 : view.offset };
}

/** The filling everywhere, the first part over it, and the other parts added, each in a window. */
function withinWindows(site: Site, slot: number, spec: PlacedPartsSpec): void {
  const instruction = site.instructions[slot] as Instruction;
  const { inputs, shape, dtype } = instruction;
  element(site, { ...COPIES, dtype }, [inputs[1]!], shape, slot, null, 0);
  const whole = ownView(slot, shape);
  placedParts(inputs, spec).forEach(({ part, numbers }, k) => {
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
function opaque(site: Site, slot: number): void {
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
  else if (table || !writeAgain(site, slot, operands)) {
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
function contiguous(site: Site, x: number, copies: number[]): number {
  const { shape, dtype } = site.instructions[x] as Instruction;
  const made = site.add(copyOf(x, shape, dtype));
  site.take(made);
  copy(site, x, made);
  copies.push(made);
  return made;
}

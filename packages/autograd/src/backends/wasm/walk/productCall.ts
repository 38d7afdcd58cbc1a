/**
 * @file The call of a matrix product: its numbers are taken from the instruction, and its form is looked up by a number.
 *
 * The first product of a form is planned like any kernel; all others, of any size, only write their words.
 */
import { productOrder } from '../../../engine/compile/foldOrder.js';
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import { matmulKernel } from '../../../engine/compile/lower.js';
import { isLoop, transposition } from '../../../engine/compile/products.js';
import type { View } from '../../../engine/compile/view.js';
import type { Instruction } from '../../../engine/program.js';
import { isFloat, itemSize } from '../../../graph/dtype.js';
import type { Shape } from '../../../graph/shape.js';
import { blasSource } from '../../node.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { Product } from '../products/blocking.js';
import { planProduct, planMatmul, SPLITS, type ProductPlan } from '../products/matmul.js';
import { tiling } from '../products/microKernel.js';
import { PACKINGS } from '../products/packing.js';
import type { Forms } from '../run/forms.js';
import { OUT } from './loopTemplate.js';
import { dtypeCode, type OperationLoop } from './operationLoop.js';
import { viewAt, writeKernel, type WalkContext } from './walkContext.js';

/** A batch of more dimensions than this is planned like any kernel. */
const MAX_BATCH_DIMENSIONS = 8;
/**
 * Used in place of the number of a primitive: for a sum of products, and for products of one term each. No operation of a graph
 * has them.
 */
const PRODUCT = -1;
const OUTER_PRODUCT = -2;

/** The matrices that a product reads or writes; strides in elements. */
class Matrices {
  buffer = 0;
  offset = 0;
  rows = 0;
  columns = 0;
  /** The stride of each dimension of the batch. */
  readonly batch = new Float64Array(MAX_BATCH_DIMENSIONS);

  /** Sets the matrices in a buffer, row-major or as a view says, for a batch of `rank` dimensions. */
  set(buffer: number, view: View | null, own: Shape, batch: Shape, transposed: boolean): void {
    const rank = own.length;
    const width = own[rank - 1]!;
    this.buffer = buffer;
    this.offset = view === null ? 0 : view.offset;
    const rows = view === null ? width : view.strides[rank - 2]!;
    const columns = view === null ? 1 : view.strides[rank - 1]!;
    this.rows = transposed ? columns : rows;
    this.columns = transposed ? rows : columns;
    let matrices = width * own[rank - 2]!;
    const lead = batch.length - rank;
    for (let d = batch.length - 3; d >= 0; d--) {
      const k = d - lead;
      const repeats = k < 0 || (own[k] === 1 && batch[d] !== 1);
      this.batch[d] = repeats ? 0 : view === null ? matrices : view.strides[k]!;
      if (k >= 0) matrices *= own[k]!;
    }
  }
}

export class ProductCall {
  private readonly a = new Matrices();
  private readonly b = new Matrices();
  private readonly out = new Matrices();
  private m = 0;
  private n = 0;
  private k = 0;
  private readonly known = new Map<number, number>();
  private readonly forms: Forms;
  private readonly context: KernelContext;

  constructor(forms: Forms, context: KernelContext) {
    this.forms = forms;
    this.context = context;
  }

  /** Forgets forms that could not be compiled. */
  forget(): void {
    this.known.clear();
  }

  /** Writes the product that an instruction computes. */
  write(site: WalkContext, slot: number): void {
    const { shape, dtype } = site.instructions[slot] as Instruction;
    const written =
      isFloat(dtype) && shape.length - 2 <= MAX_BATCH_DIMENSIONS && this.writeNumbers(site, slot);
    if (!written) writeKernel(site, kernelOf(site, slot));
  }

  private writeNumbers(site: WalkContext, slot: number): boolean {
    this.read(site, slot);
    const { a, b, m, n, k } = this;
    const along = a.columns === 1 && b.rows === 1 ? 'row' : 'column';
    return isLoop(m, n, k, along) ? this.writeLoop(site, slot) : this.writeBlocked(site, slot);
  }

  private read({ instructions, base, views }: WalkContext, slot: number): void {
    const instruction = instructions[slot] as Instruction;
    const { inputs, shape } = instruction;
    const [x, y] = inputs as readonly [number, number];
    const transposed = transposition(instruction);
    const { shape: ofA } = instructions[x] as Instruction;
    this.a.set(base[x]!, views[x]!, ofA, shape, transposed.a);
    this.b.set(base[y]!, views[y]!, (instructions[y] as Instruction).shape, shape, transposed.b);
    this.out.set(slot, null, shape, shape, false);
    this.m = shape[shape.length - 2]!;
    this.n = shape[shape.length - 1]!;
    this.k = ofA[ofA.length - (transposed.a ? 2 : 1)]!;
  }

  /** Writes a small or thin product as a loop of sums; false if it must be planned as a kernel. */
  private writeLoop({ instructions, loop, calls }: WalkContext, slot: number): boolean {
    const { a, b, out, m, n, k } = this;
    const { shape, dtype } = instructions[slot] as Instruction;
    loop.start(2);
    operand(loop, 0, a, instructions);
    operand(loop, 1, b, instructions);
    operand(loop, OUT, out, instructions);
    for (let d = 0; d < shape.length - 2; d++)
      if (!level(loop, shape[d]!, a.batch[d]!, b.batch[d]!, out.batch[d]!)) return false;
    const [id, folded] = k === 1 ? ([OUTER_PRODUCT, null] as const) : ([PRODUCT, 'sum'] as const);
    return (
      level(loop, m, a.rows, 0, out.rows) &&
      level(loop, n, 0, b.columns, 1) &&
      level(loop, k, a.columns, b.rows, 0, 1) &&
      loop.write({ name: 'matmul', id, dtype, fold: folded, product: true }, calls)
    );
  }

  /** Writes a tiled product; false if a library computes it. */
  private writeBlocked(site: WalkContext, slot: number): boolean {
    if (blasSource(site.arrays.memory.memory) !== null) return false;
    const { shape, dtype } = site.instructions[slot] as Instruction;
    const single = dtype === 'float32';
    const t = tiling(single ? 'float32' : 'float64', this.context);
    const product = this.inBytes(t.size);
    const rank = shape.length - 2;
    let matrices = 1;
    for (let d = 0; d < rank; d++) matrices *= shape[d]!;
    const decisions = planProduct(t, product, matrices);
    const dimensions = matrices === 1 ? 0 : rank;
    const form = this.formOf(decisions, dimensions, single, site, slot);
    if (form < 0) return false;
    this.writeWords(site, form, product, decisions, matrices, shape, dimensions);
    return true;
  }

  /** Writes words in the order of `batchOf`, `wordsOf` and `scratchWords`. */
  private writeWords(
    { calls }: WalkContext,
    form: number,
    { m, n, k, a, b, c }: Product,
    { layout }: ProductPlan,
    matrices: number,
    shape: Shape,
    dimensions: number,
  ): void {
    const size = c.columns;
    const [x, y, out] = [this.a, this.b, this.out];
    calls.need(layout.bytes);
    calls.call(form);
    calls.address(x.buffer, x.offset * size);
    calls.address(y.buffer, y.offset * size);
    calls.address(out.buffer, 0);
    calls.word(matrices);
    let within = matrices;
    for (let d = 0; d < dimensions; d++) {
      within /= shape[d]!;
      calls.word(within);
      calls.word(shape[d]!);
      calls.word(x.batch[d]! * size);
      calls.word(y.batch[d]! * size);
      calls.word(out.batch[d]! * size);
    }
    calls.word(m);
    calls.word(n);
    calls.word(k);
    calls.word(a.rows);
    calls.word(a.columns);
    calls.word(b.rows);
    calls.word(b.columns);
    calls.word(c.rows);
    calls.word(c.columns);
    calls.word(layout.copy);
    calls.word(layout.scaled);
  }

  private inBytes(size: number): Product {
    const { m, n, k, a, b, out } = this;
    return {
      ...{ m, n, k },
      a: { rows: a.rows * size, columns: a.columns * size },
      b: { rows: b.rows * size, columns: b.columns * size },
      c: { rows: out.rows * size, columns: size },
    };
  }

  /** The form for all products that are computed alike; −1 if there is none. */
  private formOf(
    { blocks, split }: ProductPlan,
    dimensions: number,
    single: boolean,
    site: WalkContext,
    slot: number,
  ): number {
    const packing =
      blocks.packing === undefined ? PACKINGS.length : PACKINGS.indexOf(blocks.packing);
    const flags = Number(blocks.copiesA) + 2 * Number(blocks.rowMajor) + 4 * Number(blocks.scales);
    const variant = packing * 8 + flags;
    const kind = (variant * SPLITS.length + SPLITS.indexOf(split)) * 2 + Number(single);
    const key = kind * (MAX_BATCH_DIMENSIONS + 1) + dimensions;
    let form = this.known.get(key);
    if (form === undefined) this.known.set(key, (form = this.find(key, site, slot)));
    return form;
  }

  /** The form for products of this kind: from the prelude, or by planning one. */
  private find(key: number, site: WalkContext, slot: number): number {
    const { forms, context } = this;
    const formKey = `product ${key}`;
    const known = forms.recall(formKey, context)?.[0];
    if (known !== undefined) return known;
    const formed = planMatmul(kernelOf(site, slot), context);
    if (formed === null) return -1;
    const form = forms.find(formed, context);
    forms.remember(formKey, context, [form]);
    return form;
  }
}

function operand(
  loop: OperationLoop,
  j: number,
  { buffer, offset }: Matrices,
  instructions: readonly Instruction[],
): void {
  const { dtype } = instructions[buffer] as Instruction;
  loop.dtypes[j] = dtypeCode[dtype];
  loop.buffers[j] = buffer;
  loop.offsets[j] = offset * itemSize[dtype];
}

function level(
  loop: OperationLoop,
  size: number,
  a: number,
  b: number,
  out: number,
  inner: 0 | 1 = 0,
): boolean {
  if (size === 1) return true;
  loop.stride[0] = a;
  loop.stride[1] = b;
  loop.stride[OUT] = out;
  return loop.push(size, inner);
}

function kernelOf(site: WalkContext, slot: number): MatmulKernel {
  const instruction = site.instructions[slot] as Instruction;
  const [x, y] = instruction.inputs as readonly [number, number];
  const [a, b] = [viewAt(site, x), viewAt(site, y)];
  const along = productOrder(a.strides, b.strides, transposition(instruction));
  return matmulKernel(site.instructions, { slot, a, b, along });
}

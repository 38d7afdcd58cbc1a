/**
 * @file Loops of one operation: how operands are walked, and the function of the table for all that are walked alike.
 *
 * A form is looked up by a number made of the operation, its dtypes and, for each level, whether an operand stands still,
 * goes from element to element or moves by a stride; what its words hold says `loopTemplate.ts`. How a fold is taken depends
 * on sizes too, but on few of their limits, and the order of its sum is given.
 */
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { FAULT } from '../run/barrier.js';
import { COLUMN_BLOCK, ROW_BLOCK } from '../loops/blockSums.js';
import type { Forms } from '../run/forms.js';
import type { CallWriter } from './callWriter.js';
import {
  classOf,
  OUT,
  planTemplate,
  pointsOf,
  SCRATCH_WORD,
  SIZE,
  sizeClass,
  STRIDE,
  type Operation,
  type Template,
} from './loopTemplate.js';

/** The most levels of a loop whose form has a number. */
export const MOST_LEVELS = 6;
export const dtypeCode = Object.fromEntries(DTYPES.map((d, i) => [d, i])) as Record<DType, number>;
const ITEM_SIZES = DTYPES.map((dtype) => itemSize[dtype]);

export class OperationLoop {
  /** How many operands are read. */
  reads = 0;
  /** The buffers of operands, and how many bytes into them they begin. */
  readonly buffers = new Float64Array(4);
  readonly offsets = new Float64Array(4);
  /** The codes of their dtypes. */
  readonly dtypes = new Int32Array(4);
  levels = 0;
  /** How many of the last levels are folded. */
  folded = 0;
  readonly sizes = new Float64Array(MOST_LEVELS + 1);
  readonly strides = [0, 1, 2, 3].map(() => new Float64Array(MOST_LEVELS + 1));
  /** Strides of the dimension at hand. */
  readonly stride = new Float64Array(4);
  private readonly templates = new Map<number, Map<number, Template | null>>();
  private readonly forms: Forms;
  private readonly context: KernelContext;

  constructor(forms: Forms, context: KernelContext) {
    this.forms = forms;
    this.context = context;
  }

  /** Forgets forms that could not be compiled. */
  forget(): void {
    this.templates.clear();
  }

  start(reads: number): void {
    this.reads = reads;
    this.levels = 0;
    this.folded = 0;
  }

  /** Adds a dimension with the strides in `stride`, to the level before it where all operands walk both as one. */
  push(size: number): boolean {
    return this.add(size, this.levels > 0 && this.folded === 0);
  }

  /** Adds a dimension that is folded, after all others; `mayJoin` says whether the one before it may take it in. */
  pushFolded(size: number, mayJoin = false): boolean {
    const { levels } = this;
    if (!this.add(size, mayJoin && this.folded > 0)) return false;
    this.folded += this.levels - levels;
    return true;
  }

  private add(size: number, mayJoin: boolean): boolean {
    const { stride, strides, reads, levels } = this;
    const last = levels - 1;
    let joins = mayJoin && strides[OUT]![last] === stride[OUT]! * size;
    for (let j = 0; joins && j < reads; j++) joins = strides[j]![last] === stride[j]! * size;
    if (!joins && levels === MOST_LEVELS) return false;
    const at = joins ? last : this.levels++;
    this.sizes[at] = joins ? this.sizes[at]! * size : size;
    for (let j = 0; j < reads; j++) strides[j]![at] = stride[j]!;
    strides[OUT]![at] = stride[OUT]!;
    return true;
  }

  /** Writes the call, or says that it must be planned by itself. */
  write(op: Operation, writer: CallWriter): boolean {
    if (this.levels === 0) {
      this.stride.fill(0);
      this.push(1);
    }
    const template = this.template(op);
    if (template === null) return false;
    const { words, form, scratch } = template;
    writer.need(scratch);
    writer.call(form);
    for (let i = 0; i < words.length; i++) {
      const code = words[i]!;
      if (code < SCRATCH_WORD) writer.address(this.buffers[code]!, this.offsets[code]!);
      else if (code === SCRATCH_WORD) writer.scratchAddress(FAULT);
      else writer.word(this.valueOf(code));
    }
    return true;
  }

  private template(op: Operation): Template | null {
    const { reads, levels, folded, strides, dtypes } = this;
    const { fold, along = null } = op;
    let kind = ((op.id + 2) * 2 + Number(op.product === true)) * 4 + reads;
    for (let j = 0; j < 3; j++) kind = kind * 4 + (j < reads ? dtypes[j]! : 0);
    kind = (kind * 4 + dtypes[OUT]!) * 3 + (along === null ? 0 : along === 'row' ? 1 : 2);
    let walked = levels;
    if (fold !== null) {
      const points = pointsOf(this);
      const blocks = Number(points > COLUMN_BLOCK) + Number(points > ROW_BLOCK);
      walked = (walked * MOST_LEVELS + folded) * 3 + blocks;
    }
    for (let d = 0; d < levels; d++) {
      for (let j = 0; j < reads; j++) walked = walked * 3 + classOf(strides[j]![d]!);
      walked = walked * 3 + classOf(strides[OUT]![d]!);
      if (fold !== null) walked = walked * 5 + sizeClass(op, this, d);
    }
    let ofKind = this.templates.get(kind);
    if (ofKind === undefined)
      this.templates.set(kind, (ofKind = new Map<number, Template | null>()));
    let template = ofKind.get(walked);
    if (template === undefined) ofKind.set(walked, (template = this.find(op, walked)));
    return template;
  }

  /** What the prelude says of loops that are walked alike, or what planning one of them tells. */
  private find(op: Operation, walked: number): Template | null {
    const { reads, dtypes, levels, forms, context } = this;
    const { name, id, dtype, fold, along = null, product = false } = op;
    const how = [name ?? 'copy', Math.min(id, 0), dtype, fold, along, product, levels, walked];
    const way = `${how.join(' ')} ${dtypes.slice(0, reads).join()} ${dtypes[OUT]!}`;
    const known = forms.recall(way, context);
    if (known !== undefined) {
      const [form, scratch, ...words] = known as readonly [number, number, ...number[]];
      return { form, scratch, words: Int32Array.from(words) };
    }
    const made = planTemplate(op, this, forms, context);
    if (made !== null) forms.remember(way, context, [made.form, made.scratch, ...made.words]);
    return made;
  }

  /** The size of a level, or a stride in bytes. */
  private valueOf(code: number): number {
    if (code < STRIDE) return this.sizes[code - SIZE]!;
    const operand = (code - STRIDE) & 3;
    return this.strides[operand]![(code - STRIDE) >> 2]! * ITEM_SIZES[this.dtypes[operand]!]!;
  }
}

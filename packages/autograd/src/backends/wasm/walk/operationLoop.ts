/**
 * @file Loops of one operation: how operands are walked, and the function of the table for all that are walked alike.
 *
 * A form is looked up by a number made of the operation, its dtypes and, for each level, whether an operand stands still,
 * goes from element to element or moves by a stride; what its words hold says `loopTemplate.ts`. How a fold is taken depends
 * on sizes too: those within the same powers of two are walked alike, and the order of its sum is given.
 */
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { FAULT } from '../run/barrier.js';
import type { Forms } from '../run/forms.js';
import type { CallWriter } from './callWriter.js';
import {
  classOf,
  OUT,
  planTemplate,
  rangeOf,
  SCRATCH_WORD,
  SIZE,
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
  readonly sizes = new Float64Array(MOST_LEVELS + 1);
  readonly strides = [0, 1, 2, 3].map(() => new Float64Array(MOST_LEVELS + 1));
  /** Strides of the dimension at hand. */
  readonly stride = new Float64Array(4);
  /** 1 for a level that is folded. */
  private readonly inner = new Uint8Array(MOST_LEVELS + 1);
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
  }

  /** Adds a dimension with the strides in `stride`, to the level before it where all operands walk both as one. */
  push(size: number, inner: 0 | 1 = 0): boolean {
    const { stride, strides, reads, levels } = this;
    const last = levels - 1;
    let joins = levels > 0 && this.inner[last] === inner;
    joins &&= strides[OUT]![last] === stride[OUT]! * size;
    for (let j = 0; joins && j < reads; j++) joins = strides[j]![last] === stride[j]! * size;
    if (!joins && levels === MOST_LEVELS) return false;
    const at = joins ? last : this.levels++;
    this.inner[at] = inner;
    this.sizes[at] = joins ? this.sizes[at]! * size : size;
    for (let j = 0; j < reads; j++) strides[j]![at] = stride[j]!;
    strides[OUT]![at] = stride[OUT]!;
    return true;
  }

  /** Writes the call, or says that a fold must be planned by itself. */
  write(op: Operation, writer: CallWriter): boolean {
    if (this.levels === 0) {
      this.stride.fill(0);
      this.push(1);
    }
    const template = op.fold !== null && !this.isShort() ? null : this.template(op);
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

  /** Whether a fold is taken at once and along one level. */
  private isShort(): boolean {
    const { levels, inner, sizes, strides } = this;
    const last = levels - 1;
    if (levels > MOST_FOLDED || inner[last] !== 1 || sizes[last]! >= LONG_FOLD) return false;
    const most = strides[0]![last] === 1 ? MOST_ROWS : LONG;
    for (let d = 0; d < levels; d++)
      if (sizes[d] === 0 || (d < last && (inner[d] === 1 || sizes[d]! > most))) return false;
    return true;
  }

  private template(op: Operation): Template | null {
    const { reads, levels, strides, dtypes } = this;
    const { fold, along = null } = op;
    let kind = ((op.id + 2) * 2 + Number(op.product === true)) * 4 + reads;
    for (let j = 0; j < 3; j++) kind = kind * 4 + (j < reads ? dtypes[j]! : 0);
    kind = (kind * 4 + dtypes[OUT]!) * 3 + (along === null ? 0 : along === 'row' ? 1 : 2);
    let walked = levels;
    for (let d = 0; d < levels; d++) {
      for (let j = 0; j < reads; j++) walked = walked * 3 + classOf(strides[j]![d]!);
      walked = walked * 3 + classOf(strides[OUT]![d]!);
      if (fold !== null) walked = walked * 16 + rangeOf(this.sizes[d]!);
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

/** A fold over so many elements is taken in chunks, and one down columns that leaves more than this along a level may be. */
const LONG_FOLD = 2048;
const LONG = 512;
/** Of rows there may be so many: ranges of sizes end here. */
const MOST_ROWS = 2 ** 14 - 1;
/** A fold in more levels has no number. */
const MOST_FOLDED = 5;

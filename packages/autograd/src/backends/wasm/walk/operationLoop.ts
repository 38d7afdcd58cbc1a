/**
 * @file Loops of one operation: how operands are traversed, and the form for each way of traversal.
 *
 * A form is looked up by a number made of the operation, its dtypes and, for each level, whether an operand repeats, is
 * contiguous or strided; `loopTemplate.ts` finds out what its words hold. For a fold the kernel depends on sizes too: sizes
 * within the same powers of two share a form, and the order of the sum is prescribed.
 */
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { FAULT } from '../run/barrier.js';
import type { Forms } from '../run/forms.js';
import type { CallWriter } from './callWriter.js';
import {
  strideClass,
  OUT,
  planTemplate,
  sizeRange,
  SCRATCH_WORD,
  SIZE,
  STRIDE,
  type Operation,
  type Template,
} from './loopTemplate.js';

/** The most levels of a loop that can be looked up by number. */
export const MAX_LEVELS = 6;
export const dtypeCode = Object.fromEntries(DTYPES.map((d, i) => [d, i])) as Record<DType, number>;
const ITEM_SIZES = DTYPES.map((dtype) => itemSize[dtype]);

export class OperationLoop {
  /** How many operands are read. */
  reads = 0;
  /** The buffer of each operand, and the byte offset at which it begins. */
  readonly buffers = new Float64Array(4);
  readonly offsets = new Float64Array(4);
  /** The codes of their dtypes. */
  readonly dtypes = new Int32Array(4);
  levels = 0;
  readonly sizes = new Float64Array(MAX_LEVELS + 1);
  readonly strides = [0, 1, 2, 3].map(() => new Float64Array(MAX_LEVELS + 1));
  /** Strides of the current dimension. */
  readonly stride = new Float64Array(4);
  /** 1 for a level that is folded. */
  private readonly inner = new Uint8Array(MAX_LEVELS + 1);
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

  /** Adds a dimension with the strides in `stride`, merged with the previous level if all operands traverse both as one. */
  push(size: number, inner: 0 | 1 = 0): boolean {
    const { stride, strides, reads, levels } = this;
    const last = levels - 1;
    let joins = levels > 0 && this.inner[last] === inner;
    joins &&= strides[OUT]![last] === stride[OUT]! * size;
    for (let j = 0; joins && j < reads; j++) joins = strides[j]![last] === stride[j]! * size;
    if (!joins && levels === MAX_LEVELS) return false;
    const at = joins ? last : this.levels++;
    this.inner[at] = inner;
    this.sizes[at] = joins ? this.sizes[at]! * size : size;
    for (let j = 0; j < reads; j++) strides[j]![at] = stride[j]!;
    strides[OUT]![at] = stride[OUT]!;
    return true;
  }

  /** Writes the call; false if the fold must be planned as a kernel. */
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

  /** Whether a fold runs in one piece along one level. */
  private isShort(): boolean {
    const { levels, inner, sizes, strides } = this;
    const last = levels - 1;
    if (levels > MAX_FOLD_LEVELS || inner[last] !== 1 || sizes[last]! >= CHUNKED_FOLD) return false;
    const most = strides[0]![last] === 1 ? MAX_FOLD_ROWS : CHUNKED_LEVEL;
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
      for (let j = 0; j < reads; j++) walked = walked * 3 + strideClass(strides[j]![d]!);
      walked = walked * 3 + strideClass(strides[OUT]![d]!);
      if (fold !== null) walked = walked * 16 + sizeRange(this.sizes[d]!);
    }
    let ofKind = this.templates.get(kind);
    if (ofKind === undefined)
      this.templates.set(kind, (ofKind = new Map<number, Template | null>()));
    let template = ofKind.get(walked);
    if (template === undefined) ofKind.set(walked, (template = this.find(op, walked)));
    return template;
  }

  /** The template for loops of this kind: from the prelude, or by planning one. */
  private find(op: Operation, walked: number): Template | null {
    const { reads, dtypes, levels, forms, context } = this;
    const { name, id, dtype, fold, along = null, product = false } = op;
    const parts = [name ?? 'copy', Math.min(id, 0), dtype, fold, along, product, levels, walked];
    const way = `${parts.join(' ')} ${dtypes.slice(0, reads).join()} ${dtypes[OUT]!}`;
    const known = forms.recall(way, context);
    if (known !== undefined) {
      const [form, scratch, ...words] = known as readonly [number, number, ...number[]];
      return { form, scratch, words: Int32Array.from(words) };
    }
    const made = planTemplate(op, this, forms, context);
    if (made !== null) forms.remember(way, context, [made.form, made.scratch, ...made.words]);
    return made;
  }

  /** The value of a word: the size of a level, or a stride in bytes. */
  private valueOf(code: number): number {
    if (code < STRIDE) return this.sizes[code - SIZE]!;
    const operand = (code - STRIDE) & 3;
    return this.strides[operand]![(code - STRIDE) >> 2]! * ITEM_SIZES[this.dtypes[operand]!]!;
  }
}

/** A fold over this many elements runs in chunks, and a column fold that keeps more than `CHUNKED_LEVEL` along a level may do so. */
const CHUNKED_FOLD = 2048;
const CHUNKED_LEVEL = 512;
/** The most rows of a row fold: ranges of sizes end here. */
const MAX_FOLD_ROWS = 2 ** 14 - 1;
/** A fold in more levels cannot be looked up by number. */
const MAX_FOLD_LEVELS = 5;

/**
 * @file Loops of one operation: how operands are walked, and the function of the table for all that are walked alike.
 *
 * A form is looked up by a number made of the operation, its dtypes and, for each level, whether an operand stands still,
 * goes from element to element or moves by a stride. The first of a kind is planned with sizes and strides that occur
 * nowhere else, so that its words tell where each number belongs. How a fold is taken depends on sizes too: those within
 * the same powers of two are walked alike, and the order of its sum is given.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { FoldOrder } from '../../../engine/compile/foldOrder.js';
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import { SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';
import type { FoldOp } from '../../../graph/lowering.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { FAULT } from '../run/barrier.js';
import type { Forms } from '../run/forms.js';
import { planLoop } from '../loops/planLoop.js';
import { sumOfProducts } from '../products/matmul.js';
import type { CallWriter } from './callWriter.js';

/** The most levels of a loop whose form has a number. */
export const MOST_LEVELS = 6;
/** The operand that is written. */
export const OUT = 3;

/** What a word of a block holds. */
const SIZE = 8;
const STRIDE = 16;
const SCRATCH_WORD = 4;

/** A form, and for each word of its block what it holds: an operand's address, a level's size, an operand's stride. */
interface Template {
  readonly form: number;
  readonly words: Int32Array;
  /** Scratch bytes beyond what every kernel has. */
  readonly scratch: number;
}

export const dtypeCode = Object.fromEntries(DTYPES.map((d, i) => [d, i])) as Record<DType, number>;
const ITEM_SIZES = DTYPES.map((dtype) => itemSize[dtype]);

/** An element function, a fold, or a product of matrices, with the dtype of its result. */
export interface Operation {
  /** Null copies. */
  readonly name: string | null;
  /** The number of its primitive; -1 for a copy, -2 for a cast that a fold asks for. */
  readonly id: number;
  readonly dtype: DType;
  /** How the last level is folded; null where none is. */
  readonly fold: FoldOp | null;
  /** How the elements of a sum follow each other, where that is given. */
  readonly along?: FoldOrder['along'] | null;
  /** Whether it is a sum of products. */
  readonly product?: boolean;
}

export class OperationLoop {
  /** How many operands are read. */
  reads = 0;
  /** The buffers of operands, and how many bytes into them they begin. */
  readonly buffers = new Float64Array(4);
  readonly offsets = new Float64Array(4);
  /** The codes of their dtypes. */
  readonly dtypes = new Int32Array(4);
  private levels = 0;
  private readonly sizes = new Float64Array(MOST_LEVELS + 1);
  private readonly strides = [0, 1, 2, 3].map(() => new Float64Array(MOST_LEVELS + 1));
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
    const { levels, inner, sizes } = this;
    const last = levels - 1;
    if (levels > MOST_FOLDED || inner[last] !== 1 || sizes[last]! >= LONG_FOLD) return false;
    for (let d = 0; d < levels; d++)
      if (sizes[d] === 0 || (d < last && (inner[d] === 1 || sizes[d]! > LONG))) return false;
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
    const made = this.make(op);
    if (made !== null) forms.remember(way, context, [made.form, made.scratch, ...made.words]);
    return made;
  }

  /** Plans a loop that is walked alike, with numbers that can be told apart; null where they cannot. */
  private make(op: Operation): Template | null {
    const { reads, levels } = this;
    const operands = [...Array(reads).keys(), OUT];
    const sizes: number[] = [];
    for (let d = 0; d < levels; d++)
      sizes.push(op.fold === null ? 1021 - 2 * d : within(rangeOf(this.sizes[d]!), sizes));
    const strides = operands.map((j) =>
      sizes.map((_, d) => {
        const kind = classOf(this.strides[j]![d]!);
        return kind === 2 ? 100_003 + 4 * (8 * j + d) : kind;
      }),
    );
    const dtypes = operands.map((j) => DTYPES[this.dtypes[j]!]!);
    const formed = this.formOf(this.kernel(op, sizes, strides, dtypes));
    if (formed === null) return null;
    const { words, pointers } = formed.block;
    // Levels of one size are told apart by the words of loops in which one of them is shorter.
    const shorter: { readonly level: number; readonly words: readonly number[] }[] = [];
    for (let level = 0; level < levels; level++) {
      if (sizes.indexOf(sizes[level]!) === level) continue;
      const others = sizes.map((size, d) => (d === level ? size - 1 : size));
      const probe = this.formOf(this.kernel(op, others, strides, dtypes))?.block.words;
      if (probe?.length !== words.length) return null;
      shorter.push({ level, words: probe });
    }
    const meaning = Int32Array.from(words, (value, w) => {
      const twin = shorter.find((probe) => probe.words[w] !== value);
      if (twin !== undefined) return value === sizes[twin.level] ? SIZE + twin.level : -1;
      const size = sizes.indexOf(value);
      if (size >= 0) return SIZE + size;
      for (let i = 0; i < operands.length; i++) {
        const level = strides[i]!.findIndex((s) => s > 0 && s * itemSize[dtypes[i]!] === value);
        if (level >= 0) return STRIDE + 4 * level + operands[i]!;
      }
      return -1;
    });
    for (const { word, buffer } of pointers)
      meaning[word] = buffer === SCRATCH_BUFFER ? SCRATCH_WORD : buffer;
    if (meaning.includes(-1)) return null;
    const form = this.forms.find(formed, this.context);
    return { form, words: meaning, scratch: formed.threadScratch };
  }

  /** Its function: sums down columns have the same bits whether accumulators lie in memory or in registers. */
  private formOf(kernel: LoopKernel): FormedKernel | null {
    return planLoop(kernel, this.context);
  }

  private kernel(
    op: Operation,
    sizes: readonly number[],
    strides: readonly (readonly number[])[],
    dtypes: readonly DType[],
  ): LoopKernel {
    if (op.product === true) return this.productKernel(op.dtype, sizes, strides);
    if (op.fold !== null) return this.foldKernel(op, op.fold, sizes, strides, dtypes);
    const { name, dtype } = op;
    const { reads } = this;
    const body: Scalar[] = dtypes
      .slice(0, reads)
      .map((from, input) => ({ kind: 'load', input, dtype: from }));
    const args = body.map((_, j) => j);
    if (name !== null) body.push({ kind: 'op', op: name, args, dtype });
    const access = (i: number, buffer: number): LoopKernel['inputs'][number] => ({
      ...{ buffer, dtype: dtypes[i]!, offset: 0, strides: strides[i]! },
    });
    return {
      ...{ kind: 'loop', outer: sizes, inner: [], body },
      inputs: args.map((i) => access(i, i)),
      outputs: [{ ...access(reads, OUT), value: body.length - 1 }],
    };
  }

  private productKernel(
    dtype: DType,
    sizes: readonly number[],
    [a = [], b = [], out = []]: readonly (readonly number[])[],
  ): LoopKernel {
    const of = (buffer: number, strides: readonly number[]): LoopKernel['inputs'][number] => ({
      ...{ buffer, dtype, offset: 0, strides },
    });
    const rank = sizes.length - 1;
    return sumOfProducts(
      { outer: sizes.slice(0, rank), inner: sizes.slice(rank) },
      [of(0, a), of(1, b)],
      of(OUT, out.slice(0, rank)),
    );
  }

  /** The size of a level, or a stride in bytes. */
  private valueOf(code: number): number {
    if (code < STRIDE) return this.sizes[code - SIZE]!;
    const operand = (code - STRIDE) & 3;
    return this.strides[operand]![(code - STRIDE) >> 2]! * ITEM_SIZES[this.dtypes[operand]!]!;
  }

  private foldKernel(
    { dtype, along = null }: Operation,
    op: FoldOp,
    sizes: readonly number[],
    [strides = [], out = []]: readonly (readonly number[])[],
    [from = dtype]: readonly DType[],
  ): LoopKernel {
    const rank = sizes.length - 1;
    const body: Scalar[] = [{ kind: 'load', input: 0, dtype: from }];
    if (from !== dtype) body.push({ kind: 'op', op: 'cast', args: [0], dtype });
    const value = body.push({ kind: 'reduce', op, arg: body.length - 1, dtype }) - 1;
    return {
      ...{ kind: 'loop', outer: sizes.slice(0, rank), inner: sizes.slice(rank), along, body },
      inputs: [{ buffer: 0, dtype: from, offset: 0, strides }],
      outputs: [{ buffer: OUT, dtype, offset: 0, strides: out.slice(0, rank), value }],
    };
  }
}

/** A fold over so many elements is taken in chunks, and one that leaves more than this along a level may be. */
const LONG_FOLD = 2048;
const LONG = 512;
/** A fold in more levels has no number. */
const MOST_FOLDED = 5;

/** The power of two at or below a size; 64 and 256 are ranges of their own, as some ways begin above them. */
function rangeOf(size: number): number {
  return size === 64 ? 15 : size === 256 ? 14 : 31 - Math.clz32(size);
}

/** A size within a range: another one than those before, if there is one, and never the bytes of an element. */
function within(range: number, others: readonly number[]): number {
  if (range === 15) return 64;
  if (range === 14) return 256;
  const largest = 2 ** (range + 1) - 1;
  for (let size = largest; size > 2 ** range; size--) if (!others.includes(size)) return size;
  return largest;
}

/** Whether an operand stands still along a level, goes from element to element, or by a stride. */
function classOf(stride: number): 0 | 1 | 2 {
  return stride === 0 ? 0 : stride === 1 ? 1 : 2;
}

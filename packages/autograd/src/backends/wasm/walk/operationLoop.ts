/**
 * @file Loops of one operation: how operands are walked, and the function of the table for all that are walked alike.
 *
 * A form is looked up by a number made of the operation, its dtypes and, for each level, whether an operand stands still,
 * goes from element to element or moves by a stride. The first of a kind is planned with sizes and strides that occur
 * nowhere else, so that its words tell where each number belongs. How a fold is summed depends on sizes too: those within
 * the same powers of two are walked alike.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Instruction } from '../../../engine/program.js';
import { DTYPES, itemSize, type DType } from '../../../graph/dtype.js';
import { Scratch, SCRATCH_BUFFER } from '../assembler/block.js';
import type { Primitive } from '../../../graph/primitive.js';
import { foldKernel } from '../../../engine/compile/lower.js';
import { ownView } from '../../../engine/compile/view.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { BARRIER_BYTES, FAULT } from '../run/barrier.js';
import type { Forms } from '../run/forms.js';
import { formKernel } from '../run/kernelList.js';
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
  /** The fold that it is. */
  readonly fold: Primitive | null;
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
    const folds = op.fold !== null || op.product === true;
    const template = folds && !this.isPlain(op) ? null : this.template(op, folds);
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

  /** Whether a fold goes along one level in at most one more, both short, and it is plain which one moves less far. */
  private isPlain({ product = false }: Operation): boolean {
    const { levels, inner, sizes } = this;
    const [strides] = this.strides as [Float64Array];
    for (let d = 0; d < levels; d++) if (sizes[d]! > LONG) return false;
    if (product) return inner[levels - 1] === 1 && (levels <= 2 || this.isPlainBatch());
    if (levels === 1) return inner[0] === 1;
    const apart = classOf(strides[0]!) + classOf(strides[1]!) < 4;
    return levels === 2 && inner[0] === 0 && inner[1] === 1 && apart;
  }

  /** Whether it is plain which of two levels is the longer one, as that goes outside. */
  private isPlainBatch(): boolean {
    const { levels, inner, sizes } = this;
    if (levels !== 3 || inner[1] !== 0 || sizes[2]! < 4) return false;
    return rangeOf(sizes[0]!) !== rangeOf(sizes[1]!);
  }

  private template(op: Operation, folds: boolean): Template | null {
    const { reads, levels, strides, dtypes } = this;
    let kind = ((op.id + 2) * 2 + Number(op.product === true)) * 4 + reads;
    for (let j = 0; j < reads; j++) kind = kind * 4 + dtypes[j]!;
    kind = kind * 4 + dtypes[OUT]!;
    let walked = levels;
    for (let d = 0; d < levels; d++) {
      for (let j = 0; j < reads; j++) walked = walked * 3 + classOf(strides[j]![d]!);
      walked = walked * 3 + classOf(strides[OUT]![d]!);
      if (folds) walked = (walked * 16 + rangeOf(this.sizes[d]!)) * 2 + this.inner[d]!;
    }
    let ofKind = this.templates.get(kind);
    if (ofKind === undefined)
      this.templates.set(kind, (ofKind = new Map<number, Template | null>()));
    let template = ofKind.get(walked);
    if (template === undefined) ofKind.set(walked, (template = this.make(op, folds)));
    return template;
  }

  /** Plans a loop that is walked alike, with numbers that can be told apart; null where they cannot. */
  private make(op: Operation, folds: boolean): Template | null {
    const { reads, levels } = this;
    const operands = [...Array(reads).keys(), OUT];
    const sizes = Array.from({ length: levels }, (_, d) =>
      folds ? within(rangeOf(this.sizes[d]!), d) : 1021 - 2 * d,
    );
    const strides = operands.map((j) =>
      sizes.map((_, d) => {
        const kind = classOf(this.strides[j]![d]!);
        return kind === 2 ? 100_003 + 4 * (8 * j + d) : kind;
      }),
    );
    const dtypes = operands.map((j) => DTYPES[this.dtypes[j]!]!);
    const scratch = new Scratch(BARRIER_BYTES);
    const kernel = this.kernel(op, sizes, strides, dtypes);
    const [formed, ...more] = formKernel(kernel, this.context, scratch);
    if (formed === undefined || more.length > 0 || scratch.bytes > BARRIER_BYTES) return null;
    const { words, pointers } = formed.block;
    const meaning = Int32Array.from(words, (value) => {
      const size = sizes.indexOf(value);
      if (size >= 0) return sizes.lastIndexOf(value) === size ? SIZE + size : -1;
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

  private kernel(
    { name, dtype, fold, product = false }: Operation,
    sizes: readonly number[],
    strides: readonly (readonly number[])[],
    dtypes: readonly DType[],
  ): LoopKernel {
    if (fold !== null) return this.foldKernel(fold, dtype, sizes, strides, dtypes[0] as DType);
    if (product) return this.productKernel(dtype, sizes, strides);
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
    op: Primitive,
    dtype: DType,
    sizes: readonly number[],
    [strides = []]: readonly (readonly number[])[],
    from: DType,
  ): LoopKernel {
    const leaf = { op: null, attrs: null, inputs: [] };
    const instructions: Instruction[] = [];
    instructions[0] = { ...leaf, shape: sizes, dtype: from };
    instructions[OUT] = { op, attrs: null, inputs: [0], shape: sizes.slice(0, -1), dtype };
    const view = { ...ownView(0, sizes), strides };
    return foldKernel(instructions, OUT, [sizes.length - 1], view);
  }
}

/** A fold over more than this is planned by itself. */
const LONG = 512;

/** The power of two at or below a size; 64 and 256 are ranges of their own, as some ways begin above them. */
function rangeOf(size: number): number {
  return size === 64 ? 15 : size === 256 ? 14 : 31 - Math.clz32(size);
}

/** A size within a range, another one for each level. */
function within(range: number, level: number): number {
  if (range === 15) return 64;
  if (range === 14) return 256;
  return 2 ** (range + 1) - (range <= 2 ? 1 + level : 1 + 2 * level);
}

/** Whether an operand stands still along a level, goes from element to element, or by a stride. */
function classOf(stride: number): 0 | 1 | 2 {
  return stride === 0 ? 0 : stride === 1 ? 1 : 2;
}

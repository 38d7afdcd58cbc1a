/** @file What the three convolutions share: their numbers, their memory, and the blocks of places. */
import type { FunctionBuilder, ModuleBuilder, Word } from '../assembler/moduleBuilder.js';
import type { Block } from '../assembler/block.js';
import { planBlockProduct, type BlockProduct } from '../products/blockProduct.js';
import type { Product } from '../products/blocking.js';
import type { ConvGeometry } from './convGeometry.js';
import { ConvWindows } from './convWindows.js';
import { BLOCK, FOLD_BYTES, kernelFunction, SCRATCH } from '../assembler/kernelFunction.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { I32 } from '../assembler/opcodes.js';

/** The parts of a convolution that are in words. */
export interface ConvNumbers {
  readonly windows: ConvWindows;
  readonly item: number;
  /** The rows of a full block, and of the block after `fullBlocks` of these; the places of a row. */
  readonly blockRows: Word;
  readonly restRows: Word;
  readonly fullBlocks: Word;
  readonly blocks: Word;
  readonly rowPlaces: Word;
  /** Bytes from one block to the next: in the image read, and in a channel of y. */
  readonly imageStep: Word;
  readonly placeStep: Word;
  /** The products of a full block and of the last. */
  readonly full: BlockProduct;
  readonly rest: BlockProduct;
  /** The start of the padded image and of the unfolded windows in scratch memory. */
  readonly paddedAt: Word;
  readonly columnsAt: Word;
  /** Scratch bytes per thread. */
  readonly threadScratch: number;
  /** The part that determines the form. */
  readonly key: string;
}

/** `productOf` returns the product of a block with this many places. */
export function convNumbers(
  block: Block,
  g: ConvGeometry,
  context: KernelContext,
  productOf: (places: number) => Product,
): ConvNumbers {
  const word = (x: number): Word => block.number(x);
  const windows = new ConvWindows(block, g);
  const product = (positions: number): BlockProduct =>
    planBlockProduct(block, productOf(positions), g.item === 4 ? 4 : 8, context);
  const full = product(g.blockPlaces);
  const rest = product(g.restPlaces > 0 ? g.restPlaces : g.blockPlaces);
  const packed = Math.max(full.packed, rest.packed);
  return {
    windows,
    item: g.item,
    blockRows: word(g.blockRows),
    restRows: word(g.restRows),
    fullBlocks: word(g.fullBlocks),
    blocks: word(g.blocks),
    rowPlaces: word(g.rowPlaces),
    imageStep: word(g.blockStep),
    placeStep: word(g.blockPlaces * g.item),
    full,
    rest,
    paddedAt: word(FOLD_BYTES + packed),
    columnsAt: word(FOLD_BYTES + packed + g.paddedBytes),
    threadScratch: packed + g.paddedBytes + g.columnBytes + 64,
    key: `${windows.key} ${full.key} ${rest.key}`,
  };
}

/** Writes the function of a convolution. */
export class ConvWriter {
  readonly f: FunctionBuilder;
  /** Pointers to the padded image and to the unfolded windows. */
  readonly padded: number;
  readonly columns: number;
  private readonly numbers: ConvNumbers;
  private readonly full: FunctionBuilder;
  private readonly rest: FunctionBuilder;
  /** The current block: whether it is the last, its rows, and the bytes of its places. */
  private readonly isRest: number;
  private readonly rows: number;
  private readonly bytes: number;

  constructor(module: ModuleBuilder, numbers: ConvNumbers) {
    this.numbers = numbers;
    const f = kernelFunction(module);
    this.f = f;
    this.full = numbers.full.write(module);
    this.rest = numbers.rest.key === numbers.full.key ? this.full : numbers.rest.write(module);
    const local = (): number => f.local('i32');
    [this.padded, this.columns, this.isRest] = [local(), local(), local()];
    [this.rows, this.bytes] = [local(), local()];
    f.get(SCRATCH).push(numbers.paddedAt).op(I32.add).set(this.padded);
    f.get(SCRATCH).push(numbers.columnsAt).op(I32.add).set(this.columns);
  }

  get windows(): ConvWindows {
    return this.numbers.windows;
  }

  /** Moves to the block whose number a local holds. */
  turnTo(block: number): void {
    const { f, numbers } = this;
    f.get(block).push(numbers.fullBlocks).op(I32.geU).set(this.isRest);
    f.push(numbers.restRows).push(numbers.blockRows).get(this.isRest).select().tee(this.rows);
    f.push(numbers.rowPlaces).op(I32.mul).i32(numbers.item).op(I32.mul).set(this.bytes);
  }

  /** Runs `body` for each block; the locals `image` and `places` advance from one block to the next. */
  eachBlock(image: number, positions: number, body: () => void): void {
    const { f, numbers } = this;
    const block = f.local('i32');
    f.i32(0).set(block);
    f.repeat(numbers.blocks, () => {
      this.turnTo(block);
      body();
      f.advance(image, numbers.imageStep).advance(positions, numbers.placeStep).advance(block, 1);
    });
  }

  spread(image: number): void {
    this.windows.spread(this.f, image, this.columns, this.rows, this.bytes);
  }

  gatherBack(image: number): void {
    this.windows.gatherBack(this.f, image, this.columns, this.rows, this.bytes);
  }

  /** Multiplies the matrices of the current block, to which the locals `a`, `b` and `c` point. */
  multiply(a: number, b: number, c: number, accumulate: () => void): void {
    const { f, numbers, full, rest, isRest } = this;
    const call = (target: FunctionBuilder, numbersAt: () => void): void => {
      f.get(BLOCK);
      numbersAt();
      f.op(I32.add).get(a).get(b).get(SCRATCH).get(c);
      accumulate();
      f.call(target);
    };
    if (full === rest) {
      call(full, () => f.i32(numbers.rest.at).i32(numbers.full.at).get(isRest).select());
      return;
    }
    f.get(isRest).if(
      () => call(rest, () => f.i32(numbers.rest.at)),
      () => call(full, () => f.i32(numbers.full.at)),
    );
  }

  /** `to = base + index · bytes`. */
  at(to: number, base: Word, index: number, bytes: Word): void {
    this.f.push(base).get(index).push(bytes).op(I32.mul).op(I32.add).set(to);
  }

  locals<N extends number>(count: N): Tuple<N> {
    return Array.from({ length: count }, () => this.f.local('i32')) as Tuple<N>;
  }
}

/** A tuple of this many locals. */
type Tuple<N extends number, T extends number[] = []> = T['length'] extends N
  ? T
  : Tuple<N, [...T, number]>;

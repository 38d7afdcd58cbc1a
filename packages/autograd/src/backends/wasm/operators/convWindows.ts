/** @file The windows of an image unfolded into a matrix, the transpose of that, and padding, with their numbers in words. */
import { sizeOf } from '../../../graph/shape.js';
import type { FunctionBuilder, Quantity, Word } from '../assembler/moduleBuilder.js';
import type { Block } from '../assembler/block.js';
import type { ConvGeometry } from './convGeometry.js';
import { byteStrides, copyRow, elementsOf, nest, zeroFill } from '../assembler/nest.js';
import type { Elements } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';

export class ConvWindows {
  /** The part that determines the code. */
  readonly key: string;
  readonly pads: boolean;
  readonly paddedBytes: Word;
  private readonly item: number;
  /** Element access for copies, and for sums. */
  private readonly plain: Elements;
  private readonly adding: Elements;
  private readonly channels: Word;
  /** Bytes of a channel of the image, and of the padded image. */
  private readonly plane: Word;
  private readonly paddedPlane: Word;
  /** The part that the image and the padded image share: its start in each, its sizes, and byte strides. */
  private readonly common: {
    readonly fromImage: Word;
    readonly fromPadded: Word;
    readonly sizes: readonly Word[];
    readonly image: readonly Word[];
    readonly padded: readonly Word[];
  };
  /** The sizes of a window, the byte strides between its elements, and its row-major strides in elements. */
  private readonly window: readonly Quantity[];
  private readonly dilated: readonly Word[];
  private readonly tapStrides: readonly Word[];
  private readonly taps: Word;
  /** For the dimensions after the divided one: places, byte strides in the image, and in the matrix. */
  private readonly positions: readonly Word[];
  private readonly steps: readonly Word[];
  private readonly rowBytes: readonly Word[];
  /** Bytes from one place to the next along the last dimension. */
  private readonly lastStep: number;

  constructor(block: Block, g: ConvGeometry) {
    const { size, window, outSize, padLow, padHigh, stride, dilation, out } = g.kernel;
    const { item, paddedStrides, blockDim } = g;
    const words = (values: readonly number[]): Word[] => values.map((x) => block.number(x));
    this.item = item;
    this.pads = g.pads;
    this.plain = elementsOf(out.dtype);
    this.adding = elementsOf(out.dtype, 'add');
    this.paddedBytes = block.number(g.paddedBytes);
    this.channels = block.number(g.channels);
    this.plane = block.number(g.area * item);
    this.paddedPlane = block.number(sizeOf(g.padded) * item);

    const strides = byteStrides(size, item);
    let [fromImage, fromPadded] = [0, 0];
    const common = size.map((n, d) => {
      const [low, high] = [padLow[d] as number, padHigh[d] as number];
      fromImage += Math.max(0, -low) * (strides[d] as number);
      fromPadded += Math.max(0, low) * (paddedStrides[d] as number);
      return Math.max(0, n + Math.min(0, low) + Math.min(0, high));
    });
    this.common = {
      fromImage: block.number(fromImage),
      fromPadded: block.number(fromPadded),
      sizes: words(common),
      image: words(strides),
      padded: words(paddedStrides),
    };

    this.window = window.map((n) => (n === 1 ? 1 : block.number(n)));
    this.dilated = words(paddedStrides.map((s, d) => s * (dilation[d] as number)));
    this.tapStrides = words(byteStrides(window, 1));
    this.taps = block.number(g.taps);
    const after = outSize.slice(blockDim + 1);
    this.positions = words(after);
    this.steps = words(paddedStrides.map((s, d) => s * (stride[d] as number)).slice(blockDim));
    this.rowBytes = words(byteStrides([1, ...after], item));
    this.lastStep = item * (stride.at(-1) as number);
    const ones = window.map((n) => (n === 1 ? 1 : 'n')).join('');
    this.key = `${out.dtype} ${g.pads} ${ones} ${blockDim} ${this.lastStep}`;
  }

  /** Sets the padding to 0; `pad` writes the rest for each image. */
  clearPadding(f: FunctionBuilder, padded: number): void {
    if (this.pads) zeroFill(f, padded, this.paddedBytes);
  }

  /** Copies the image that the local `image` points to into the padded one. */
  pad(f: FunctionBuilder, image: number, padded: number): void {
    this.between(f, image, padded, (from, to, count) => copyRow(f, to, from, count, this.plain));
  }

  /** Copies the part of the padded image that is not padding into the image. */
  crop(f: FunctionBuilder, padded: number, image: number): void {
    this.between(f, image, padded, (to, from, count) => copyRow(f, to, from, count, this.plain));
  }

  private between(
    f: FunctionBuilder,
    image: number,
    padded: number,
    row: (inImage: number, inPadded: number, count: Quantity) => void,
  ): void {
    const { common } = this;
    const [p, q] = [f.local('i32'), f.local('i32')];
    f.get(image).push(common.fromImage).op(I32.add).set(p);
    f.get(padded).push(common.fromPadded).op(I32.add).set(q);
    nest(
      f,
      [this.channels, ...common.sizes.slice(0, -1)],
      [
        { pointer: p, strides: [this.plane, ...common.image.slice(0, -1)] },
        { pointer: q, strides: [this.paddedPlane, ...common.padded.slice(0, -1)] },
      ],
      () => row(p, q, common.sizes.at(-1) as Word),
    );
  }

  /**
   * Unfolds the windows of a block of `rows` rows; the first row reads at the local `image`. The local `bytes` holds the bytes
   * of a row of the matrix, which spans all places of the block.
   */
  spread(f: FunctionBuilder, image: number, columns: number, rows: number, bytes: number): void {
    this.alongWindows(f, image, columns, rows, bytes, (inImage, inColumns, count) =>
      copyRow(f, inColumns, inImage, count, this.plain, this.lastStep),
    );
  }

  /** The transpose of `spread`: adds the matrix into the image. */
  gatherBack(
    f: FunctionBuilder,
    image: number,
    columns: number,
    rows: number,
    bytes: number,
  ): void {
    this.alongWindows(f, image, columns, rows, bytes, (inImage, inColumns, count) =>
      copyRow(f, inImage, inColumns, count, this.adding, this.item, this.lastStep),
    );
  }

  private alongWindows(
    f: FunctionBuilder,
    image: number,
    columns: number,
    rows: number,
    bytes: number,
    row: (inImage: number, inColumns: number, count: Quantity) => void,
  ): void {
    const [p, q] = [f.local('i32'), f.local('i32')];
    f.get(image).set(p).get(columns).set(q);
    const matrixRows = [this.taps, ...this.tapStrides].map((count): Quantity => {
      const local = f.local('i32');
      f.get(bytes).push(count).op(I32.mul).set(local);
      return { local };
    });
    const counts: Quantity[] = [{ local: rows }, ...this.positions];
    const length = counts.pop() as Quantity;
    nest(
      f,
      [this.channels, ...this.window, ...counts],
      [
        {
          pointer: p,
          strides: [this.paddedPlane, ...this.dilated, ...this.steps.slice(0, -1)],
        },
        { pointer: q, strides: [...matrixRows, ...this.rowBytes.slice(0, -1)] },
      ],
      () => row(p, q, length),
    );
  }
}

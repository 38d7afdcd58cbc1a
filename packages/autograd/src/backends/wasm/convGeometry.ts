/**
 * @file How a convolution is cut up: the padded image, and blocks of places whose windows, spread out as a matrix of
 * `depth × places`, stay in the second cache.
 */
import type { ConvKernel } from '../../engine/kernel.js';
import type { FunctionBuilder } from './assembler.js';
import { I32 } from './opcodes.js';
import { byteStrides, copyRow, nest, zeroFill } from './nest.js';
import type { Elements } from './nest.js';

/** Bytes that the spread-out windows of one block may take. */
const BLOCK_BYTES = 192 * 1024;
/** Places of a block at most: longer rows of the second factor would be packed. */
const BLOCK_PLACES = 512;

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1);
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Everything in bytes that has to do with memory. */
export class ConvGeometry {
  readonly kernel: ConvKernel;
  readonly item: number;
  /** Channels of the input that are worked on at a time. */
  readonly channels: number;
  /** Products summed for one place: channels × taps. */
  readonly depth: number;
  readonly taps: number;
  readonly area: number;
  readonly places: number;
  /** Whether the image is copied into a padded (or cropped) one. */
  readonly pads: boolean;
  readonly paddedBytes: number;
  /** Elements of a place's row of blocks, the blocks of full height, and what is left. */
  readonly blockPlaces: number;
  readonly fullBlocks: number;
  readonly restPlaces: number;
  /** Bytes from one block to the next: in the image read, and in a channel of y. */
  readonly blockStep: number;
  readonly columnBytes: number;
  private readonly blockDim: number;
  private readonly rowPlaces: number;
  private readonly padded: readonly number[];
  private readonly paddedStrides: readonly number[];
  private readonly elements: Elements;
  /** As elements, for copies. */
  private readonly plain: Elements;

  constructor(kernel: ConvKernel, elements: Elements, channels: number) {
    this.kernel = kernel;
    this.elements = elements;
    const { size: bytes, load, store } = elements;
    this.plain = { size: bytes, load, store };
    this.item = elements.size;
    this.channels = channels;
    const { size, window, places, padLow, padHigh, stride } = kernel;
    this.taps = product(window);
    this.depth = channels * this.taps;
    this.area = product(size);
    this.places = product(places);
    this.pads = [...padLow, ...padHigh].some((n) => n !== 0);
    this.padded = size.map((n, d) => n + (padLow[d] as number) + (padHigh[d] as number));
    this.paddedStrides = byteStrides(this.padded, this.item);
    this.paddedBytes = this.pads ? align(channels * product(this.padded) * this.item) : 0;

    const first = places.findIndex((n) => n > 1);
    this.blockDim = first < 0 ? places.length - 1 : first;
    this.rowPlaces = product(places.slice(this.blockDim + 1));
    const most = Math.min(BLOCK_PLACES, BLOCK_BYTES / (this.depth * this.item));
    const all = places[this.blockDim] as number;
    let rows = Math.min(all, Math.max(1, Math.floor(most / this.rowPlaces)));
    if (this.blockDim === places.length - 1 && rows < all) rows = Math.max(16, rows - (rows % 16));
    rows = Math.min(rows, all);
    this.blockPlaces = rows * this.rowPlaces;
    this.fullBlocks = Math.floor(all / rows);
    this.restPlaces = (all % rows) * this.rowPlaces;
    this.blockStep =
      rows * (stride[this.blockDim] as number) * (this.paddedStrides[this.blockDim] as number);
    this.columnBytes = align(this.depth * this.blockPlaces * this.item + 64);
  }

  get blocks(): number {
    return this.fullBlocks + (this.restPlaces > 0 ? 1 : 0);
  }

  /** Sets the padding to 0; the part that is not padding is written by `pad` for each image. */
  clearPadding(f: FunctionBuilder, padded: number): void {
    if (this.pads) zeroFill(f, padded, this.paddedBytes);
  }

  /** Copies the image that the local `image` points to into the padded one. */
  pad(f: FunctionBuilder, image: number, padded: number): void {
    this.between(f, image, padded, (from, to, count) => copyRow(f, to, from, count, this.plain));
  }

  /** The part of the padded image that is not padding, copied into the image. */
  crop(f: FunctionBuilder, padded: number, image: number): void {
    this.between(f, image, padded, (to, from, count) => copyRow(f, to, from, count, this.plain));
  }

  private between(
    f: FunctionBuilder,
    image: number,
    padded: number,
    row: (inImage: number, inPadded: number, count: number) => void,
  ): void {
    const { size, padLow, padHigh } = this.kernel;
    const strides = byteStrides(size, this.item);
    const [p, q] = [f.local('i32'), f.local('i32')];
    let [skipImage, skipPadded] = [0, 0];
    const common = size.map((n, d) => {
      const [low, high] = [padLow[d] as number, padHigh[d] as number];
      skipImage += Math.max(0, -low) * (strides[d] as number);
      skipPadded += Math.max(0, low) * (this.paddedStrides[d] as number);
      return Math.max(0, n + Math.min(0, low) + Math.min(0, high));
    });
    f.get(image).i32(skipImage).op(I32.add).set(p);
    f.get(padded).i32(skipPadded).op(I32.add).set(q);
    const count = common[common.length - 1] as number;
    const lead = <T>(list: readonly T[]): T[] => list.slice(0, -1);
    nest(
      f,
      [this.channels, ...lead(common), count > 0 ? 1 : 0],
      [
        { pointer: p, strides: [this.area * this.item, ...lead(strides), 0] },
        {
          pointer: q,
          strides: [product(this.padded) * this.item, ...lead(this.paddedStrides), 0],
        },
      ],
      () => row(p, q, count),
    );
  }

  /**
   * Spreads out the windows of `places` places (a block), the first of which reads where the local `image` points to.
   */
  spread(f: FunctionBuilder, image: number, columns: number, places: number): void {
    this.alongWindows(f, image, columns, places, (inImage, inColumns, count, step) =>
      copyRow(f, inColumns, inImage, count, this.plain, step),
    );
  }

  /** The transpose of `spread`: adds the matrix into the image. */
  gatherBack(f: FunctionBuilder, image: number, columns: number, places: number): void {
    this.alongWindows(f, image, columns, places, (inImage, inColumns, count, step) =>
      copyRow(f, inImage, inColumns, count, this.elements, this.item, step),
    );
  }

  private alongWindows(
    f: FunctionBuilder,
    image: number,
    columns: number,
    places: number,
    row: (inImage: number, inColumns: number, count: number, step: number) => void,
  ): void {
    const { kernel, item, paddedStrides, blockDim } = this;
    const [p, q] = [f.local('i32'), f.local('i32')];
    f.get(image).set(p).get(columns).set(q);
    const counts = [places / this.rowPlaces, ...kernel.places.slice(blockDim + 1)];
    const last = kernel.places.length - 1;
    const length = counts.pop() as number;
    const steps = paddedStrides.map((s, d) => s * (kernel.stride[d] as number));
    const sizes = [this.channels, ...kernel.window, ...counts];
    nest(
      f,
      sizes,
      [
        {
          pointer: p,
          strides: [
            product(this.padded) * item,
            ...paddedStrides.map((s, d) => s * (kernel.dilation[d] as number)),
            ...steps.slice(blockDim, last),
          ],
        },
        { pointer: q, strides: byteStrides([...sizes, length], item).slice(0, -1) },
      ],
      () => row(p, q, length, steps[last] as number),
    );
  }
}

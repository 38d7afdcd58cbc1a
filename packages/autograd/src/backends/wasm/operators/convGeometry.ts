/**
 * @file How a convolution is divided: the padded image, and blocks of places whose windows, unfolded into a matrix of
 * `depth × positions`, stay in the L2 cache.
 */
import type { ConvKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { byteStrides } from '../assembler/nest.js';

/** The most bytes of the unfolded windows of one block. */
const BLOCK_BYTES = 192 * 1024;
/** The most places of a block: longer rows of the second factor would be packed. */
const BLOCK_PLACES = 512;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** The geometry of a convolution; memory sizes and strides are in bytes. */
export class ConvGeometry {
  readonly kernel: ConvKernel;
  readonly item: number;
  /** How many channels of the input are processed at a time. */
  readonly channels: number;
  /** Products summed for one place: channels × taps. */
  readonly depth: number;
  readonly taps: number;
  readonly area: number;
  readonly positions: number;
  /** Whether the image is copied into a padded (or cropped) one. */
  readonly pads: boolean;
  readonly padded: readonly number[];
  readonly paddedStrides: readonly number[];
  readonly paddedBytes: number;
  /** The dimension that is divided into blocks, and the places of one of its rows. */
  readonly blockDim: number;
  readonly rowPlaces: number;
  /** The rows of a full block, the number of such blocks, and the rows that remain. */
  readonly blockRows: number;
  readonly fullBlocks: number;
  readonly restRows: number;
  /** Bytes from one block to the next in the image that is read. */
  readonly blockStep: number;
  readonly columnBytes: number;

  constructor(kernel: ConvKernel, channels: number) {
    this.kernel = kernel;
    this.item = itemSize[kernel.out.dtype];
    this.channels = channels;
    const { size, window, outSize, padLow, padHigh, stride } = kernel;
    this.taps = sizeOf(window);
    this.depth = channels * this.taps;
    this.area = sizeOf(size);
    this.positions = sizeOf(outSize);
    this.pads = [...padLow, ...padHigh].some((n) => n !== 0);
    this.padded = size.map((n, d) => n + (padLow[d] as number) + (padHigh[d] as number));
    this.paddedStrides = byteStrides(this.padded, this.item);
    this.paddedBytes = this.pads ? align(channels * sizeOf(this.padded) * this.item) : 0;

    const first = outSize.findIndex((n) => n > 1);
    this.blockDim = first < 0 ? outSize.length - 1 : first;
    this.rowPlaces = sizeOf(outSize.slice(this.blockDim + 1));
    const maxPositions = Math.min(BLOCK_PLACES, BLOCK_BYTES / (this.depth * this.item));
    const all = outSize[this.blockDim] as number;
    let rows = Math.min(all, Math.max(1, Math.floor(maxPositions / this.rowPlaces)));
    if (this.blockDim === outSize.length - 1 && rows < all) rows = Math.max(16, rows - (rows % 16));
    rows = Math.min(rows, all);
    this.blockRows = rows;
    this.fullBlocks = Math.floor(all / rows);
    this.restRows = all % rows;
    this.blockStep =
      rows * (stride[this.blockDim] as number) * (this.paddedStrides[this.blockDim] as number);
    this.columnBytes = align(this.depth * this.blockPlaces * this.item + 64);
  }

  /** The places of a full block, and of the last. */
  get blockPlaces(): number {
    return this.blockRows * this.rowPlaces;
  }

  get restPlaces(): number {
    return this.restRows * this.rowPlaces;
  }

  get blocks(): number {
    return this.fullBlocks + (this.restRows > 0 ? 1 : 0);
  }
}

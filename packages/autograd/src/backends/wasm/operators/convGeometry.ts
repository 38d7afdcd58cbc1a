/**
 * @file How a convolution is cut up: the padded image, and blocks of places whose windows, spread out as a matrix of
 * `depth × places`, stay in the second cache.
 */
import type { ConvKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { byteStrides } from '../assembler/nest.js';

/** Bytes that the spread-out windows of one block may take. */
const BLOCK_BYTES = 192 * 1024;
/** Places of a block at most: longer rows of the second factor would be packed. */
const BLOCK_PLACES = 512;

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
  readonly padded: readonly number[];
  readonly paddedStrides: readonly number[];
  readonly paddedBytes: number;
  /** The dimension that is cut into blocks, and the places of one of its rows. */
  readonly blockDim: number;
  readonly rowPlaces: number;
  /** Rows of a full block, how many such blocks there are, and the rows that are left. */
  readonly blockRows: number;
  readonly fullBlocks: number;
  readonly restRows: number;
  /** Bytes from one block to the next in the image read. */
  readonly blockStep: number;
  readonly columnBytes: number;

  constructor(kernel: ConvKernel, channels: number) {
    this.kernel = kernel;
    this.item = itemSize[kernel.out.dtype];
    this.channels = channels;
    const { size, window, places, padLow, padHigh, stride } = kernel;
    this.taps = sizeOf(window);
    this.depth = channels * this.taps;
    this.area = sizeOf(size);
    this.places = sizeOf(places);
    this.pads = [...padLow, ...padHigh].some((n) => n !== 0);
    this.padded = size.map((n, d) => n + (padLow[d] as number) + (padHigh[d] as number));
    this.paddedStrides = byteStrides(this.padded, this.item);
    this.paddedBytes = this.pads ? align(channels * sizeOf(this.padded) * this.item) : 0;

    const first = places.findIndex((n) => n > 1);
    this.blockDim = first < 0 ? places.length - 1 : first;
    this.rowPlaces = sizeOf(places.slice(this.blockDim + 1));
    const most = Math.min(BLOCK_PLACES, BLOCK_BYTES / (this.depth * this.item));
    const all = places[this.blockDim] as number;
    let rows = Math.min(all, Math.max(1, Math.floor(most / this.rowPlaces)));
    if (this.blockDim === places.length - 1 && rows < all) rows = Math.max(16, rows - (rows % 16));
    rows = Math.min(rows, all);
    this.blockRows = rows;
    this.fullBlocks = Math.floor(all / rows);
    this.restRows = all % rows;
    this.blockStep =
      rows * (stride[this.blockDim] as number) * (this.paddedStrides[this.blockDim] as number);
    this.columnBytes = align(this.depth * this.blockPlaces * this.item + 64);
  }

  /** Places of a full block, and of the last. */
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

/** @file The words of a list that hold addresses, grouped by buffer: from run to run few buffers move. */
import { SCRATCH_BUFFER } from '../assembler/block.js';
import type { TypedArray } from '../../../graph/dtype.js';

export class ByBuffer {
  /** For each buffer the end of its words; for each word its index, and its offset into the buffer in bytes. */
  private readonly ends: Int32Array;
  private readonly words: Int32Array;
  private readonly offsets: Int32Array;
  private readonly buffers: Int32Array;
  /** The last address of each buffer; −1, which is not an address, at first. */
  private readonly last: Int32Array;

  /** `pointers` has three numbers for each word: the word, the buffer, and the offset into it in bytes. */
  constructor(pointers: Int32Array) {
    const places = new Map<number, number>();
    const counts: number[] = [];
    for (let k = 1; k < pointers.length; k += 3) {
      const place = places.get(pointers[k]!);
      if (place !== undefined) counts[place]!++;
      else places.set(pointers[k]!, counts.push(1) - 1);
    }
    this.buffers = Int32Array.from(places.keys());
    this.ends = new Int32Array(counts.length);
    for (let i = 1; i < counts.length; i++) this.ends[i] = this.ends[i - 1]! + counts[i - 1]!;
    this.words = new Int32Array(pointers.length / 3);
    this.offsets = new Int32Array(pointers.length / 3);
    for (let k = 0; k < pointers.length; k += 3) {
      const at = this.ends[places.get(pointers[k + 1]!)!]!++;
      this.words[at] = pointers[k]!;
      this.offsets[at] = pointers[k + 2]!;
    }
    this.last = new Int32Array(counts.length).fill(-1);
  }

  /** Writes the words of the buffers that have moved. */
  write(heap: TypedArray, first: number, addresses: ArrayLike<number>, scratch: number): void {
    const { buffers, ends, words, offsets, last } = this;
    let at = 0;
    for (let i = 0; i < buffers.length; i++) {
      const buffer = buffers[i]!;
      const from = (buffer === SCRATCH_BUFFER ? scratch : addresses[buffer]!) | 0;
      const end = ends[i]!;
      if (from !== last[i]!) {
        last[i] = from;
        for (; at < end; at++) heap[first + words[at]!] = from + offsets[at]!;
      }
      at = end;
    }
  }
}

/** @file The words of a list that hold addresses, buffer by buffer: from run to run few buffers move. */
import { SCRATCH_BUFFER } from '../assembler/block.js';

export class ByBuffer {
  private readonly buffers: Int32Array;
  /** Where the words of each buffer end, where each word is, and how many bytes into the buffer it points. */
  private readonly ends: Int32Array;
  private readonly words: Int32Array;
  private readonly offsets: Int32Array;
  /** Where each buffer was; no address is −1. */
  private readonly last: Int32Array;

  /** `pointers` has three numbers for each word: which, of which buffer, and how many bytes into it. */
  constructor(pointers: Int32Array) {
    const groups = new Map<number, number[]>();
    for (let k = 0; k < pointers.length; k += 3) {
      const buffer = pointers[k + 1]!;
      const group = groups.get(buffer);
      if (group === undefined) groups.set(buffer, [k]);
      else group.push(k);
    }
    const sorted = [...groups.values()].flat();
    let end = 0;
    this.buffers = Int32Array.from(groups.keys());
    this.ends = Int32Array.from(groups.values(), (group) => (end += group.length));
    this.words = Int32Array.from(sorted, (k) => pointers[k]!);
    this.offsets = Int32Array.from(sorted, (k) => pointers[k + 2]!);
    this.last = new Int32Array(groups.size).fill(-1);
  }

  /** Writes the words of the buffers that have moved. */
  write(heap: Int32Array, first: number, addresses: ArrayLike<number>, scratch: number): void {
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

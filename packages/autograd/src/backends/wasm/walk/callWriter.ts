/** @file Writes a list of calls one by one: the table entry of each call, and the words that it reads. */
import { SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';
import { FOLD_BYTES } from '../assembler/kernelFunction.js';
import { BARRIER_BYTES } from '../run/barrier.js';
import type { KernelList } from '../run/kernelList.js';

export class CallWriter {
  /** As in `CALL`: the function, the word where its block begins, and no flags, as one thread runs the list. */
  private calls = new Int32Array(1 << 10);
  private callEnd = 0;
  private words = new Int32Array(1 << 13);
  private wordEnd = 0;
  /** Three numbers for each word that holds an address: the word, the buffer, and the offset into it in bytes. */
  private pointers = new Int32Array(1 << 12);
  private pointerEnd = 0;
  /** Scratch memory in bytes: what kernels share, and what each thread needs for itself. */
  private shared = BARRIER_BYTES;
  private own = FOLD_BYTES;

  get isEmpty(): boolean {
    return this.callEnd === 0;
  }

  reset(): void {
    this.callEnd = this.wordEnd = this.pointerEnd = 0;
    this.shared = BARRIER_BYTES;
    this.own = FOLD_BYTES;
  }

  /** Reserves scratch memory for a kernel: `own` bytes for each thread, and `shared` bytes for all threads. */
  need(own: number, shared = 0): void {
    this.own = Math.max(this.own, FOLD_BYTES + own);
    this.shared = Math.max(this.shared, shared);
  }

  /** Begins a call; its words follow, up to a hundred of them. */
  call(form: number): void {
    if (this.callEnd + 3 > this.calls.length) this.calls = grown(this.calls);
    if (this.wordEnd + 128 > this.words.length) this.words = grown(this.words);
    if (this.pointerEnd + 192 > this.pointers.length) this.pointers = grown(this.pointers);
    const { calls, callEnd } = this;
    calls[callEnd] = form;
    calls[callEnd + 1] = this.wordEnd;
    calls[callEnd + 2] = 0;
    this.callEnd = callEnd + 3;
  }

  word(value: number): void {
    this.words[this.wordEnd++] = value;
  }

  /** Adds a word: the address `bytes` bytes into a buffer. */
  address(buffer: number, bytes: number): void {
    const { pointers, pointerEnd } = this;
    pointers[pointerEnd] = this.wordEnd++;
    pointers[pointerEnd + 1] = buffer;
    pointers[pointerEnd + 2] = bytes;
    this.pointerEnd = pointerEnd + 3;
  }

  scratchAddress(bytes: number): void {
    this.address(SCRATCH_BUFFER, bytes);
  }

  /** A call of any kernel; its buffers are replaced by `others`, position by position as they occur in `buffers`. */
  kernel(
    form: number,
    { block }: FormedKernel,
    buffers: readonly number[] = NONE,
    others: readonly number[] = NONE,
  ): void {
    this.call(form);
    const first = this.wordEnd;
    const { words, pointers } = block;
    while (first + words.length > this.words.length) this.words = grown(this.words);
    while (this.pointerEnd + 3 * pointers.length > this.pointers.length)
      this.pointers = grown(this.pointers);
    for (let i = 0; i < words.length; i++) this.words[first + i] = words[i]!;
    for (let i = 0; i < pointers.length; i++) {
      const { word, buffer, bytes } = pointers[i]!;
      const at = buffers.indexOf(buffer);
      this.wordEnd = first + word;
      this.address(at < 0 ? buffer : others[at]!, bytes);
    }
    this.wordEnd = first + words.length;
  }

  /** The list of what has been written since the last `finish`. */
  finish(): KernelList {
    const [sharedBytes, ownBytes] = [align(this.shared), align(this.own)];
    const list: KernelList = {
      calls: this.calls.slice(0, this.callEnd),
      words: this.words.slice(0, this.wordEnd),
      pointers: this.pointers.slice(0, this.pointerEnd),
      sharedBytes,
      ownBytes,
      scratchBytes: sharedBytes + ownBytes,
      parallel: false,
      usesBlas: false,
      mayFault: true,
    };
    this.reset();
    return list;
  }
}

const NONE: readonly number[] = [];

function grown(list: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * list.length);
  longer.set(list);
  return longer;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** @file Calls of kernels as they are written one by one: which function of the table each is, and the words it reads. */
import type { FormedKernel } from '../assembler/block.js';
import { SCRATCH_BUFFER } from '../assembler/block.js';

/** Where a word's address counts from once it is known where that lies. */
const FROM_ARENA = 0;
const FROM_SCRATCH = 1;

export class CallWriter {
  /** Two numbers a call: its function, and the word where its block begins. */
  calls = new Int32Array(1 << 10);
  callEnd = 0;
  words = new Int32Array(1 << 13);
  wordEnd = 0;
  /** Two numbers for each word to be moved: which, and where it counts from. */
  private moved = new Int32Array(1 << 10);
  private movedEnd = 0;

  reset(): void {
    this.callEnd = this.wordEnd = this.movedEnd = 0;
  }

  /** Begins a call; its words follow. There is room for a hundred of them. */
  call(form: number): void {
    if (this.callEnd + 2 > this.calls.length) this.calls = grown(this.calls);
    if (this.wordEnd + 128 > this.words.length) this.words = grown(this.words);
    this.calls[this.callEnd++] = form;
    this.calls[this.callEnd++] = this.wordEnd;
  }

  word(value: number): void {
    this.words[this.wordEnd++] = value;
  }

  /** An address: from 0 on bytes into the arena, below 0 `-1 -` an address of its own. */
  address(place: number, bytes: number): void {
    if (place >= 0) {
      this.move(FROM_ARENA);
      this.words[this.wordEnd++] = place + bytes;
    } else {
      this.words[this.wordEnd++] = bytes - 1 - place;
    }
  }

  scratchAddress(bytes: number): void {
    this.move(FROM_SCRATCH);
    this.words[this.wordEnd++] = bytes;
  }

  /** A call of any kernel; `places` says where its buffers lie. */
  kernel(form: number, { block }: FormedKernel, places: ArrayLike<number>): void {
    this.call(form);
    const first = this.wordEnd;
    const { words, pointers } = block;
    while (first + words.length > this.words.length) this.words = grown(this.words);
    for (let i = 0; i < words.length; i++) this.words[first + i] = words[i]!;
    for (let i = 0; i < pointers.length; i++) {
      const { word, buffer, bytes } = pointers[i]!;
      this.wordEnd = first + word;
      if (buffer === SCRATCH_BUFFER) this.scratchAddress(bytes);
      else this.address(places[buffer]!, bytes);
    }
    this.wordEnd = first + words.length;
  }

  /** Completes all addresses. */
  settle(arena: number, scratch: number): void {
    const { words, moved } = this;
    for (let i = 0; i < this.movedEnd; i += 2)
      words[moved[i]!]! += moved[i + 1] === FROM_ARENA ? arena : scratch;
  }

  private move(from: number): void {
    if (this.movedEnd + 2 > this.moved.length) this.moved = grown(this.moved);
    this.moved[this.movedEnd++] = this.wordEnd;
    this.moved[this.movedEnd++] = from;
  }
}

function grown(list: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * list.length);
  longer.set(list);
  return longer;
}

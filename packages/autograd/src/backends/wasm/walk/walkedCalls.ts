/** @file Calls in memory, and running some of them. */
import { BARRIER_BYTES, FAULT } from '../run/barrier.js';
import { CALL, LIST } from '../run/driver.js';
import type { Forms } from '../run/forms.js';
import { FOLD_BYTES } from '../assembler/kernelFunction.js';
import { CallWriter } from './callWriter.js';

export class WalkedCalls extends CallWriter {
  /** Scratch memory that kernels share, and what one thread has for itself. */
  private shared = BARRIER_BYTES;
  private own = FOLD_BYTES;
  private readonly forms: Forms;
  /** Memory for the words and the lists, kept from run to run. */
  private block = 0;
  private blockBytes = 0;
  private arena = 0;
  private scratch = 0;

  constructor(forms: Forms) {
    super();
    this.forms = forms;
  }

  override reset(): void {
    super.reset();
    this.shared = BARRIER_BYTES;
    this.own = FOLD_BYTES;
    this.arena = this.scratch = 0;
  }

  /** A kernel needs so many bytes of scratch memory for itself, and so many that it shares with others. */
  need(own: number, shared = 0): void {
    this.own = Math.max(this.own, FOLD_BYTES + own);
    this.shared = Math.max(this.shared, shared);
  }

  /**
   * Takes memory for the lists.
   * @throws {DeviceError} if there is none.
   */
  prepare(): void {
    const { forms } = this;
    const bytes = 4 * (this.wordEnd + (CALL.words / 2) * this.callEnd + 2 * LIST.calls);
    if (bytes <= this.blockBytes) return;
    const block = forms.memory.allocate(2 * bytes);
    if (this.blockBytes > 0) forms.memory.release(this.block);
    [this.block, this.blockBytes] = [block, 2 * bytes];
  }

  /** Runs the calls from one to another, where the arena lies at an address; whether all their arguments were right. */
  run(from: number, to: number, arena: number): boolean {
    if (from === to) return true;
    const { forms, wordEnd, block, calls } = this;
    const [sharedBytes, ownBytes] = [align(this.shared), align(this.own)];
    const scratch = forms.scratch(sharedBytes + ownBytes);
    const { int32 } = forms.memory.heap;
    if (arena !== this.arena || scratch !== this.scratch) {
      this.settle(arena - this.arena, scratch - this.scratch);
      int32.set(this.words.subarray(0, wordEnd), block >>> 2);
      [this.arena, this.scratch] = [arena, scratch];
    }
    const list = block + 4 * wordEnd;
    const header = list >>> 2;
    int32[header + LIST.count] = (to - from) / 2;
    int32[header + LIST.scratch] = scratch;
    int32[header + LIST.ownOffset] = sharedBytes;
    int32[header + LIST.ownBytes] = ownBytes;
    let at = header + LIST.calls;
    for (let i = from; i < to; i += 2) {
      int32[at + CALL.form] = calls[i]!;
      int32[at + CALL.block] = block + 4 * calls[i + 1]!;
      int32[at + CALL.flags] = 0;
      at += CALL.words;
    }
    forms.run(list, 0, 1, 0);
    const fault = (scratch + FAULT) >>> 2;
    const right = int32[fault] === 0;
    int32[fault] = 0;
    return right;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

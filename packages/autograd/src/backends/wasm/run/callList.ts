/** @file A list of calls in memory, with the blocks of its kernels. */
import type { TypedArray } from '../../../graph/dtype.js';
import { SCRATCH_BUFFER } from '../assembler/block.js';
import { ByBuffer } from './byBuffer.js';
import { CALL, LIST, MOVE } from './driver.js';
import type { KernelList } from './kernelList.js';
import type { WasmMemory } from './memory.js';

/** Runs after which it pays to remember what moves: most sizes do not come back often. */
export const MIN_RUNS = 4;

/** How each buffer moves between two runs of a list: by `by` bytes each time, or back and forth if `factor` is −1. */
export interface Moves {
  readonly by: Int32Array;
  readonly factor: Int32Array;
}

export class CallList {
  /** Addresses of the list, and of the blocks after it. */
  readonly address: number;
  private readonly blocks: number;
  private readonly memory: WasmMemory;
  /** Three numbers for each word that holds an address: the word, the buffer, and the offset into it in bytes. */
  private readonly pointers: Int32Array;
  /** The pointers by buffer, once buffers have been set several times. */
  private byBuffer: ByBuffer | null = null;
  private settings = 0;
  /** The indices of pointers that move between two runs of the list, and the address of their moves. */
  private readonly moving: number[] = [];
  private readonly moves: number;
  /** The version and the scratch address for which the blocks were last written. */
  private version = -1;
  private scratch = -1;

  /**
   * Writes `kernels` into memory. The buffers in `moves` move between runs if the list runs several times.
   *
   * @throws {DeviceError} if there is no room for them.
   */
  constructor(memory: WasmMemory, kernels: KernelList, moves: ReadonlySet<number>) {
    const { calls, words, pointers } = kernels;
    for (let k = 0; moves.size > 0 && k < pointers.length; k += 3)
      if (moves.has(pointers[k + 1]!)) this.moving.push(k);
    const before = LIST.calls + calls.length + words.length;
    this.memory = memory;
    this.pointers = pointers;
    this.address = memory.allocate((before + this.moving.length * MOVE.words) * 4);
    this.blocks = this.address + (LIST.calls + calls.length) * 4;
    this.moves = this.address + before * 4;
    const { int32 } = memory.heap;
    const first = this.address >>> 2;
    int32[first + LIST.count] = calls.length / CALL.words;
    int32[first + LIST.ownOffset] = kernels.sharedBytes;
    int32[first + LIST.ownBytes] = kernels.ownBytes;
    int32[first + LIST.times] = 1;
    int32[first + LIST.moveCount] = 0;
    int32[first + LIST.moves] = this.moves;
    for (let i = 0; i < calls.length; i++) {
      const isBlock = i % CALL.words === CALL.block;
      int32[first + LIST.calls + i] = isBlock ? this.blocks + calls[i]! * 4 : calls[i]!;
    }
    int32.set(words, this.blocks >>> 2);
  }

  /** Writes the addresses of buffers into the blocks, unless `version` says that none has changed. */
  setBuffers(addresses: ArrayLike<number>, scratch: number, version: number): void {
    if (version >= 0 && version === this.version && scratch === this.scratch) return;
    [this.version, this.scratch] = [version, scratch];
    const { pointers } = this;
    const { int32 } = this.memory.heap;
    int32[(this.address >>> 2) + LIST.scratch] = scratch;
    const first = this.blocks >>> 2;
    if (this.byBuffer !== null) {
      this.byBuffer.write(int32, first, addresses, scratch);
      return;
    }
    writeAddresses(int32, first, pointers, addresses, scratch);
    // A buffer that moves between steps is no longer at its last written address.
    if (++this.settings > MIN_RUNS && this.moving.length === 0)
      this.byBuffer = new ByBuffer(pointers);
  }

  /** Sets, after `setBuffers`, how often the list runs, and how buffers move between two runs. */
  setTimes(times: number, moves: Moves): void {
    const { int32 } = this.memory.heap;
    const first = this.address >>> 2;
    int32[first + LIST.times] = times;
    int32[first + LIST.moveCount] = times > 1 ? this.moving.length : 0;
    let at = this.moves >>> 2;
    for (const k of this.moving) {
      const buffer = this.pointers[k + 1]!;
      int32[at + MOVE.word] = this.blocks + this.pointers[k]! * 4;
      int32[at + MOVE.by] = moves.by[buffer]!;
      int32[at + MOVE.factor] = moves.factor[buffer]!;
      at += MOVE.words;
    }
  }
}

/** Writes each word that holds an address. A function of its own, as a loop would make V8 optimize the code around it. */
function writeAddresses(
  int32: TypedArray,
  first: number,
  pointers: Int32Array,
  addresses: ArrayLike<number>,
  scratch: number,
): void {
  for (let k = 0; k < pointers.length; k += 3) {
    const buffer = pointers[k + 1]!;
    const from = buffer === SCRATCH_BUFFER ? scratch : addresses[buffer]!;
    int32[first + pointers[k]!] = from + pointers[k + 2]!;
  }
}

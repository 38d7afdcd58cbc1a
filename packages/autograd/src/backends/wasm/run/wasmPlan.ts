/** @file A list of kernels in memory, ready to run on one thread or several. */
import { FAULT } from './barrier.js';
import { SCRATCH_BUFFER } from '../assembler/block.js';
import { CALL, LIST, MOVE } from './driver.js';
import { ByBuffer } from './byBuffer.js';
import type { Forms } from './forms.js';
import type { KernelList } from './kernelList.js';
import type { Threads } from './threads.js';

const NONE: ReadonlySet<number> = new Set();

/** Runs at which the way not chosen is tried, to compare; and every 256th after these. */
const TRIALS: ReadonlySet<number> = new Set([3, 5, 12, 13, 40, 41, 100, 101]);

/** How a buffer moves between two runs of a list: so many bytes on, or back and forth where `factor` is −1. */
export interface Move {
  readonly by: number;
  readonly factor: 1 | -1;
}

/**
 * A list in memory with the blocks of its kernels, and how to run it.
 *
 * Times decide whether threads are used: on a busy machine, or for small kernels, one thread can be faster. Results do
 * not depend on it.
 */
export class WasmPlan {
  private readonly forms: Forms;
  /** Three numbers for each word that holds an address: which, of which buffer, and how many bytes into it. */
  private readonly pointers: Int32Array;
  /** The pointers by buffer, from the second time on that its buffers are set. */
  private byBuffer: ByBuffer | null = null;
  private settings = 0;
  private readonly scratchBytes: number;
  private readonly mayFault: boolean;
  private readonly pool: Threads | undefined;
  /** Addresses of the list, and of the blocks after it. */
  private readonly list: number;
  private readonly blocks: number;
  /** The pointers that move, and where their moves are written. */
  private readonly moving: number[] = [];
  private readonly moves: number;
  private runs = 0;
  /** Recent times alone and together, in milliseconds. */
  private alone = Infinity;
  private together = Infinity;

  /**
   * Writes `kernels` into the memory of `forms`. The buffers that `moves` names move where the list is run several times.
   *
   * @throws {DeviceError} if there is no room for them.
   */
  constructor(
    forms: Forms,
    kernels: KernelList,
    pool?: Threads,
    moves: ReadonlySet<number> = NONE,
  ) {
    const { memory } = forms;
    this.forms = forms;
    this.pointers = kernels.pointers;
    this.scratchBytes = kernels.scratchBytes;
    this.mayFault = kernels.mayFault;
    this.pool = kernels.parallel ? pool : undefined;
    const { calls, words, pointers } = kernels;
    for (let k = 0; moves.size > 0 && k < pointers.length; k += 3)
      if (moves.has(pointers[k + 1]!)) this.moving.push(k);
    const before = LIST.calls + calls.length + words.length;
    this.list = memory.allocate((before + this.moving.length * MOVE.words) * 4);
    this.blocks = this.list + (LIST.calls + calls.length) * 4;
    this.moves = this.list + before * 4;
    const { int32 } = memory.heap;
    const first = this.list >>> 2;
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

  /**
   * Says where the buffers of the plan lie: number `b` at `addresses[b]`.
   *
   * @throws {DeviceError} if there is no room for its scratch memory.
   */
  setBuffers(addresses: ArrayLike<number>): void {
    const { pointers } = this;
    const scratch = this.forms.scratch(this.scratchBytes);
    const { int32 } = this.forms.memory.heap;
    int32[(this.list >>> 2) + LIST.scratch] = scratch;
    const first = this.blocks >>> 2;
    if (this.byBuffer !== null) {
      this.byBuffer.write(int32, first, addresses, scratch);
      return;
    }
    for (let k = 0; k < pointers.length; k += 3) {
      const buffer = pointers[k + 1]!;
      const from = buffer === SCRATCH_BUFFER ? scratch : addresses[buffer]!;
      int32[first + pointers[k]!] = from + pointers[k + 2]!;
    }
    // What is run once is not worth sorting, and what moves is no longer where it was written.
    if (this.settings++ > 0 && this.moving.length === 0) this.byBuffer = new ByBuffer(pointers);
  }

  /** Says, after `setBuffers`, how often the list is run, and how buffers move between two runs. */
  setTimes(times: number, moves: readonly (Move | undefined)[]): void {
    const { int32 } = this.forms.memory.heap;
    const first = this.list >>> 2;
    int32[first + LIST.times] = times;
    int32[first + LIST.moveCount] = times > 1 ? this.moving.length : 0;
    let at = this.moves >>> 2;
    for (const k of this.moving) {
      const { by, factor } = moves[this.pointers[k + 1]!]!;
      int32[at + MOVE.word] = this.blocks + this.pointers[k]! * 4;
      int32[at + MOVE.by] = by;
      int32[at + MOVE.factor] = factor;
      at += MOVE.words;
    }
  }

  /**
   * Runs every kernel.
   *
   * @throws {DeviceError} if a worker failed or never answered; the next run is on one thread.
   */
  run(): void {
    const { pool } = this;
    if (pool === undefined || !pool.ready) {
      this.runAlone();
      return;
    }
    const run = this.runs++;
    const trial = TRIALS.has(run) || run % 256 === 255;
    const threaded = this.together <= this.alone || this.alone === Infinity ? !trial : trial;
    if (threaded) pool.load(this.forms.modules);
    const start = performance.now();
    if (threaded) this.runTogether(pool);
    else this.runAlone();
    const took = performance.now() - start;
    // The faster of now and a slowly forgotten past: compilation and interruptions make single runs slow.
    if (threaded)
      this.together = Math.min(
        took,
        this.together === Infinity ? took : this.together * 0.9 + took * 0.1,
      );
    else
      this.alone = Math.min(took, this.alone === Infinity ? took : this.alone * 0.75 + took * 0.25);
  }

  /** Whether an index was out of range in the last run: its results mean nothing. */
  get faulted(): boolean {
    if (!this.mayFault) return false;
    const { int32 } = this.forms.memory.heap;
    const at = (this.forms.scratch(0) + FAULT) >>> 2;
    const faulted = int32[at] !== 0;
    int32[at] = 0;
    return faulted;
  }

  /** Runs every kernel with all threads, whatever was measured. */
  runThreaded(): void {
    const { pool } = this;
    if (pool === undefined || !pool.ready) {
      this.runAlone();
      return;
    }
    pool.load(this.forms.modules);
    this.runTogether(pool);
  }

  /** Gives its memory back. */
  dispose(): void {
    this.forms.memory.release(this.list);
  }

  private runAlone(): void {
    this.forms.run(this.list, 0, 1, 1);
  }

  private runTogether(pool: Threads): void {
    try {
      pool.run(this.list, this.forms);
    } catch (error) {
      this.forms.resetBarrier();
      throw error;
    }
  }
}

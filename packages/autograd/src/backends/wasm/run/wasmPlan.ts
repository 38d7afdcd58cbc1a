/** @file A list of kernels in memory, ready to run on one thread or several. */
import { FAULT } from './barrier.js';
import { CallList, type Moves } from './callList.js';
import type { Forms } from './forms.js';
import type { KernelList } from './kernelList.js';
import type { Threads } from '../threads/threads.js';

const NONE: ReadonlySet<number> = new Set();

/** The runs at which the slower way is tried again, to compare; after these, every 256th run. */
const TRIAL_RUNS: ReadonlySet<number> = new Set([3, 5, 12, 13, 40, 41, 100, 101]);

/** Lists of up to this many words, 1 MiB, are written twice. */
const MAX_DUPLICATED_WORDS = 2 ** 18;

/**
 * A list in memory and how to run it.
 *
 * Measured times decide whether threads are used: on a busy machine, or for small kernels, one thread can be faster. Results do
 * not depend on that.
 */
export class WasmPlan {
  private readonly forms: Forms;
  /** One list for even and one for odd runs, as buffers alternate between two addresses. */
  private readonly lists: [CallList, CallList | null];
  private list: CallList;
  /** Used to write the second list; null if there is only one. */
  private readonly kernels: KernelList | null;
  private readonly scratchBytes: number;
  private readonly mayFault: boolean;
  private readonly pool: Threads | undefined;
  private runs = 0;
  /** Recent times on one thread and on all, in milliseconds. */
  private serial = Infinity;
  private parallel = Infinity;

  /**
   * Writes `kernels` into the memory of `forms`. The buffers in `moves` move between runs if the list runs several times.
   *
   * @throws {DeviceError} if there is no room for them.
   */
  constructor(
    forms: Forms,
    kernels: KernelList,
    pool?: Threads,
    moves: ReadonlySet<number> = NONE,
  ) {
    this.forms = forms;
    this.scratchBytes = kernels.scratchBytes;
    this.mayFault = kernels.mayFault;
    this.pool = kernels.parallel ? pool : undefined;
    this.list = new CallList(forms.memory, kernels, moves);
    this.lists = [this.list, null];
    this.kernels =
      moves.size === 0 && kernels.words.length <= MAX_DUPLICATED_WORDS ? kernels : null;
  }

  /**
   * Sets the address of each buffer `b` of the plan to `addresses[b]`. If buffers alternate between two addresses, `turn`
   * says which of them are current, and an unchanged `version` that they are the same as the last time.
   *
   * @throws {DeviceError} if there is no room for its scratch memory.
   */
  setBuffers(addresses: ArrayLike<number>, turn: 0 | 1 = 0, version = -1): void {
    const { lists, kernels, forms } = this;
    const scratch = forms.scratch(this.scratchBytes);
    if (kernels === null) return this.list.setBuffers(addresses, scratch, -1);
    this.list = lists[turn] ??= new CallList(forms.memory, kernels, NONE);
    this.list.setBuffers(addresses, scratch, version);
  }

  /** Sets, after `setBuffers`, how often the list runs, and how buffers move between two runs. */
  setTimes(times: number, moves: Moves): void {
    this.list.setTimes(times, moves);
  }

  /**
   * Runs every kernel.
   *
   * @throws {DeviceError} if a worker failed or never answered; the next run uses one thread.
   */
  run(): void {
    const { pool } = this;
    if (pool === undefined || !pool.ready) {
      this.runSerial();
      return;
    }
    const run = this.runs++;
    const trial = TRIAL_RUNS.has(run) || run % 256 === 255;
    const threaded = this.parallel <= this.serial || this.serial === Infinity ? !trial : trial;
    if (threaded) pool.load(this.forms.modules);
    const start = performance.now();
    if (threaded) this.runParallel(pool);
    else this.runSerial();
    const took = performance.now() - start;
    // The smaller of this time and a moving average: compilation and interruptions make single runs slow.
    if (threaded)
      this.parallel = Math.min(
        took,
        this.parallel === Infinity ? took : this.parallel * 0.9 + took * 0.1,
      );
    else
      this.serial = Math.min(
        took,
        this.serial === Infinity ? took : this.serial * 0.75 + took * 0.25,
      );
  }

  /** Whether an index was out of range in the last run: then its results are meaningless. */
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
      this.runSerial();
      return;
    }
    pool.load(this.forms.modules);
    this.runParallel(pool);
  }

  /** Frees its memory. */
  dispose(): void {
    for (const list of this.lists) if (list !== null) this.forms.memory.release(list.address);
  }

  private runSerial(): void {
    this.forms.run(this.list.address, 0, 1, 1);
  }

  private runParallel(pool: Threads): void {
    try {
      pool.run(this.list.address, this.forms);
    } catch (error) {
      this.forms.resetBarrier();
      throw error;
    }
  }
}

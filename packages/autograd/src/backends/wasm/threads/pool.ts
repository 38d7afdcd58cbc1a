/**
 * @file Worker threads that run the same plan as the main thread, side by side over shared memory.
 *
 * All threads run the whole plan and meet between kernels, so they are woken once per plan. Until workers have started, after
 * one failed, or if one thread is measured to be faster, the main thread runs plans alone: the number of threads changes no
 * bit of a result.
 */
import { DeviceError } from '../../../errors.js';
import { scalarMakers } from '../../../kernels/elements/scalarFunctions.js';
import type { FormModule, Forms } from '../run/forms.js';
import type { WasmMemory } from '../run/memory.js';
import { NO_LIBRARY, type Library, type Threads } from './threads.js';
import { hasEnded, maySleep, startWorker, warnRefused } from './startWorker.js';
import type { WorkerHandle } from './startWorker.js';
import { CONTROL, OPERATION, workerSource } from './worker.js';
import type { WorkerData } from './worker.js';

/** A few tens of microseconds: longer than the gap between two plans of a step, too short to matter. */
const SPINS = 20_000;
/** The shortest time between checks, before a plan runs, that the workers are still alive. */
const CHECK_MS = 50;
/** How long to wait for a worker before it is given up. */
const TIMEOUT_MS = 30_000;

/** `threads − 1` workers over one shared memory. */
export class ThreadPool implements Threads {
  /** Threads that run a plan, the calling one among them. */
  readonly threads: number;
  private readonly memory: WasmMemory;
  private readonly control: number;
  private readonly state: Int32Array;
  private workers: WorkerHandle[] = [];
  /** How many families of functions the workers have. */
  private readonly families = scalarMakers.length;
  /** How many modules the workers have. */
  private loaded = 0;
  private failed = false;
  /** How many workers were started, and whether each loads a library first. */
  private started = 0;
  private loadsLibrary = false;
  private whenSettled: (() => void) | null = null;
  private lastCheck = 0;
  private readonly timeout: number;

  /**
   * Starts the workers; they are ready some tens of milliseconds later.
   *
   * @throws {DeviceError} if the memory is not shared.
   */
  constructor(
    memory: WasmMemory,
    threads: number,
    library: Library = NO_LIBRARY,
    patience = TIMEOUT_MS,
  ) {
    this.timeout = patience;
    if (!memory.shared && threads > 1) {
      throw new DeviceError(
        `threads: ${threads} threads need shared memory, and this memory is not shared; use 1 thread`,
      );
    }
    this.memory = memory;
    this.threads = Math.max(1, Math.floor(threads));
    const words = CONTROL.words + this.threads;
    this.control = memory.allocate(words * 4);
    this.state = memory.view('int32', this.control, words) as Int32Array;
    this.state.fill(0);
    const blas = library.source(memory.memory);
    this.loadsLibrary = blas !== null;
    if (blas !== null && this.threads > 1) {
      const wait = (): void => this.settle();
      process.once('exit', wait);
      this.whenSettled = () => {
        process.off('exit', wait);
      };
    }
    const source = workerSource(library.load);
    for (let thread = 1; thread < this.threads; thread++) {
      const data: WorkerData = {
        memory: memory.memory,
        control: this.control,
        words: CONTROL,
        operations: OPERATION,
        thread,
        blas,
        spins: SPINS,
      };
      try {
        this.workers.push(startWorker(source, data, () => this.onLoss()));
        this.started++;
      } catch {
        this.onLoss();
        break;
      }
    }
  }

  get broken(): boolean {
    return this.failed;
  }

  get outdated(): boolean {
    return this.families !== scalarMakers.length;
  }

  get ready(): boolean {
    const started =
      !this.broken &&
      this.threads > 1 &&
      Atomics.load(this.state, CONTROL.ready) === this.threads - 1;
    if (!started) return false;
    this.whenSettled?.();
    this.whenSettled = null;
    const now = performance.now();
    if (now - this.lastCheck > CHECK_MS) {
      this.lastCheck = now;
      if (this.workerDied()) this.giveUp();
    }
    return !this.broken;
  }

  /** Blocks until every worker has started, at most for `milliseconds`; returns whether they have. */
  waitUntilReady(milliseconds = 5000): boolean {
    const deadline = performance.now() + milliseconds;
    while (!this.ready && !this.broken && performance.now() < deadline) {
      const started = Atomics.load(this.state, CONTROL.ready);
      if (started < this.threads - 1 && maySleep())
        Atomics.wait(this.state, CONTROL.ready, started, 50);
      else if (this.threads === 1) break;
    }
    return this.ready;
  }

  load(modules: readonly FormModule[]): void {
    for (; this.loaded < modules.length; this.loaded++) {
      const { bytes, tableSize } = modules[this.loaded] as FormModule;
      const address = this.memory.store('bool', bytes);
      try {
        this.send(OPERATION.load, address, bytes.length, tableSize);
        this.join('load a module');
      } finally {
        if (!this.broken) this.memory.release(address);
      }
    }
  }

  /** Wakes the workers for the plan at `list`, does this thread's part, and waits for theirs. */
  run(list: number, forms: Forms): void {
    forms.threadLost = () => this.hasLostWorker;
    this.send(OPERATION.run, list, 0, 0);
    let status;
    try {
      status = forms.run(list, 0, this.threads, Number(maySleep()));
    } catch (error) {
      // Workers may be waiting for this thread; they cannot be used again.
      this.giveUp();
      throw error;
    }
    if (status !== 0) {
      const detail = this.workerDied()
        ? 'died'
        : this.workerFailed
          ? 'failed'
          : 'never reached a barrier';
      this.giveUp();
      throw new DeviceError(
        `threads: a worker ${detail}; plans run on one thread from now on. Evaluate again.`,
      );
    }
    this.join('run a plan');
  }

  /** Whether a worker died or failed in the current run, so that it will come to no further meeting. */
  private get hasLostWorker(): boolean {
    return this.workerFailed || this.workerDied();
  }

  private get workerFailed(): boolean {
    return Atomics.load(this.state, CONTROL.failed) !== 0;
  }

  dispose(): void {
    if (this.broken) return;
    this.giveUp();
  }

  private send(operation: number, address: number, length: number, tableSize: number): void {
    const { state } = this;
    Atomics.store(state, CONTROL.done, 0);
    Atomics.store(state, CONTROL.failed, 0);
    Atomics.store(state, CONTROL.operation, operation);
    Atomics.store(state, CONTROL.address, address | 0);
    Atomics.store(state, CONTROL.length, length);
    Atomics.store(state, CONTROL.tableSize, tableSize);
    Atomics.store(state, CONTROL.threads, this.threads);
    Atomics.add(state, CONTROL.command, 1);
    Atomics.notify(state, CONTROL.command);
  }

  private join(what: string): void {
    const { state } = this;
    const workers = this.threads - 1;
    for (let spin = 0; spin < SPINS && Atomics.load(state, CONTROL.done) < workers; spin++);
    const deadline = performance.now() + this.timeout;
    for (;;) {
      const done = Atomics.load(state, CONTROL.done);
      if (done >= workers) break;
      const died = this.workerDied();
      if (this.broken || died || performance.now() > deadline) {
        this.giveUp();
        const detail = died ? 'before it died' : `within ${this.timeout / 1000} s`;
        throw new DeviceError(
          `threads: ${died ? 'a worker' : `${workers - done} of ${workers} workers`} did not ${what} ${detail}; ` +
            'plans run on one thread from now on. Evaluate again.',
        );
      }
      if (maySleep()) Atomics.wait(state, CONTROL.done, done, 20);
    }
    if (this.workerFailed) {
      this.giveUp();
      throw new DeviceError(
        `threads: a worker could not ${what}; plans run on one thread from now on. Evaluate again.`,
      );
    }
  }

  /** Whether a started thread has ended. */
  private workerDied(): boolean {
    for (let thread = 1; thread < this.threads; thread++) {
      const id = Atomics.load(this.state, CONTROL.words + thread - 1);
      if (id !== 0 && hasEnded(id)) return true;
    }
    return false;
  }

  /**
   * Handles the end of a worker. If none has ever started, workers may be forbidden, as by a page's Content-Security-Policy.
   */
  private onLoss(): void {
    if (!this.failed && Atomics.load(this.state, CONTROL.ready) === 0) warnRefused();
    this.giveUp();
  }

  private giveUp(): void {
    this.failed = true;
    if (this.isLoading) {
      // Ending a thread while it loads a library kills the process: these end at the first command they read.
      this.send(OPERATION.stop, 0, 0, 0);
    } else for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }

  /** Whether a worker may currently be loading a library. */
  private get isLoading(): boolean {
    return this.loadsLibrary && Atomics.load(this.state, CONTROL.ready) < this.started;
  }

  /** Waits a while until no worker is loading a library, since the end of the process would end it. */
  private settle(): void {
    const deadline = performance.now() + 2000;
    while (this.isLoading && performance.now() < deadline)
      Atomics.wait(this.state, CONTROL.ready, Atomics.load(this.state, CONTROL.ready), 50);
  }
}

/**
 * @file Values that kernels refuse: an index out of range, a division by zero.
 *
 * A kernel that finds one sets the fault word. From then on no kernel changes anything, not even in later runs, until the
 * next read finds the fault: it restores the cells to the versions before the failed run, and rejects.
 */
import { DeviceError, type ChainruleError } from '../../errors.js';
import { USAGE, type GpuBuffer, type GpuDevice } from './gpuApi.js';
import type { GpuRuntime } from './runtime.js';
import { FAULT_WORDS } from './wgsl/shader.js';

/** What is kept about a run until it is known to have succeeded. */
export interface RunRecord {
  /**
   * Makes the error from the fault words: the kernel, the position that it refused, the address from which that counts, which
   * refusal it is, and the word there if it was noted.
   */
  explain(
    kernel: number,
    position: number,
    base: number,
    which: number,
    noted: number | null,
  ): Promise<ChainruleError>;
  /** An error that the host raised in the middle of it. */
  raised?: ChainruleError;
  /** The error of a kernel of it that could not be compiled, so that the whole run did nothing. */
  broken(): ChainruleError | null;
  /** Restores the cells that it changed. */
  undo: (() => void)[];
}

/** Runs that changed nothing, and the reason. */
interface Failure {
  readonly first: number;
  readonly last: number;
  readonly error: Promise<ChainruleError>;
  /** The error once it is known. */
  resolved: ChainruleError | null;
}

/** The bits of a fault word that hold the index of the kernel in its run. */
const KERNEL_BITS = 12;
const RUNS = 2 ** (32 - KERNEL_BITS) - 1;

export class Faults {
  readonly buffer: GpuBuffer;
  /** The number of the latest run. */
  now = 0;
  private readonly device: GpuDevice;
  private readonly records = new Map<number, RunRecord>();
  /** Runs that changed nothing because of a fault, and the fault. */
  private readonly failed: Failure[] = [];

  constructor(device: GpuDevice) {
    this.device = device;
    this.buffer = device.createBuffer({
      size: FAULT_WORDS * 4,
      usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
    });
    this.reset();
  }

  /** Begins a run and returns its number. */
  begin(record: RunRecord): number {
    this.records.set(++this.now, record);
    return this.now;
  }

  /** Registers how to restore what a run has changed. */
  noteUndo(run: number, undo: () => void): void {
    this.records.get(run)?.undo.push(undo);
  }

  /** The word that a kernel of a run sets. */
  wordOf(run: number, kernel: number): number {
    const at = (run % RUNS) + 1;
    return ((at << KERNEL_BITS) | Math.min(kernel, 2 ** KERNEL_BITS - 1)) >>> 0;
  }

  /** Called when the host finds that a run cannot continue: nothing changes from here on. */
  raise(run: number, error: ChainruleError): void {
    const record = this.records.get(run);
    if (record === undefined) return;
    record.raised = error;
    this.device.queue.writeBuffer(this.buffer, 0, Uint32Array.of(this.wordOf(run, 0), 0));
  }

  /** Handles the fault words as they were when run `latest` was the latest. */
  settle(words: Uint32Array, latest: number, runtime: GpuRuntime): void {
    const [word = 0, position = 0, base = 0, which = 0, isNoted = 0, value = 0] = words;
    for (const [run, record] of this.records) {
      const error = run <= latest ? record.broken() : null;
      if (error !== null) this.markVoid(run, Promise.resolve(error));
    }
    if (word === 0) {
      for (const run of this.records.keys()) if (run <= latest) this.records.delete(run);
      return;
    }
    const kernel = word & (2 ** KERNEL_BITS - 1);
    const run = [...this.records.keys()].find((n) => (n % RUNS) + 1 === word >>> KERNEL_BITS);
    // Another read has handled the same fault.
    if (run === undefined) return;
    const record = this.records.get(run)!;
    const { raised } = record;
    this.markVoid(
      run,
      raised === undefined
        ? record.explain(kernel, position, base, which, isNoted === 0 ? null : value)
        : Promise.resolve(raised),
    );
    // Queued runs were begun in vain as well.
    void runtime.order.run(() => this.reset());
  }

  /** Marks a run, and all begun since, as having changed nothing. */
  private markVoid(run: number, error: Promise<ChainruleError>): void {
    const undone = [...this.records].filter(([n]) => n >= run).reverse();
    for (const [n, { undo }] of undone) {
      for (const f of undo.reverse()) f();
      this.records.delete(n);
    }
    const failure: Failure = { first: run, last: this.now, error, resolved: null };
    void error.then(
      (told) => (failure.resolved = told),
      () => null,
    );
    this.failed.push(failure);
    if (this.failed.length > 64) this.failed.shift();
  }

  /** @throws the error that made this run, or a run before it, fail. */
  async checkRun(run: number): Promise<void> {
    const failure = this.failureOf(run);
    if (failure !== undefined) throw await failure.error;
  }

  /** Called with the run that wrote an input of another run. @throws the error of that run, if it is known to have failed. */
  checkInput(run: number): void {
    const failure = this.failureOf(run);
    if (failure === undefined) return;
    throw (
      failure.resolved ??
      new DeviceError('webgpu: a value comes from a run that failed; await the value to see why')
    );
  }

  private failureOf(run: number): Failure | undefined {
    if (run > (this.failed.at(-1)?.last ?? 0)) return undefined;
    return this.failed.find(({ first, last }) => run >= first && run <= last);
  }

  private reset(): void {
    const words = new Uint32Array(FAULT_WORDS);
    words[1] = 0xffffffff;
    this.device.queue.writeBuffer(this.buffer, 0, words);
  }
}

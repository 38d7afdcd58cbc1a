/** @file A compiled plan in memory, ready to run on one thread or several. */
import { gemmOver } from '../blas/blas.js';
import { FAULT } from './barrier.js';
import type { CompiledPlan, RunFunction } from './compile.js';
import type { WasmMemory } from './memory.js';
import { SCRATCH_BUFFER } from './pointerTable.js';
import { maySleep } from './pool.js';
import type { ThreadPool } from './pool.js';
import { scalarFunctions } from './special.js';

/** Runs at which the way not chosen is tried, to compare; and every 256th after these. */
const TRIALS: ReadonlySet<number> = new Set([3, 5, 12, 13, 40, 41, 100, 101]);

const math = scalarFunctions();

/**
 * An instance of a plan: its pointer table, its scratch memory, and how to run it.
 *
 * Times decide whether threads are used: on a busy machine, or for small kernels, one thread can be faster. Results do
 * not depend on it.
 */
export class WasmPlan {
  readonly compiled: CompiledPlan;
  private readonly memory: WasmMemory;
  private readonly pool: ThreadPool | undefined;
  private readonly instance: RunFunction;
  private readonly table: number;
  private readonly scratch: number;
  /** The plan's number in the pool, once the workers have it. */
  private inPool: number | undefined;
  private runs = 0;
  /** Recent times alone and together, in milliseconds. */
  private alone = Infinity;
  private together = Infinity;

  /**
   * Instantiates `compiled` over `memory`.
   *
   * @throws {DeviceError} if there is no memory for its table and scratch space.
   */
  constructor(memory: WasmMemory, compiled: CompiledPlan, pool?: ThreadPool) {
    this.compiled = compiled;
    this.memory = memory;
    this.pool = compiled.parallel ? pool : undefined;
    const module = new WebAssembly.Module(compiled.bytes);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: memory.memory },
      math: compiled.usesBlas ? { ...math, ...gemmOver(memory.memory) } : math,
    });
    this.instance = instance.exports['run'] as RunFunction;
    this.table = memory.allocate(compiled.table.length * 4);
    this.scratch = memory.allocate(compiled.scratchBytes);
    // The barrier starts from zeros.
    memory.view('bool', this.scratch, Math.min(compiled.scratchBytes, 4096)).fill(0);
  }

  /** Says where the buffers of the plan lie: number `b` at `addresses[b]`. */
  setBuffers(addresses: ArrayLike<number>): void {
    const { int32 } = this.memory.heap;
    const { table } = this.compiled;
    const first = this.table >>> 2;
    for (let k = 0; k < table.length; k++) {
      const buffer = table[k]!;
      int32[first + k] = buffer === SCRATCH_BUFFER ? this.scratch : addresses[buffer]!;
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
      this.instance(this.table, 0, 1, 1);
      return;
    }
    const run = this.runs++;
    const trial = TRIALS.has(run) || run % 256 === 255;
    const threaded = this.together <= this.alone || this.alone === Infinity ? !trial : trial;
    if (threaded && this.inPool === undefined) this.inPool = pool.load(this.compiled.bytes);
    const start = performance.now();
    if (threaded) {
      const plan = this.inPool as number;
      pool.run(plan, this.table, () =>
        this.instance(this.table, 0, pool.threads, Number(maySleep())),
      );
    } else {
      this.instance(this.table, 0, 1, 1);
    }
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

  /** Whether an index or an element was refused in the last run: its results mean nothing. */
  get faulted(): boolean {
    if (!this.compiled.mayFault) return false;
    const { int32 } = this.memory.heap;
    const at = (this.scratch + FAULT) >>> 2;
    const faulted = int32[at] !== 0;
    int32[at] = 0;
    return faulted;
  }

  /** Runs every kernel with all threads, whatever was measured. */
  runThreaded(): void {
    const { pool } = this;
    if (pool === undefined || !pool.ready) {
      this.instance(this.table, 0, 1, 1);
      return;
    }
    this.inPool ??= pool.load(this.compiled.bytes);
    pool.run(this.inPool, this.table, () =>
      this.instance(this.table, 0, pool.threads, Number(maySleep())),
    );
  }

  /** Gives its memory back. */
  dispose(): void {
    if (this.inPool !== undefined) this.pool?.drop(this.inPool);
    this.memory.release(this.table);
    this.memory.release(this.scratch);
  }
}

/** @file Threads as plans use them, and the number that the machine has. */
import type { GemmSource, loadGemm } from '../../blas/gemm.js';
import type { FormModule, Forms } from '../run/forms.js';

/** Threads that run the same plan side by side. */
export interface Threads {
  /** Whether every worker has started and none has failed; until then plans run on one thread. */
  readonly ready: boolean;
  /** Whether a worker failed or could not be started. */
  readonly broken: boolean;
  /** Whether later operations brought functions that the workers do not have. */
  readonly outdated: boolean;
  /** Sends the workers the modules that they do not have yet. */
  load(modules: readonly FormModule[]): void;
  /** Runs the plan at `list` with all threads. */
  run(list: number, forms: Forms): void;
  /** Ends the workers. Plans still run, on one thread. */
  dispose(): void;
}

/** How many threads the machine can run in parallel. */
export function hardwareThreads(): number {
  if (typeof process === 'object') {
    const os = process.getBuiltinModule?.('node:os');
    if (os !== undefined) return os.availableParallelism();
  }
  return typeof navigator === 'object' ? navigator.hardwareConcurrency || 1 : 1;
}

/** A library that computes large products: where it is, for a memory, and how a thread loads it. */
export interface Library {
  readonly source: (memory: WebAssembly.Memory) => GemmSource | null;
  readonly load: typeof loadGemm;
}

export const NO_LIBRARY: Library = {
  source: () => null,
  load: () => {
    throw new Error('there is no BLAS library');
  },
};

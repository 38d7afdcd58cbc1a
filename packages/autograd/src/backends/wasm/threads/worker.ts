/**
 * @file The source text of a worker thread.
 *
 * Workers are made from text, because not every platform of the package can start a worker from a TypeScript file. So the
 * function is self-contained: it must not refer to anything outside itself.
 */
import type { GemmSource } from '../../blas/gemm.js';
import type { Library } from './threads.js';
import { scalarFunctionsText } from '../elements/special.js';

/** Words of the control block, a cache line apart if threads write them at the same time. */
export const CONTROL = {
  /** Counts commands; workers wait for it to change. */
  command: 0,
  /** The number of workers that have finished the current command. */
  done: 16,
  /** The number of workers that have started. */
  ready: 32,
  /** Set by a worker that failed. */
  failed: 48,
  operation: 64,
  /** The address of a module's bytes, or of a plan's list. */
  address: 65,
  length: 66,
  /** The table size that a module needs. */
  tableSize: 67,
  threads: 68,
  /** From here on, one word for each worker: its thread id in the system, if known. */
  words: 80,
} as const;

export const OPERATION = { load: 1, run: 2, stop: 3 } as const;

export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  /** The address of the control block. */
  readonly control: number;
  readonly words: typeof CONTROL;
  readonly operations: typeof OPERATION;
  readonly thread: number;
  /** How to load a BLAS library, if kernels call one. */
  readonly blas?: GemmSource | null;
  /** How often a worker polls the command word before it sleeps. */
  readonly spins: number;
}

/* istanbul ignore next -- @preserve */
function workerMain(
  math: Record<string, (x: number, y: number) => number>,
  gemm: Library['load'],
): void {
  /** The number of this thread in the system, 0 where that is not told. */
  const ownId = (): number => {
    try {
      const fs = process.getBuiltinModule('node:fs');
      return Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1)) || 0;
    } catch {
      return 0;
    }
  };
  const serve = (data: WorkerData): void => {
    const { memory, control, words, operations, thread, spins, blas } = data;
    const state = new Int32Array(memory.buffer, control, words.words + thread);
    const threadLost = (): number => Atomics.load(state, words.failed);
    const imports = { ...math, threadLost, ...(blas == null ? null : gemm(blas)) };
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
    let run: (list: number, thread: number, threads: number, maySleep: number) => number = () => 1;
    const word = (index: number): number => Atomics.load(state, index);
    let seen = 0;
    Atomics.store(state, words.words + thread - 1, ownId());
    Atomics.add(state, words.ready, 1);
    Atomics.notify(state, words.ready);
    for (;;) {
      for (let spin = 0; word(words.command) === seen;) {
        if (++spin > spins) Atomics.wait(state, words.command, seen, 10_000);
      }
      seen = word(words.command);
      const operation = word(words.operation);
      try {
        if (operation === operations.load) {
          const bytes = new Uint8Array(
            memory.buffer,
            word(words.address) >>> 0,
            word(words.length),
          ).slice();
          const missing = word(words.tableSize) - table.length;
          if (missing > 0) table.grow(missing);
          const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
            env: { memory, table },
            math: imports,
          });
          if (exports['run'] !== undefined) run = exports['run'] as typeof run;
        } else if (operation === operations.run) {
          const status = run(word(words.address), thread, word(words.threads), 1);
          if (status !== 0) Atomics.store(state, words.failed, 1);
        }
      } catch {
        Atomics.store(state, words.failed, 1);
      }
      Atomics.add(state, words.done, 1);
      Atomics.notify(state, words.done);
      if (operation === operations.stop) return;
    }
  };
  const node =
    typeof process === 'object' ? process.getBuiltinModule?.('node:worker_threads') : undefined;
  if (node?.workerData != null) serve(node.workerData as WorkerData);
  else self.onmessage = (event: MessageEvent<WorkerData>) => serve(event.data);
}

/** JavaScript for a worker thread, including the loader of a library; some compilers wrap inner functions with `__name`. */
export function workerSource(gemm: Library['load']): string {
  return `var __name = (f) => f; (${workerMain.toString()})(${scalarFunctionsText()}, ${gemm.toString()});`;
}

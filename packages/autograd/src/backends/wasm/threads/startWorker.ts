/** @file Starts one worker, in Node or in a page, and tells what each of them allows. */
import type * as NodeThreads from 'node:worker_threads';
import type { WorkerData } from './worker.js';

export interface WorkerHandle {
  terminate(): unknown;
}

function builtin(): typeof NodeThreads | undefined {
  return typeof process === 'object'
    ? process.getBuiltinModule?.('node:worker_threads')
    : undefined;
}

/** Whether this thread may block: every thread but the main thread of a page. */
export function maySleep(): boolean {
  return typeof document === 'undefined';
}

export function startWorker(source: string, data: WorkerData, onError: () => void): WorkerHandle {
  const node = builtin();
  if (node !== undefined) {
    const worker = new node.Worker(source, { eval: true, workerData: data, execArgv: [] });
    worker.on('error', onError);
    worker.on('exit', onError);
    // Workers alone should not keep the process alive.
    worker.unref();
    return worker;
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onerror = onError;
  worker.postMessage(data);
  return worker;
}

let hasWarned = false;

/** Explains once in a page why it has no threads. */
export function warnRefused(): void {
  if (hasWarned || builtin() !== undefined) return;
  hasWarned = true;
  console.warn(
    'chainrule: workers cannot be started, so everything runs on one thread; ' +
      'a Content-Security-Policy must allow them: worker-src blob:',
  );
}

/**
 * Whether a thread of this process has ended, if that is known. Node reports it by an event, which does not arrive while this
 * thread waits; Linux lists the threads of a process.
 */
export function hasEnded(thread: number): boolean {
  if (builtin() === undefined || process.platform !== 'linux') return false;
  return !process.getBuiltinModule('node:fs').existsSync(`/proc/self/task/${thread}`);
}

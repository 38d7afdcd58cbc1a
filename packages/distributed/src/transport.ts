/** @file What connects the ranks of a job: few operations on bytes and arrays, which block until all ranks have called them. */
import type { TypedArray } from '@chainrule/autograd';

/** How elements at the same place are put together. */
export type ReduceOp = 'sum' | 'max' | 'min';

/**
 * A connection between `size` processes. Every method but `stop` is called by all ranks, in the same order; they block
 * the thread. Arrays may lie in shared memory.
 */
export interface Transport {
  readonly kind: 'mpi' | 'local' | 'alone';
  readonly rank: number;
  readonly size: number;
  /** How many of the ranks are on this machine. */
  readonly localSize: number;
  /** What it runs on, for messages. */
  readonly library: string;
  /**
   * Waits for all ranks, at most `seconds`; gives the smallest of each number over all of them.
   * @throws {ChainruleError} if a rank has died or failed, with what is known of it, or is not there in time.
   */
  meet(words: Int32Array, seconds: number): Int32Array;
  /** Reduces in place over all ranks. With `ordered` elements are added in the order of ranks, so that all kinds of transport agree to the bit. */
  allReduce(data: TypedArray, op: ReduceOp, ordered: boolean): void;
  /** The arrays of all ranks, one after the other, into `out`. */
  allGather(data: TypedArray, out: TypedArray): void;
  /** Overwrites `data` with what it is on rank `root`. */
  broadcast(data: TypedArray, root: number): void;
  /** This rank cannot go on: the others are told why, or ended. May end the process. */
  stop(reason: string, code: number): void;
  /** Ends the connection, after all ranks have met for it. */
  close(): void;
}

/** A job of one process. */
export const ALONE: Transport = {
  kind: 'alone',
  rank: 0,
  size: 1,
  localSize: 1,
  library: 'one process',
  meet: (words) => words,
  allReduce: () => undefined,
  allGather: (data, out) => out.set(data),
  broadcast: () => undefined,
  stop: () => undefined,
  close: () => undefined,
};

/**
 * @file The interface of a connection between ranks: a few operations on bytes and arrays, which block until all ranks have
 * called them.
 */
import type { TypedArray } from '@chainrule/autograd';

/** How elements at the same position are combined. */
export type ReduceOp = 'sum' | 'max' | 'min';

/**
 * A connection between `size` processes. All ranks call every method but `stop`, in the same order; the methods block the
 * thread. Arrays may be in shared memory.
 */
export interface Transport {
  readonly kind: 'mpi' | 'local' | 'alone';
  readonly rank: number;
  readonly size: number;
  /** The number of ranks on this machine. */
  readonly localSize: number;
  /** The library that it uses, for messages. */
  readonly library: string;
  /**
   * Waits for all ranks, at most `seconds`; returns the minimum of each number over all ranks.
   * @throws {ChainruleError} if a rank has died or failed, with what is known of the reason, or does not arrive in time.
   */
  meet(words: Int32Array, seconds: number): Int32Array;
  /**
   * Reduces in place over all ranks. With `ordered`, elements are added in the order of ranks, so that all transports give
   * the same bits.
   */
  allReduce(data: TypedArray, op: ReduceOp, ordered: boolean): void;
  /** Gathers the arrays of all ranks, one after the other, into `out`. */
  allGather(data: TypedArray, out: TypedArray): void;
  /** Overwrites `data` with that of rank `root`. */
  broadcast(data: TypedArray, root: number): void;
  /** Reports that this rank cannot continue: the others receive the reason, or are ended. May end the process. */
  stop(reason: string, code: number): void;
  /** Ends the connection, after a last meeting of all ranks. */
  close(): void;
}

/** A job of one process. */
export const SINGLE_PROCESS: Transport = {
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

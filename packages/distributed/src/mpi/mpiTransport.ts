/**
 * @file Ranks connected by an MPI library: its collectives work on arrays in place, and waiting ranks leave the core to
 * others.
 */
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { ChainruleError, DeviceError, type TypedArray } from '@chainrule/autograd';
import { bytesOf, reduceInto, shareOf } from '../reduceInto.js';
import type { ReduceOp, Transport } from '../transport.js';
import type { ElementType } from './abi.js';
import type { Launched, MpiLibrary } from './library.js';
import { witness } from './witness.js';

/** Larger data is sent in pieces: counts are 32-bit, and buffers of the ordered sum stay small. */
const MAX_MESSAGE = 2 ** 22;
/** The number of tests before the rank yields the core between them. */
const SPINS = 200;
/** How long the rank yields before it sleeps: a time and no count, as each yield may take long. */
const YIELD_MS = 5;
const SLEEP_MS = 0.05;

const sleep = new Int32Array(new SharedArrayBuffer(4));

type Native = (...args: unknown[]) => unknown;

export class MpiTransport implements Transport {
  readonly kind = 'mpi';
  readonly rank: number;
  readonly size: number;
  readonly localSize: number;
  readonly library: string;
  private readonly mpi: MpiLibrary;
  private readonly functions = new Map<string, Native>();
  private readonly yieldCore: () => unknown;
  private readonly spins: number;
  private readonly witness: ChildProcess | null;
  private readonly request = new BigUint64Array(64);
  private readonly flag = new Int32Array(64);
  private inUse: readonly unknown[] = [];
  private ended = false;
  /** How long to wait for the other ranks; set by the last meeting. */
  private seconds = Infinity;

  constructor(mpi: MpiLibrary, launched: Launched) {
    this.mpi = mpi;
    const provided = new Int32Array(64);
    this.check(
      'MPI_Init_thread',
      this.call('MPI_Init_thread', 'uintptr_t, uintptr_t, int, void *', 0, 0, 1, provided),
    );
    this.rank = this.number('MPI_Comm_rank');
    this.size = this.number('MPI_Comm_size');
    if (this.size !== launched.size) {
      throw new DeviceError(
        `distributed: ${launched.by} started ${launched.size} ranks, but ${mpi.path} knows of ${this.size}: it is a ` +
          'different MPI; CHAINRULE_MPI may give the absolute path of the right library',
      );
    }
    this.localSize = launched.localSize ?? this.size;
    this.library = `${launched.by} (${mpi.path})`;
    this.spins = this.localSize <= availableParallelism() ? SPINS : 0;
    this.yieldCore = yieldOf(mpi);
    this.witness = launched.by === 'MPICH' ? this.startWitness() : null;
  }

  meet(words: Int32Array, seconds: number): Int32Array {
    this.seconds = seconds;
    const least = Int32Array.from(words);
    this.reduce(least, 'min');
    return least;
  }

  allReduce(data: TypedArray, op: ReduceOp, ordered: boolean): void {
    for (let from = 0; from < data.length; from += MAX_MESSAGE) {
      const part = data.subarray(from, from + MAX_MESSAGE);
      if (ordered && op === 'sum') this.orderedSum(part);
      else if (this.size > this.localSize) this.reduceNow(part, op);
      else this.reduce(part, op);
    }
  }

  allGather(data: TypedArray, out: TypedArray): void {
    const { handle, types } = this.mpi.abi;
    const [from, into] = [bytesOf(data), bytesOf(out)];
    for (let at = 0; at < from.length; at += MAX_MESSAGE) {
      const piece = from.subarray(at, at + MAX_MESSAGE);
      const whole = piece.length === from.length;
      const received = whole ? into : new Uint8Array(piece.length * this.size);
      this.begin('MPI_Iallgather', `uintptr_t, int, ${handle}, uintptr_t, int, ${handle}`, [
        piece,
        piece.length,
        types.byte,
        received,
        piece.length,
        types.byte,
      ]);
      for (let r = 0; r < this.size && !whole; r++) {
        const theirs = received.subarray(r * piece.length, (r + 1) * piece.length);
        into.set(theirs, r * from.length + at);
      }
    }
  }

  broadcast(data: TypedArray, root: number): void {
    const { handle, types } = this.mpi.abi;
    const bytes = bytesOf(data);
    for (let at = 0; at < bytes.length; at += MAX_MESSAGE) {
      const piece = bytes.subarray(at, at + MAX_MESSAGE);
      const args = [piece, piece.length, types.byte, root];
      this.begin('MPI_Ibcast', `uintptr_t, int, ${handle}, int`, args);
    }
  }

  stop(_reason: string, code: number): void {
    if (this.ended) return;
    this.ended = true;
    this.witness?.kill('SIGKILL');
    // Ends every process of the job.
    this.call(
      'MPI_Abort',
      `${this.mpi.abi.handle}, int`,
      this.mpi.abi.world,
      code === 0 ? 1 : code,
    );
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.witness?.kill('SIGKILL');
    this.check('MPI_Finalize', this.call('MPI_Finalize', ''));
  }

  private startWitness(): ChildProcess | null {
    if (this.size === 1 || this.localSize !== this.size) return null;
    const all = new Int32Array(this.size);
    this.allGather(Int32Array.of(process.pid), all);
    return witness(
      this.rank,
      [...all].filter((pid) => pid !== process.pid),
    );
  }

  /** Each rank sums its share in the order of ranks; then all shares are gathered. */
  private orderedSum(data: TypedArray): void {
    const { size, mpi } = this;
    const { handle, types } = mpi.abi;
    const each = shareOf(data.length, 0, size)[1];
    const Type = data.constructor as new (n: number) => TypedArray;
    const [sent, received] = [new Type(each * size), new Type(each * size)];
    sent.set(data);
    const type = types[typeOf(data)];
    const prototype = `uintptr_t, int, ${handle}, uintptr_t, int, ${handle}`;
    this.begin('MPI_Ialltoall', prototype, [sent, each, type, received, each, type]);
    const share = received.slice(0, each);
    for (let r = 1; r < size; r++)
      reduceInto(share, received.subarray(r * each, (r + 1) * each), 'sum');
    this.begin('MPI_Iallgather', prototype, [share, each, type, received, each, type]);
    data.set(received.subarray(0, data.length));
  }

  private reduce(data: TypedArray, op: ReduceOp): void {
    const { handle, inPlace, types, ops } = this.mpi.abi;
    const args = [inPlace, data, data.length, types[typeOf(data)], ops[op]];
    this.begin('MPI_Iallreduce', `intptr_t, uintptr_t, int, ${handle}, ${handle}`, args);
  }

  /**
   * Waits inside the library: between machines, its blocking collectives know the network better. On one machine their busy
   * waits would keep a late rank from its core.
   */
  private reduceNow(data: TypedArray, op: ReduceOp): void {
    const { handle, inPlace, types, ops, world } = this.mpi.abi;
    const type = types[typeOf(data)];
    const prototype = `intptr_t, uintptr_t, int, ${handle}, ${handle}, ${handle}`;
    const args = [inPlace, this.addressOf(data), data.length, type, ops[op], world];
    this.check('MPI_Allreduce', this.call('MPI_Allreduce', prototype, ...args));
  }

  /** Starts a non-blocking collective, and tests it until it has ended. */
  private begin(
    name: string,
    prototype: string,
    args: readonly (TypedArray | bigint | number)[],
  ): void {
    const { handle, world, statusIgnore } = this.mpi.abi;
    const { request, flag, seconds } = this;
    // Keeps the arrays from the garbage collector until the library is done with them.
    this.inUse = args;
    const given = args.map((x) => (typeof x === 'object' ? this.addressOf(x) : x));
    this.check(name, this.call(name, `${prototype}, ${handle}, void *`, ...given, world, request));
    const start = performance.now();
    for (let tests = 0; ; tests++) {
      this.call('MPI_Test', 'void *, void *, intptr_t', request, flag, statusIgnore);
      if (flag[0] !== 0) break;
      if (tests < this.spins) continue;
      const waited = performance.now() - start;
      if (waited > 1000 * seconds) throw this.late(seconds);
      if (waited < YIELD_MS) this.yieldCore();
      else Atomics.wait(sleep, 0, 0, SLEEP_MS);
    }
    this.inUse = [];
  }

  private late(seconds: number): ChainruleError {
    return new ChainruleError(
      `distributed: rank ${this.rank} waited ${seconds} s for another rank; to wait longer, pass ` +
        '{ timeout: seconds }',
    );
  }

  private number(name: string): number {
    const out = new Int32Array(64);
    const { handle, world } = this.mpi.abi;
    this.check(name, this.call(name, `${handle}, void *`, world, out));
    return out[0] as number;
  }

  private call(name: string, parameters: string, ...args: unknown[]): number {
    const key = `${name}(${parameters})`;
    let f = this.functions.get(key);
    if (f === undefined) this.functions.set(key, (f = this.mpi.native.func(`int ${key}`)));
    return f(...args) as number;
  }

  private check(name: string, code: number): void {
    if (code !== 0) throw new DeviceError(`distributed: ${name} failed with code ${code}`);
  }

  /** The address of an array. */
  private addressOf(data: TypedArray): bigint {
    return this.mpi.koffi.address(bytesOf(data));
  }
}

function typeOf(data: TypedArray): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : 'byte';
}

/** Yields the core to another process, if the system has a function for that. */
function yieldOf({ koffi }: MpiLibrary): () => unknown {
  try {
    return koffi.load(null).func('int sched_yield()');
  } catch {
    return () => Atomics.wait(sleep, 0, 0, SLEEP_MS);
  }
}

/**
 * @file Ranks on one machine, connected by files in memory (`/dev/shm`, or the folder for temporary files): they write
 * and read synchronously, so that a collective may run in the middle of a program, and nothing has to be installed.
 */
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ChainruleError, type TypedArray } from '@chainrule/autograd';
import { bytesOf, likeOver, reduceInto, shareOf } from '../reduceInto.js';
import type { ReduceOp, Transport } from '../transport.js';
import {
  checkOf,
  ENDED,
  FAILED,
  pieceAt,
  pieceBytes,
  SLOT_BYTES,
  SLOT_WORDS,
  slotsAt,
  STATE_BYTES,
  stateAt,
} from './layout.js';

/** Looks without sleeping at first: if every rank has a core of its own, the others are nearly there. */
const SPINS = 200;
const SLEEP_MS = 0.05;
/** How often a waiting rank reads the states of the others. */
const STATE_MS = 20;

const sleep = new Int32Array(new SharedArrayBuffer(4));

export class LocalTransport implements Transport {
  readonly kind = 'local';
  readonly library = 'files in memory';
  readonly rank: number;
  readonly size: number;
  readonly localSize: number;
  private readonly folder: string;
  private readonly control: number;
  private readonly data: number;
  private readonly ownSlot = new Int32Array(SLOT_WORDS);
  private readonly slots: Int32Array;
  /**
   * Buffers for another rank's piece and for this rank's sum: allocating an array per piece would burden the garbage
   * collector.
   */
  private readonly piece: Uint8Array;
  private readonly sum: Uint8Array;
  private readonly spins: number;
  private meetings = 0;
  private turn = 0;
  private closed = false;
  /** How long to wait for the other ranks; set by the last meeting. */
  private seconds = Infinity;
  /** The process that started this rank, if it watches over it. */
  private readonly watcher: number | null;

  /** Joins the job whose files are in `folder`. */
  constructor(folder: string, rank: number, size: number, isChild: boolean) {
    this.folder = folder;
    this.watcher = isChild ? process.ppid : null;
    this.rank = rank;
    this.size = size;
    this.localSize = size;
    try {
      this.control = openSync(join(folder, 'control'), 'r+');
      this.data = openSync(join(folder, 'data'), 'r+');
    } catch (cause) {
      throw new ChainruleError(
        `distributed: the job that started rank ${rank} has ended: its files in ${folder} are gone`,
        { cause },
      );
    }
    this.slots = new Int32Array(size * SLOT_WORDS);
    this.piece = new Uint8Array(pieceBytes(size));
    this.sum = new Uint8Array(pieceBytes(size));
    this.spins = size <= availableParallelism() ? SPINS : 0;
  }

  meet(words: Int32Array, seconds: number): Int32Array {
    const { ownSlot, slots, size } = this;
    this.seconds = seconds;
    const meeting = ++this.meetings;
    const at = slotsAt(meeting, size);
    ownSlot.fill(0);
    ownSlot[0] = meeting;
    ownSlot.set(words, 1);
    ownSlot[SLOT_WORDS - 1] = checkOf(ownSlot);
    writeSync(this.control, ownSlot, 0, SLOT_BYTES, at + this.rank * SLOT_BYTES);
    const start = performance.now();
    let looked = start;
    for (let looks = 0; ; looks++) {
      readSync(this.control, slots, 0, slots.byteLength, at);
      if (this.allAt(meeting)) break;
      if (looks < this.spins) continue;
      const now = performance.now();
      if (now - looked > STATE_MS) {
        looked = now;
        this.checkOthers();
        if (now - start > 1000 * seconds) throw this.timeoutError(meeting, seconds);
      }
      Atomics.wait(sleep, 0, 0, SLEEP_MS);
    }
    return words.map((_, i) => {
      let least = Infinity;
      for (let r = 0; r < size; r++)
        least = Math.min(least, slots[r * SLOT_WORDS + 1 + i] as number);
      return least;
    });
  }

  /** Writes data in parts; yields each part after all ranks have written theirs. */
  private *exchanged(
    data: TypedArray,
  ): Generator<{ readonly part: TypedArray; readonly from: number; readonly turn: number }> {
    const chunkLength = Math.floor(this.piece.byteLength / data.BYTES_PER_ELEMENT);
    for (let from = 0; from < data.length; from += chunkLength) {
      const part = data.subarray(from, from + chunkLength);
      const turn = this.turn++;
      this.write(part, pieceAt(turn, this.rank, this.size));
      this.pause();
      yield { part, from, turn };
    }
  }

  allReduce(data: TypedArray, op: ReduceOp): void {
    const { size, rank } = this;
    for (const { part, turn } of this.exchanged(data)) {
      const [low, high] = shareOf(part.length, rank, size);
      const offset = low * data.BYTES_PER_ELEMENT;
      // Always in the order of ranks, so the sum does not depend on the rank that computes it.
      const share = likeOver(part, this.sum, high - low);
      for (let r = 0; r < size && high > low; r++) {
        const theirs =
          r === rank ? part.subarray(low, high) : this.read(share, pieceAt(turn, r, size) + offset);
        if (r === 0) share.set(theirs);
        else reduceInto(share, theirs, op);
      }
      this.write(share, pieceAt(turn, size, size) + offset);
      this.pause();
      this.readInto(part, pieceAt(turn, size, size));
    }
  }

  allGather(data: TypedArray, out: TypedArray): void {
    const { size } = this;
    for (const { part, from, turn } of this.exchanged(data)) {
      for (let r = 0; r < size; r++) {
        const at = r * data.length + from;
        this.readInto(out.subarray(at, at + part.length), pieceAt(turn, r, size));
      }
    }
  }

  broadcast(data: TypedArray, root: number): void {
    const chunkLength = Math.floor(this.piece.byteLength / data.BYTES_PER_ELEMENT);
    for (let from = 0; from < data.length; from += chunkLength) {
      const part = data.subarray(from, from + chunkLength);
      const at = pieceAt(this.turn++, root, this.size);
      if (this.rank === root) this.write(part, at);
      this.pause();
      if (this.rank !== root) this.readInto(part, at);
    }
  }

  stop(reason: string): void {
    if (this.closed) return;
    this.setState(FAILED, reason);
  }

  close(): void {
    if (this.closed) return;
    this.setState(ENDED, '');
    this.closed = true;
    closeSync(this.control);
    closeSync(this.data);
  }

  /** A meeting within a collective, without words. */
  private pause(): void {
    this.meet(NOTHING, this.seconds);
  }

  private allAt(meeting: number): boolean {
    const { slots } = this;
    for (let r = 0; r < this.size; r++) {
      const slot = slots.subarray(r * SLOT_WORDS, (r + 1) * SLOT_WORDS);
      if (slot[0] !== meeting || slot[SLOT_WORDS - 1] !== checkOf(slot)) return false;
    }
    return true;
  }

  private timeoutError(meeting: number, seconds: number): ChainruleError {
    const { slots, size } = this;
    const missing = Array.from({ length: size }, (_, r) => r).filter(
      (r) => slots[r * SLOT_WORDS] !== meeting,
    );
    return new ChainruleError(
      `distributed: rank ${this.rank} waited ${seconds} s for rank ${missing.join(', ')}; ` +
        'to wait longer, pass { timeout: seconds }',
    );
  }

  /** @throws {ChainruleError} if another rank cannot continue. */
  private checkOthers(): void {
    const states = Buffer.alloc(this.size * STATE_BYTES);
    readSync(this.control, states, 0, states.byteLength, stateAt(0, this.size));
    for (let r = 0; r < this.size; r++) {
      const state = states.subarray(r * STATE_BYTES, (r + 1) * STATE_BYTES);
      if (state.readInt32LE(0) !== FAILED || r === this.rank) continue;
      const text = state.toString('utf8', 8, 8 + state.readInt32LE(4));
      throw new ChainruleError(`distributed: rank ${r} ${text}`);
    }
    const orphaned = this.watcher !== null && process.ppid !== this.watcher;
    if (orphaned || !existsSync(this.folder)) {
      throw new ChainruleError(
        `distributed: the process that watches the ranks has ended, so rank ${this.rank} cannot continue`,
      );
    }
  }

  private setState(state: number, text: string): void {
    const bytes = Buffer.alloc(STATE_BYTES);
    const length = bytes.write(text, 8, STATE_BYTES - 8, 'utf8');
    bytes.writeInt32LE(length, 4);
    // The text is written before the state, so that whoever reads the state finds the text.
    const at = stateAt(this.rank, this.size);
    writeSync(this.control, bytes, 4, STATE_BYTES - 4, at + 4);
    bytes.writeInt32LE(state, 0);
    writeSync(this.control, bytes, 0, 4, at);
  }

  private write(data: TypedArray, at: number): void {
    const bytes = bytesOf(data);
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.data, bytes, done, bytes.length - done, at + done);
  }

  private readInto(data: TypedArray, at: number): void {
    const bytes = bytesOf(data);
    for (let done = 0; done < bytes.length;) {
      const n = readSync(this.data, bytes, done, bytes.length - done, at + done);
      if (n === 0)
        throw new ChainruleError('distributed: the shared file is shorter than it should be');
      done += n;
    }
  }

  /** As many elements as `like` has, in a buffer that the next read overwrites. */
  private read(like: TypedArray, at: number): TypedArray {
    const data = likeOver(like, this.piece, like.length);
    this.readInto(data, at);
    return data;
  }
}

const NOTHING = new Int32Array(0);

/** @file Typed arrays that lie in the backend's memory: what stays from run to run, found again by its address. */
import { itemSize, type DType, type TypedArray } from '../../graph/dtype.js';
import { WasmMemory } from './memory.js';

/** Inputs smaller than this are copied in at every run: that is as quick as looking them up. */
const SMALL = 8192;
/** Copies of inputs take at most this much. */
const RESIDENT_BYTES = 2 ** 28;

/**
 * Arrays of cells take at most this much; further ones are plain arrays. Finalizers run only when a program yields to the
 * event loop, so that a long synchronous loop in which gradients are read would never give a place back.
 */
const CELL_BYTES = 2 ** 30;

/** The memory of the backend, and the arena that all plans use in turn. */
export class Arrays {
  readonly memory: WasmMemory;
  /** Grows whenever the arena has moved. */
  generation = 0;
  arena = 0;
  private arenaBytes = 0;
  private readonly residents = new Map<TypedArray, { readonly address: number; run: number }>();
  private run = 0;
  private readonly met = new WeakSet<TypedArray>();
  private latest: TypedArray | null = null;
  private residentBytes = 0;
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  // An array that nobody can reach gives its place back. Only cells have such arrays, so this happens seldom.
  private readonly dropped = new FinalizationRegistry<{ address: number; bytes: number }>(
    ({ address, bytes }) => {
      this.memory.release(address);
      this.cellBytes -= bytes;
    },
  );
  private cellBytes = 0;

  constructor(shared: boolean) {
    this.memory = new WasmMemory({ shared });
  }

  /** An array that stays. Null where memory is not shared (growing would detach it), or cells have taken their part. */
  allocate(dtype: DType, size: number): TypedArray | null {
    if (!this.memory.shared || size === 0) return null;
    const bytes = size * itemSize[dtype];
    if (this.cellBytes + bytes > CELL_BYTES) return null;
    const address = this.memory.allocate(bytes);
    const array = this.view(dtype, address, size);
    this.dropped.register(array, { address, bytes }, array);
    this.cellBytes += bytes;
    return array;
  }

  /** Takes an array of `allocate` back before the garbage collector finds it. */
  release(array: TypedArray): void {
    this.dropped.unregister(array);
    this.memory.release(array.byteOffset);
    this.cellBytes -= array.byteLength;
  }

  /** The address of an array in this memory, or -1. */
  addressOf(array: TypedArray): number {
    return this.buffers.has(array.buffer) ? array.byteOffset : -1;
  }

  /**
   * The address of a copy of an input that stays here for the next runs, or -1. An input is taken in when it is met a
   * second time: a batch that is seen once is not worth a place.
   */
  resident(array: TypedArray): number {
    if (array.byteLength < SMALL || !this.memory.shared) return -1;
    const known = this.residents.get(array);
    if (known !== undefined) {
      known.run = this.run;
      if (this.latest !== array) {
        this.residents.delete(array);
        this.residents.set(array, known); // the last used is the last to go
        this.latest = array;
      }
      return known.address;
    }
    if (!this.met.has(array)) {
      this.met.add(array);
      return -1;
    }
    if (array.byteLength > RESIDENT_BYTES) return -1;
    for (const [old, { address, run }] of this.residents) {
      if (this.residentBytes + array.byteLength <= RESIDENT_BYTES) break;
      if (run === this.run) return -1; // an input of this very run
      this.residents.delete(old);
      this.memory.release(address);
      this.residentBytes -= old.byteLength;
    }
    const address = this.memory.allocate(array.byteLength);
    new Uint8Array(this.memory.memory.buffer, address, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
    this.residents.set(array, { address, run: this.run });
    this.residentBytes += array.byteLength;
    return address;
  }

  /** An array that is about to be written: a copy of it is out of date, and will be again. */
  forget(array: TypedArray): void {
    this.met.delete(array);
    const known = this.residents.get(array);
    if (known === undefined) return;
    this.residents.delete(array);
    this.memory.release(known.address);
    this.residentBytes -= array.byteLength;
  }

  /** Starts a run that needs an arena of `bytes`; what it holds does not outlive the run. */
  reserve(bytes: number): void {
    this.run++;
    if (bytes <= this.arenaBytes) return;
    const size = Math.ceil(Math.max(bytes, this.arenaBytes * 1.25));
    const old = this.arena;
    if (old !== 0) this.memory.release(old);
    this.arenaBytes = 0;
    this.arena = 0;
    this.arena = this.memory.allocate(size);
    this.arenaBytes = size;
    this.generation++;
  }

  /** What its parts take, in bytes. */
  get usage(): { arena: number; cells: number; residentLeaves: number } {
    const { arenaBytes, cellBytes, residentBytes } = this;
    return { arena: arenaBytes, cells: cellBytes, residentLeaves: residentBytes };
  }

  view(dtype: DType, address: number, size: number): TypedArray {
    const array = this.memory.view(dtype, address, size);
    this.buffers.add(array.buffer);
    return array;
  }
}

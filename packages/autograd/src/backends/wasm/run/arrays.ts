/** @file Arrays in the backend's memory: values that stay from run to run, looked up by their typed array. */
import { itemSize, type DType, type TypedArray } from '../../../graph/dtype.js';
import { Forms } from './forms.js';
import { WasmMemory } from './memory.js';

/** Inputs smaller than this are copied at every run, which is as fast as keeping track of them. */
const MIN_RESIDENT_BYTES = 8192;
/** Programs may hold arrays up to this size that they have read or written. */
const MAX_TRACKED_BYTES = 1024;
/** The most bytes for copies of inputs. */
const RESIDENT_BYTES = 2 ** 28;

/**
 * The most bytes for arrays of cells; further ones are plain arrays. Finalizers run only when a program yields to the event
 * loop, so a long synchronous loop in which gradients are read would never free any.
 */
const CELL_BYTES = 2 ** 30;

/** The address of an array, or of its copy. */
interface ArrayAddress {
  readonly address: number;
  /** The last run that used it; for copies only. */
  run: number;
}

/** The source of a copy: an array, or the whole buffer of one. */
type Source = TypedArray | ArrayBufferLike;

/** The memory of the backend, and the arena that all plans use, one after the other. */
export class Arrays {
  readonly memory: WasmMemory;
  private readonly kind: typeof Forms;
  private known: Forms | null = null;
  /** Grows whenever the arena has moved. */
  generation = 0;
  arena = 0;
  private arenaBytes = 0;
  /** The nesting depth of runs within runs, and the arenas of the inner ones. */
  private depth = 0;
  private readonly inner: { readonly arena: number; readonly arenaBytes: number }[] = [];
  /** Grows whenever the address of a tiny array becomes invalid. */
  losses = 0;
  private readonly addresses = new WeakMap<Source, ArrayAddress>();
  /** The inputs that have a copy here. */
  private readonly residents = new Set<Source>();
  private run = 0;
  private readonly seen = new WeakSet<Source>();
  private residentBytes = 0;
  // The memory of an unreachable array is freed. Only cells have such arrays, so this happens seldom.
  private readonly dropped = new FinalizationRegistry<{ address: number; bytes: number }>(
    ({ address, bytes }) => {
      this.memory.release(address);
      this.cellBytes -= bytes;
    },
  );
  private cellBytes = 0;

  constructor(shared: boolean, kind: typeof Forms = Forms) {
    this.memory = new WasmMemory({ shared });
    this.kind = kind;
  }

  /** The functions that all plans share. The first program makes them, not the import: they compile a module. */
  get forms(): Forms {
    return (this.known ??= new this.kind(this.memory));
  }

  /** An array that stays. Null if memory is not shared (growing would detach it), or cells have used up their share. */
  allocate(dtype: DType, size: number): TypedArray | null {
    if (!this.memory.shared || size === 0) return null;
    const bytes = size * itemSize[dtype];
    if (this.cellBytes + bytes > CELL_BYTES) return null;
    const address = this.memory.allocate(bytes);
    const array = this.view(dtype, address, size);
    this.addresses.set(array, { address, run: 0 });
    this.dropped.register(array, { address, bytes }, array);
    this.cellBytes += bytes;
    return array;
  }

  /** Frees an array from `allocate` before the garbage collector finds it. */
  release(array: TypedArray): void {
    const place = this.addresses.get(array);
    if (place === undefined) return;
    this.addresses.delete(array);
    this.dropped.unregister(array);
    this.memory.release(place.address);
    if (array.byteLength <= MAX_TRACKED_BYTES) this.losses++;
    this.cellBytes -= array.byteLength;
  }

  /** Whether the address of an array, or the fact that it has none, may be cached until `losses` grows. */
  isLasting(array: TypedArray): boolean {
    return this.depth === 0 && array.byteLength <= MAX_TRACKED_BYTES;
  }

  /** The address of an array in this memory, or of its copy; -1 if there is none. */
  addressOf(array: TypedArray): number {
    const place = this.addresses.get(array);
    // Only a run within another run gets views of its arena. Reading the buffer of an array is slow.
    if (place === undefined)
      return this.depth > 0 && array.buffer === this.memory.memory.buffer ? array.byteOffset : -1;
    place.run = this.run;
    return place.address;
  }

  /**
   * The address of a copy of an input that stays here for later runs, or -1. An input is copied when it is seen for the second
   * time, as a copy of a batch that is seen once does not pay. If an array covers most of its buffer, the whole buffer is
   * copied: rows of a value are another array at each run, but are found by their buffer.
   */
  copyIn(array: TypedArray): number {
    const { buffer, byteLength, byteOffset } = array;
    if (byteLength < MIN_RESIDENT_BYTES || byteLength > RESIDENT_BYTES || !this.memory.shared)
      return -1;
    if (this.depth > 0) return -1; // the copies that the outer run reads must stay
    const whole = this.addresses.get(buffer);
    if (whole !== undefined) {
      whole.run = this.run;
      return whole.address + byteOffset;
    }
    const most = Math.min(2 * byteLength, RESIDENT_BYTES);
    const source = buffer.byteLength <= most && buffer instanceof ArrayBuffer ? buffer : array;
    if (!this.seen.has(source)) {
      this.seen.add(source);
      return -1;
    }
    const bytes = source.byteLength;
    while (this.residentBytes + bytes > RESIDENT_BYTES) {
      const oldest = this.leastRecent();
      if (oldest === null) return -1; // all are inputs of this run
      this.forget(oldest);
    }
    const first = source === array ? byteOffset : 0;
    const address = this.memory.allocate(bytes);
    new Uint8Array(this.memory.memory.buffer, address, bytes).set(
      new Uint8Array(buffer, first, bytes),
    );
    this.addresses.set(source, { address, run: this.run });
    this.residents.add(source);
    this.residentBytes += bytes;
    return address + byteOffset - first;
  }

  /** Called before an array is written: its copy is then out of date, and another copy would be soon. */
  forget(source: Source): void {
    if ('buffer' in source) this.forget(source.buffer);
    this.seen.delete(source);
    if (!this.residents.delete(source)) return;
    this.memory.release((this.addresses.get(source) as ArrayAddress).address);
    this.addresses.delete(source);
    this.residentBytes -= source.byteLength;
  }

  /** Calls `f`, which runs other plans in the middle of a run, with an arena of its own. */
  nested<R>(f: () => R): R {
    const { arena, arenaBytes } = this;
    const own = this.inner[this.depth++] ?? { arena: 0, arenaBytes: 0 };
    Object.assign(this, own);
    this.generation++;
    try {
      return f();
    } finally {
      this.inner[--this.depth] = { arena: this.arena, arenaBytes: this.arenaBytes };
      Object.assign(this, { arena, arenaBytes });
      this.generation++;
    }
  }

  /** Starts a run: arrays that it uses stay until the next run. */
  start(): void {
    this.run++;
  }

  /** Reserves an arena of `bytes` for this run; its contents do not outlive the run. */
  reserve(bytes: number): void {
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

  /** The bytes in use, by kind. */
  get usage(): { arena: number; cells: number; residentLeaves: number } {
    const { arenaBytes, cellBytes, residentBytes } = this;
    return { arena: arenaBytes, cells: cellBytes, residentLeaves: residentBytes };
  }

  view(dtype: DType, address: number, size: number): TypedArray {
    return this.memory.view(dtype, address, size);
  }

  /** The input that has not been used for the longest, if not in this run. */
  private leastRecent(): Source | null {
    let oldest: Source | null = null;
    let run = this.run;
    for (const source of this.residents) {
      const place = this.addresses.get(source) as ArrayAddress;
      if (place.run < run) [oldest, run] = [source, place.run];
    }
    return oldest;
  }
}

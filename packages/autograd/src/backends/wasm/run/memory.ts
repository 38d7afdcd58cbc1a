/**
 * @file The WebAssembly memory and its allocator.
 *
 * Blocks are aligned to 64 bytes, a cache line. Adjacent free blocks are merged; the smallest block that fits is taken.
 */
import { DeviceError } from '../../../errors.js';
import type { DType, TypedArray } from '../../../graph/dtype.js';
import { itemSize } from '../../../graph/dtype.js';

const PAGE = 65536;
const MAX_PAGES = 65536;
const ALIGNMENT = 64;
/** Kernels may load, but not use, data a little past the end of a buffer, so the last bytes are never allocated. */
const SLACK = 512;
/** Growing adds at least this many pages, so that it is rare. */
const STEP_PAGES = 64;

const roundUp = (bytes: number): number =>
  Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);

export interface MemoryOptions {
  /** Whether threads may share it; falls back to unshared where the platform has no shared memory. */
  readonly shared?: boolean;
  /** The largest size in bytes. Default 4 GiB. */
  readonly limit?: number;
}

/** The whole memory as arrays of each dtype. */
export type Heap = { readonly [D in DType]: TypedArray };

/** Allocates, frees and views buffers by address. Never allocates address 0. */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** The whole memory; replaced after it has grown. */
  heap: Heap;
  private readonly maxPages: number;
  /** Free blocks by address; no two are adjacent. */
  private readonly free: { address: number; size: number }[] = [];
  private readonly sizes = new Map<number, number>();
  private end: number;
  private used = 0;

  constructor(options: MemoryOptions = {}) {
    this.maxPages = Math.min(
      MAX_PAGES,
      Math.max(1, Math.floor((options.limit ?? MAX_PAGES * PAGE) / PAGE)),
    );
    const isShared = options.shared ?? false;
    let memory: WebAssembly.Memory | undefined;
    let maximum = this.maxPages;
    // Shared memory reserves its largest size immediately, which a system may refuse.
    while (
      isShared &&
      memory === undefined &&
      maximum >= 1 &&
      typeof SharedArrayBuffer !== 'undefined'
    ) {
      try {
        memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
      } catch {
        if (maximum === 1) break;
        maximum = Math.floor(maximum / 2);
      }
    }
    this.shared = memory !== undefined;
    if (memory !== undefined) this.maxPages = maximum;
    this.memory = memory ?? new WebAssembly.Memory({ initial: 1, maximum: this.maxPages });
    this.heap = heapOf(this.memory);
    this.end = this.memory.buffer.byteLength - SLACK;
    this.free.push({ address: ALIGNMENT, size: this.end - ALIGNMENT });
  }

  /** Bytes that are allocated. */
  get bytesUsed(): number {
    return this.used;
  }

  /** Bytes of the memory. */
  get bytesReserved(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * The address of a new block of `bytes` bytes with undefined contents.
   *
   * @throws {DeviceError} if the memory cannot grow that far. Existing blocks are unaffected.
   */
  allocate(bytes: number): number {
    if (!Number.isFinite(bytes) || bytes < 0) {
      throw new DeviceError(
        `wasm memory: cannot allocate ${bytes} bytes; the size must be a number ≥ 0`,
      );
    }
    const size = roundUp(bytes);
    let best = this.bestFit(size);
    if (best < 0) {
      this.grow(size, bytes);
      best = this.bestFit(size);
    }
    const block = this.free[best] as { address: number; size: number };
    const { address } = block;
    if (block.size === size) this.free.splice(best, 1);
    else {
      block.address += size;
      block.size -= size;
    }
    this.sizes.set(address, size);
    this.used += size;
    return address;
  }

  /**
   * Frees a block.
   *
   * @throws {DeviceError} if `address` is not that of a block in use.
   */
  release(address: number): void {
    const size = this.sizes.get(address);
    if (size === undefined)
      throw new DeviceError(`wasm memory: no block is in use at address ${address}`);
    this.sizes.delete(address);
    this.used -= size;
    this.insert(address, size);
  }

  /** A typed array over a buffer. Growing an unshared memory detaches it, so make views only when they are needed. */
  view(dtype: DType, address: number, length: number): TypedArray {
    const { buffer } = this.heap.bool;
    switch (dtype) {
      case 'float32':
        return new Float32Array(buffer, address, length);
      case 'float64':
        return new Float64Array(buffer, address, length);
      case 'int32':
        return new Int32Array(buffer, address, length);
      case 'bool':
        return new Uint8Array(buffer, address, length);
    }
  }

  /** The address of a copy of `values`. */
  store(dtype: DType, values: ArrayLike<number>): number {
    const address = this.allocate(values.length * itemSize[dtype]);
    this.view(dtype, address, values.length).set(values);
    return address;
  }

  private bestFit(size: number): number {
    let best = -1;
    let bestSize = Infinity;
    for (let i = 0; i < this.free.length; i++) {
      const candidate = (this.free[i] as { size: number }).size;
      if (candidate >= size && candidate < bestSize) {
        best = i;
        bestSize = candidate;
        if (candidate === size) break;
      }
    }
    return best;
  }

  private grow(size: number, requested: number): void {
    const last = this.free[this.free.length - 1];
    const atEnd = last !== undefined && last.address + last.size === this.end ? last.size : 0;
    const needed = Math.ceil((size - atEnd) / PAGE);
    const pages = this.memory.buffer.byteLength / PAGE;
    const available = this.maxPages - pages;
    const generous = Math.min(available, Math.max(needed, STEP_PAGES, Math.ceil(pages / 4)));
    for (const count of generous > needed ? [generous, needed] : [needed]) {
      if (count > available) break;
      try {
        this.memory.grow(count);
      } catch {
        continue;
      }
      this.heap = heapOf(this.memory);
      const before = this.end;
      this.end += count * PAGE;
      this.insert(before, count * PAGE);
      return;
    }
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    throw new DeviceError(
      `wasm memory: cannot allocate ${requested} bytes (${mebibytes(requested)}): ${mebibytes(this.used)} are in use, and the ` +
        `memory may not grow beyond ${mebibytes(this.bytesReserved)} (its limit is ${mebibytes(this.maxPages * PAGE)}). ` +
        'Use smaller batches, or free what is no longer needed.',
    );
  }

  /** Adds a free block and merges it with its neighbours. */
  private insert(address: number, size: number): void {
    let low = 0;
    let high = this.free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.free[middle] as { address: number }).address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.free[low - 1];
    const after = this.free[low];
    const joinsBefore = before !== undefined && before.address + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.address;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.free.splice(low, 1);
    } else if (joinsBefore) {
      before.size += size;
    } else if (joinsAfter) {
      after.address = address;
      after.size += size;
    } else {
      this.free.splice(low, 0, { address, size });
    }
  }
}

function heapOf({ buffer }: WebAssembly.Memory): Heap {
  return {
    float32: new Float32Array(buffer),
    float64: new Float64Array(buffer),
    int32: new Int32Array(buffer),
    bool: new Uint8Array(buffer),
  };
}

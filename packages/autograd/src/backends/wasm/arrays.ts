/** @file Typed arrays that lie in the backend's memory: what stays from run to run, found again by its address. */
import { itemSize, type DType, type TypedArray } from '../../graph/dtype.js';
import { WasmMemory } from './memory.js';

/** The memory of the backend, and the arena that all plans use in turn. */
export class Arrays {
  readonly memory: WasmMemory;
  /** Grows whenever the arena has moved. */
  generation = 0;
  arena = 0;
  private arenaBytes = 0;
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  // An array that nobody can reach gives its place back. Only cells have such arrays, so this happens seldom.
  private readonly dropped = new FinalizationRegistry<number>((address) =>
    this.memory.release(address),
  );

  constructor(shared: boolean) {
    this.memory = new WasmMemory({ shared });
  }

  /** An array that stays. Null where memory is not shared: growing would detach it. */
  allocate(dtype: DType, size: number): TypedArray | null {
    if (!this.memory.shared || size === 0) return null;
    const address = this.memory.allocate(size * itemSize[dtype]);
    const array = this.view(dtype, address, size);
    this.dropped.register(array, address);
    return array;
  }

  /** The address of an array in this memory, or -1. */
  addressOf(array: TypedArray): number {
    return this.buffers.has(array.buffer) ? array.byteOffset : -1;
  }

  /** Makes the arena hold at least `bytes`; what it holds does not outlive a run. */
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

  view(dtype: DType, address: number, size: number): TypedArray {
    const array = this.memory.view(dtype, address, size);
    this.buffers.add(array.buffer);
    return array;
  }
}

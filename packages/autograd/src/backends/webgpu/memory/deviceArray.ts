/** @file A value on the device: a range of the device's heap. */
import { itemSize, type ArrayOf, type DType, type TypedArray } from '../../../graph/dtype.js';
import type { DeviceStorage, GpuRange, Storage } from '../../../graph/values/storage.js';
import type { GpuRuntime } from '../runtime.js';

export class DeviceArray implements DeviceStorage {
  readonly device = 'webgpu';
  readonly dtype: DType;
  readonly length: number;
  readonly byteLength: number;
  /** Its address in the heap, in words. */
  readonly at: number;
  /** The number of the run that wrote it last. */
  run = 0;
  private readonly runtime: GpuRuntime;
  /** Only held, never read: see `Pressure`. */
  readonly weight: ArrayBuffer | null;

  constructor(runtime: GpuRuntime, dtype: DType, length: number, at: number) {
    this.runtime = runtime;
    this.dtype = dtype;
    this.length = length;
    this.byteLength = length * itemSize[dtype];
    this.at = at;
    this.weight = runtime.heap.weightOf(this.byteLength);
  }

  slice(): DeviceArray {
    return this.runtime.copy(this);
  }

  onFailure(undo: () => void, kept: Storage): void {
    const run = kept instanceof DeviceArray ? kept.run : 0;
    this.runtime.faults.noteUndo(this.run, () => {
      undo();
      // Later runs that failed as well had it as their output, and left it unchanged.
      if (kept instanceof DeviceArray) kept.run = run;
    });
  }

  read(): Promise<ArrayOf<DType>> {
    return this.runtime.read(this);
  }

  range(): Promise<GpuRange> {
    return this.runtime.range(this);
  }

  /** Whether it is a value of this device, rather than of one that was lost. */
  isOf(runtime: GpuRuntime): boolean {
    return this.runtime === runtime;
  }
}

/** A host array in the device's layout: four bytes per element. */
export function wordsOf(array: TypedArray): Uint32Array | Float32Array | Int32Array {
  if (array instanceof Float32Array || array instanceof Int32Array)
    // What lies in the memory of the CPU's threads is copied: Dawn in Node.js would read from address 0.
    return array.buffer instanceof ArrayBuffer ? array : array.slice();
  return array instanceof Float64Array ? Float32Array.from(array) : Uint32Array.from(array);
}

/** Words of the device as an array of a dtype. */
export function arrayFrom(words: ArrayBuffer, dtype: DType, length: number): ArrayOf<DType> {
  if (dtype === 'int32') return new Int32Array(words, 0, length);
  if (dtype === 'bool') return Uint8Array.from(new Uint32Array(words, 0, length));
  return new Float32Array(words, 0, length);
}

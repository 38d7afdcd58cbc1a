/** @file Copies of host arrays on the device: an array that is an input for the second time stays there. */
import type { DType, TypedArray } from '../../../graph/dtype.js';
import type { DeviceArray } from './deviceArray.js';
import type { GpuRuntime } from '../runtime.js';

/** The most words of copies; the least recently used are evicted first. */
const MAX_WORDS = 2 ** 26;

export class Residents {
  words = 0;
  private readonly seen = new WeakSet<TypedArray>();
  private readonly copies = new Map<TypedArray, DeviceArray>();
  private readonly runtime: GpuRuntime;

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** The copy of an array, made when the array is seen for the second time; null before that. */
  of(array: TypedArray, dtype: DType): DeviceArray | null {
    const known = this.copies.get(array);
    if (known !== undefined) {
      this.copies.delete(array);
      this.copies.set(array, known);
      return known;
    }
    if (array.length > MAX_WORDS) return null;
    if (!this.seen.has(array)) {
      this.seen.add(array);
      return null;
    }
    // Earlier runs have read the evicted copy before its memory is overwritten: commands run in order.
    for (const [oldest, copy] of this.copies) {
      if (this.words + array.length <= MAX_WORDS) break;
      this.copies.delete(oldest);
      this.words -= copy.length;
      this.runtime.release(copy);
    }
    const copy = this.runtime.make(dtype, array.length);
    this.runtime.upload(array, copy.at);
    this.copies.set(array, copy);
    this.words += array.length;
    return copy;
  }
}

/**
 * @file The pointer table of a plan: each kernel reads addresses from entries of its own, so that equal kernels over
 * other buffers (the steps of a sequence, the layers of a stack) are one function.
 */
import { placesOf, withPlaces, type Kernel, type Place } from '../../engine/kernel.js';

/** The entry that holds the address of scratch memory, in the part of every kernel. */
export const SCRATCH_ENTRY = 0;
/** What stands for scratch memory among the buffers of a table. */
export const SCRATCH_BUFFER = -1;

export class PointerTable {
  /** Which buffer's address each entry holds. */
  readonly buffers: number[] = [SCRATCH_BUFFER];

  /** Adds the entries of a kernel: where they begin, and the kernel in terms of them. */
  add(kernel: Kernel): { start: number; kernel: Kernel } {
    const start = this.buffers.length;
    this.buffers.push(SCRATCH_BUFFER);
    const entries = new Map<number, number>();
    for (const { buffer } of placesOf(kernel)) {
      if (entries.has(buffer)) continue;
      entries.set(buffer, this.buffers.length - start);
      this.buffers.push(buffer);
    }
    const own = <P extends Place>(place: P): P => ({
      ...place,
      buffer: entries.get(place.buffer) as number,
    });
    return { start, kernel: withPlaces(kernel, own) };
  }
}

/** Equal for kernels that compute the same from the same entries. */
export function keyOf(kernel: Kernel): string {
  return JSON.stringify(kernel, (_, x: unknown) =>
    typeof x === 'number' && (!Number.isFinite(x) || Object.is(x, -0))
      ? `number ${Object.is(x, -0) ? '-0' : x}`
      : x,
  );
}

/** @file The addresses of everything that a program reads and writes, and whether they are still valid. */
import type { TypedArray } from '../../../graph/dtype.js';
import type { Arrays } from './arrays.js';

/** Marks an array that must be looked up at each run; null means that none was given. */
const UNKNOWN = undefined;
type CachedArray = TypedArray | null | typeof UNKNOWN;

/**
 * The addresses of a run, for reuse at the next run but one: a cell that is written at every run alternates between two
 * arrays. Comparing arrays is faster than looking them up, which would take a third of a small step. Only tiny arrays are
 * compared, since they are held as long as the program is.
 */
export class AddressCache {
  /** The address of every slot. */
  readonly addresses: Uint32Array;
  /** The inputs without an address of their own: they are copied at each run. */
  readonly copied: number[] = [];
  /** Whether each output was written in place, as its array is in this memory. */
  readonly direct: boolean[];
  /** The arena that `addresses` are for. */
  generation = -1;
  /** Grows whenever an address may have changed. */
  version = 0;
  /** The arrays of the inputs, then of the outputs, and their addresses; null until they are remembered. */
  private arrays: CachedArray[] | null = null;
  private arraysAt = new Float64Array(0);
  private losses = -1;

  constructor(slots: number, outputs: number) {
    this.addresses = new Uint32Array(slots);
    this.direct = new Array<boolean>(outputs).fill(false);
  }

  /** From now on, remembers this many arrays. */
  remember(arrays: number): void {
    if (this.arrays !== null) return;
    this.arrays = new Array<CachedArray>(arrays);
    this.arraysAt = new Float64Array(arrays);
  }

  /** Whether all addresses are still valid. */
  fit(
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
    arrays: Arrays,
  ): boolean {
    const { arrays: currentArrays } = this;
    if (
      currentArrays === null ||
      this.generation !== arrays.generation ||
      this.losses !== arrays.losses
    )
      return false;
    const n = inputs.length;
    for (let i = 0; i < n; i++) if (inputs[i] !== currentArrays[i]) return false;
    for (let k = 0; n + k < currentArrays.length; k++)
      if ((outputs[k] ?? null) !== currentArrays[n + k]) return false;
    return true;
  }

  /** Before addresses are looked up: forgets those that may be invalid. */
  start(arrays: Arrays): void {
    this.version++;
    if (this.losses === arrays.losses) return;
    this.losses = arrays.losses;
    this.arrays?.fill(UNKNOWN);
  }

  /** The address of an array, which is input or output number `i`; −1 if it has none. */
  find(array: TypedArray | null, i: number, arrays: Arrays): number {
    const { arrays: held, arraysAt } = this;
    if (held !== null && array === held[i]) return arraysAt[i]!;
    const address = array === null ? -1 : arrays.addressOf(array);
    if (held !== null) {
      held[i] = array === null || arrays.isLasting(array) ? array : UNKNOWN;
      arraysAt[i] = address;
    }
    return address;
  }
}

/** @file Where the tiny arrays of the last runs lie, remembered by their place among the arguments of a program. */
import type { TypedArray } from '../../../graph/dtype.js';
import type { Arrays } from './arrays.js';

/**
 * Two arrays for each place: a cell that is written at every run has two in turn. To compare them is quicker than to look one
 * up, and of a small step looking up is a third. Only tiny ones: they are held as long as the program is.
 */
export class Known {
  private readonly arrays: Arrays;
  private readonly held: (TypedArray | null)[];
  private readonly addresses: Float64Array;
  private losses = -1;

  constructor(arrays: Arrays, places: number) {
    this.arrays = arrays;
    this.held = new Array<TypedArray | null>(2 * places).fill(null);
    this.addresses = new Float64Array(2 * places);
  }

  /** Before a run: what may no longer be so is forgotten. */
  start(): void {
    const { losses } = this.arrays;
    if (this.losses === losses) return;
    this.losses = losses;
    this.held.fill(null);
  }

  /** The address of the array at a place; −1 if it has none. */
  addressOf(array: TypedArray, place: number): number {
    const at = 2 * place;
    const { held, addresses } = this;
    if (held[at] === array) return addresses[at]!;
    if (held[at + 1] === array) return addresses[at + 1]!;
    const address = this.arrays.addressOf(array);
    if (this.arrays.isLasting(array)) {
      held[at + 1] = held[at]!;
      addresses[at + 1] = addresses[at]!;
      held[at] = array;
      addresses[at] = address;
    }
    return address;
  }
}

/** @file The values that an exported module keeps between calls: weights, states, and constant tensors. */
import { evaluate, type Cell, type DType, type Tensor, type TypedArray } from '@chainrule/autograd';
import { encodeSafetensors } from '@chainrule/autograd/io';
import { VERSION } from '../version.js';
import { base64 } from './texts.js';

/** A state as the module reads it. */
export interface StateEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly at: number;
  readonly size: number;
}

/** The bytes per element. */
export const dtypeBytes: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  bool: 1,
};

/** Assigns each state and constant an address in the module's memory, when it first occurs. */
export class StateTable {
  /** The first address after the table. */
  end = 64;
  random = { seed: 0, offset: 0 };
  private readonly cells = new Map<Cell, { index: number; at: number; name: string }>();
  private readonly data: { readonly value: TypedArray; readonly at: number }[] = [];

  indexOf(cell: Cell): number {
    return this.of(cell).index;
  }

  addressOf(cell: Cell): number {
    return this.of(cell).at;
  }

  /** The address of a constant tensor; equal tensors share one. */
  dataAt(value: TypedArray): number {
    const known = this.data.find(
      (d) =>
        d.value === value ||
        (d.value.constructor === value.constructor &&
          d.value.length === value.length &&
          d.value.every((x, i) => Object.is(x, value[i]))),
    );
    if (known !== undefined) return known.at;
    const at = this.take(value.byteLength);
    this.data.push({ value: value.slice(), at });
    return at;
  }

  name(cell: Cell, key: string): void {
    const entry = this.cells.get(cell);
    if (entry !== undefined) entry.name = key;
  }

  table(): StateEntry[] {
    return [...this.cells].map(([{ dtype, size }, { name, at }]) => ({ name, dtype, at, size }));
  }

  /** The values as the text of an array of addresses and base64. */
  dataText(withStates: boolean): string {
    const parts = this.data.flatMap(({ value, at }) => textsOf(value, at));
    const states = withStates
      ? [...this.cells].flatMap(([cell, { at }]) => textsOf(cell.dataSync(), at))
      : [];
    return JSON.stringify([...parts, ...states]);
  }

  /** The values of all states as a safetensors file. */
  file(): Uint8Array<ArrayBuffer> {
    const tensors: Record<string, Tensor> = {};
    for (const [cell, { name }] of this.cells) tensors[name] = cell;
    evaluate(...this.cells.keys());
    return encodeSafetensors(tensors, { writtenBy: `chainrule ${VERSION}` });
  }

  private of(cell: Cell): { index: number; at: number; name: string } {
    let entry = this.cells.get(cell);
    if (entry === undefined) {
      const at = this.take(cell.size * dtypeBytes[cell.dtype]);
      entry = { index: this.cells.size, at, name: `state.${this.cells.size}` };
      this.cells.set(cell, entry);
    }
    return entry;
  }

  private take(bytes: number): number {
    const at = this.end;
    this.end += Math.max(64, Math.ceil(bytes / 64) * 64);
    return at;
  }
}

/** Bytes per string literal: engines parse longer ones more slowly, and hash shorter ones. A multiple of three. */
const PIECE = 24_576;

/** Values as pairs of an address and base64. */
function textsOf(value: TypedArray, at: number): (readonly [at: number, text: string])[] {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, k) => [
    at + k * PIECE,
    base64(bytes.subarray(k * PIECE, (k + 1) * PIECE)),
  ]);
}

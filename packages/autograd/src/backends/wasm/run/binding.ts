/** @file The addresses of a program's values: computed ones are in the arena, inputs in place or copied beside the arena. */
import { DeviceError } from '../../../errors.js';
import type { Instruction } from '../../../engine/program.js';
import type { Window } from '../../../engine/compile/windows.js';
import { allocate, itemSize, type TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Arrays } from './arrays.js';
import { MIN_RUNS } from './callList.js';
import { AddressCache } from './addressCache.js';
import type { PreparedProgram } from './prepare.js';

/** Up to this many elements are copied one by one, which is faster than `set`. */
const MAX_LOOP_COPY = 16;
/** The bytes that a copy moves in one step. */
const WORD = 8;

export class Binding {
  private readonly arrays: Arrays;
  private readonly instructions: readonly Instruction[];
  private readonly inputs: readonly number[];
  private readonly outputs: readonly number[];
  /** The bytes that each input takes beside the arena, unless it has an address of its own. */
  private readonly inputBytes: Float64Array;
  private readonly windows: readonly Window[];
  /** The offset of each computed slot in the arena; −1 for the others. */
  private readonly offsets: readonly number[];
  private readonly arenaBytes: number;
  /** The input arrays of the current run, and the input index of each slot; −1 for the others. */
  private given: readonly TypedArray[] = [];
  private readonly inputOf: Int32Array;
  /** Whether an output may be written to an array given for it: it is not an input, and it is the first output of its slot. */
  private readonly isOwn: readonly boolean[];
  /** For even and for odd runs: a cell that is written at each run alternates between two arrays. */
  private readonly caches: [AddressCache, AddressCache | null];
  /** Which of them the current run uses. */
  turn: 0 | 1 = 0;
  private runs = 0;
  addresses: AddressCache;

  constructor(
    { instructions, outputs, offsets, arenaBytes, windows }: PreparedProgram,
    inputs: readonly number[],
    arrays: Arrays,
  ) {
    this.arrays = arrays;
    this.instructions = instructions;
    this.inputs = inputs;
    this.outputs = outputs;
    this.offsets = offsets;
    this.windows = windows;
    this.arenaBytes = arenaBytes;
    this.inputBytes = Float64Array.from(inputs, (slot) => align(this.bytesOf(slot) + WORD));
    this.inputOf = new Int32Array(instructions.length).fill(-1);
    inputs.forEach((slot, i) => (this.inputOf[slot] = i));
    const isInput = new Set(inputs);
    const firstAsked = new Map([...outputs.entries()].reverse().map(([k, slot]) => [slot, k]));
    this.isOwn = outputs.map((slot, k) => !isInput.has(slot) && firstAsked.get(slot) === k);
    this.addresses = new AddressCache(instructions.length, outputs.length);
    this.caches = [this.addresses, null];
  }

  /**
   * Finds or copies every input, and lets outputs be written in place where their arrays are in this memory.
   * @throws {DeviceError} if the memory cannot grow so far.
   */
  bind(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): void {
    const { arrays } = this;
    arrays.start();
    this.given = inputs;
    if (this.runs++ > MIN_RUNS) {
      this.turn = this.turn === 0 ? 1 : 0;
      this.addresses = this.caches[this.turn] ??= new AddressCache(
        this.offsets.length,
        this.outputs.length,
      );
      this.addresses.remember(inputs.length + outputs.length);
    }
    if (!this.addresses.fit(inputs, outputs, arrays))
      this.setAddresses(this.addresses, inputs, outputs);
    const { addresses, copied } = this.addresses;
    for (let k = 0; k < copied.length; k++) {
      const i = copied[k]!;
      const slot = this.inputs[i]!;
      this.write(slot, addresses[slot]!, inputs[i]!);
    }
  }

  /** Sets the addresses of everything. */
  private setAddresses(
    cache: AddressCache,
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): void {
    const { arrays, offsets } = this;
    const { addresses, copied } = cache;
    cache.start(arrays);
    let bytes = this.arenaBytes;
    copied.length = 0;
    for (let i = 0; i < inputs.length; i++) {
      let address = cache.find(inputs[i]!, i, arrays);
      if (address < 0) address = arrays.copyIn(inputs[i]!);
      if (address >= 0) addresses[this.inputs[i]!] = address;
      else {
        copied.push(i);
        bytes += this.inputBytes[i]!;
      }
    }
    arrays.reserve(bytes);
    if (cache.generation !== arrays.generation) {
      offsetsToAddresses(addresses, offsets, arrays.arena);
      cache.generation = arrays.generation;
    }
    let staging = arrays.arena + this.arenaBytes;
    for (const i of copied) {
      // Between words of different alignment, engines copy to shared memory byte by byte.
      addresses[this.inputs[i]!] = staging + (inputs[i]!.byteOffset % WORD);
      staging += this.inputBytes[i]!;
    }
    for (let k = 0; k < this.outputs.length; k++) {
      const address = cache.find(outputs[k] ?? null, inputs.length + k, arrays);
      if (!this.isOwn[k]) continue;
      const slot = this.outputs[k]!;
      cache.direct[k] = address !== -1;
      addresses[slot] = address !== -1 ? address : arrays.arena + offsets[slot]!;
    }
  }

  /** Sets the addresses of windows for this run, after all other addresses are known. */
  setWindows(): void {
    const { addresses } = this.addresses;
    let moved = false;
    for (const { slot, within, offset, numbers, strides } of this.windows) {
      let at = offset;
      for (let k = 0; k < numbers.length; k++)
        at += this.given[this.inputOf[numbers[k]!]!]![0]! * strides[k]!;
      const address = addresses[within]! + at * itemSize[this.instructions[slot]!.dtype];
      moved ||= addresses[slot] !== address;
      addresses[slot] = address;
    }
    if (moved) this.addresses.version++;
  }

  /** The values after a run: the arrays given for them, or new ones. */
  results(outputs: readonly (TypedArray | null)[]): TypedArray[] {
    const values = new Array<TypedArray>(this.outputs.length);
    const { direct } = this.addresses;
    for (let k = 0; k < values.length; k++) {
      const given = outputs[k] ?? null;
      if (given !== null && direct[k]) {
        values[k] = given;
        continue;
      }
      const slot = this.outputs[k]!;
      if (given === null) {
        values[k] = this.copyOf(slot);
      } else {
        this.arrays.forget(given);
        given.set(this.arrayOf(slot));
        values[k] = given;
      }
    }
    return values;
  }

  /** The elements of a slot in the current run. */
  arrayOf(slot: number): TypedArray {
    const input = this.inputOf[slot]!;
    if (input >= 0) return this.given[input]!;
    const { dtype, shape } = this.instructions[slot]!;
    return this.arrays.view(dtype, this.addresses.addresses[slot]!, sizeOf(shape));
  }

  /** The same in an array that stays valid while other programs run: unshared memory detaches its views when it grows. */
  lastingArrayOf(slot: number): TypedArray {
    const array = this.arrayOf(slot);
    return this.isTransient(array) ? array.slice() : array;
  }

  /** Copies the elements written into such an array to their slot. */
  takeFrom(array: TypedArray, slot: number): void {
    const own = this.arrayOf(slot);
    if (this.isTransient(own)) own.set(array);
  }

  private isTransient({ buffer }: TypedArray): boolean {
    const { memory, shared } = this.arrays.memory;
    return !shared && buffer === memory.buffer;
  }

  private copyOf(slot: number): TypedArray {
    const { dtype, shape } = this.instructions[slot]!;
    const size = sizeOf(shape);
    if (size > MAX_LOOP_COPY || this.inputOf[slot]! >= 0) return this.arrayOf(slot).slice();
    const copy = allocate(dtype, size);
    const heap = this.arrays.memory.heap[dtype];
    const first = this.addresses.addresses[slot]! / itemSize[dtype];
    for (let i = 0; i < size; i++) copy[i] = heap[first + i]!;
    return copy;
  }

  /** Drops the inputs of a run. */
  forgetInputs(): void {
    this.given = [];
  }

  /** Writes a number of the program to its address. */
  writeNumber(slot: number): void {
    const { dtype, attrs } = this.instructions[slot]!;
    const { value } = attrs as { value: number };
    this.arrays.memory.heap[dtype][this.addresses.addresses[slot]! / itemSize[dtype]] = value;
  }

  bytesOf(slot: number): number {
    const { dtype, shape } = this.instructions[slot]!;
    return sizeOf(shape) * itemSize[dtype];
  }

  /** The slot of the largest computed value, for the error when memory is refused; undefined if there is none. */
  get largest(): number | undefined {
    const slots = this.offsets.flatMap((offset, slot) => (offset >= 0 ? [slot] : []));
    return slots.sort((a, b) => this.bytesOf(b) - this.bytesOf(a))[0];
  }

  private write(slot: number, address: number, array: TypedArray): void {
    const { dtype } = this.instructions[slot]!;
    const heap = this.arrays.memory.heap[dtype];
    const first = address / itemSize[dtype];
    const { length } = array;
    if (length > MAX_LOOP_COPY) heap.set(array, first);
    else for (let i = 0; i < length; i++) heap[first + i] = array[i]!;
  }
}

/** A function of its own, as a loop would make V8 optimize the code around it. */
function offsetsToAddresses(
  addresses: Uint32Array,
  offsets: readonly number[],
  arena: number,
): void {
  for (let slot = 0; slot < offsets.length; slot++) {
    const offset = offsets[slot]!;
    if (offset >= 0) addresses[slot] = arena + offset;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** The error when memory for a result was refused. */
export function refused({ op, shape, dtype }: Instruction, error: DeviceError): DeviceError {
  const size = `${((sizeOf(shape) * itemSize[dtype]) / 2 ** 20).toFixed(1)} MiB`;
  return new DeviceError(
    `${op?.name ?? 'evaluate'}: its result, ${dtype}[${shape.join(', ')}], takes ${size}; ${error.message}`,
  );
}

/** @file Where the values of a program lie: what is computed in the arena, inputs where they are or copied in beside it. */
import { DeviceError } from '../../../errors.js';
import type { Instruction } from '../../../engine/program.js';
import { allocate, itemSize, type TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Arrays } from './arrays.js';
import { Known } from './known.js';
import type { Prepared } from './prepare.js';

/** An address of −1: not aligned, so no block has it. */
const NOWHERE = 0xffffffff;

/** So many elements are quicker set one by one than copied. */
const FEW = 16;

export class Binding {
  /** The address of every slot, for the run at hand. */
  readonly addresses: Uint32Array;
  private readonly arrays: Arrays;
  private readonly instructions: readonly Instruction[];
  private readonly inputs: readonly number[];
  private readonly outputs: readonly number[];
  /** The room that each input takes beside the arena, where it has none of its own. */
  private readonly rooms: Float64Array;
  /** Where each slot that is computed lies in the arena; −1 for the others. */
  private readonly offsets: readonly number[];
  private readonly arenaBytes: number;
  private readonly inputArrays: (TypedArray | null)[];
  /** Whether an output may be written to an array given for it: no input, and the first of its slot. */
  private readonly isOwn: readonly boolean[];
  /** The output's array was in this memory: it has been written in place. */
  private readonly direct: boolean[];
  /** From the second run on. */
  private known: Known | null = null;
  private generation = -1;

  constructor(
    { instructions, outputs, offsets, arenaBytes }: Prepared,
    inputs: readonly number[],
    arrays: Arrays,
  ) {
    this.arrays = arrays;
    this.instructions = instructions;
    this.inputs = inputs;
    this.outputs = outputs;
    this.offsets = offsets;
    this.arenaBytes = arenaBytes;
    this.rooms = Float64Array.from(inputs, (slot) => align(this.bytesOf(slot)));
    this.addresses = new Uint32Array(instructions.length);
    this.inputArrays = new Array<TypedArray | null>(instructions.length).fill(null);
    const isInput = new Set(inputs);
    const firstAsked = new Map([...outputs.entries()].reverse().map(([k, slot]) => [slot, k]));
    this.isOwn = outputs.map((slot, k) => !isInput.has(slot) && firstAsked.get(slot) === k);
    this.direct = outputs.map(() => false);
  }

  /**
   * Finds or copies every input, and lets outputs be written in place where their arrays are in this memory.
   * @throws {DeviceError} if the memory cannot grow so far.
   */
  bind(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): void {
    const { addresses, arrays } = this;
    arrays.start();
    // What runs once has nothing to remember.
    if (this.generation !== -1)
      this.known ??= new Known(arrays, inputs.length + this.outputs.length);
    const { known } = this;
    known?.start();
    let bytes = this.arenaBytes;
    for (let i = 0; i < inputs.length; i++) {
      const slot = this.inputs[i]!;
      const array = inputs[i]!;
      let address = known?.addressOf(array, i) ?? arrays.addressOf(array);
      if (address < 0) address = arrays.takeIn(array);
      if (address < 0) bytes += this.rooms[i]!;
      addresses[slot] = address;
      this.inputArrays[slot] = array;
    }
    arrays.reserve(bytes);
    if (this.generation !== arrays.generation) {
      for (let slot = 0; slot < this.offsets.length; slot++) {
        const offset = this.offsets[slot]!;
        if (offset >= 0) addresses[slot] = arrays.arena + offset;
      }
      this.generation = arrays.generation;
    }
    let staging = arrays.arena + this.arenaBytes;
    for (let i = 0; i < inputs.length; i++) {
      const slot = this.inputs[i]!;
      if (addresses[slot]! !== NOWHERE) continue;
      this.write(slot, staging, inputs[i]!);
      addresses[slot] = staging;
      staging += this.rooms[i]!;
    }
    for (let k = 0; k < this.outputs.length; k++) {
      if (!this.isOwn[k]) continue;
      const slot = this.outputs[k]!;
      const given = outputs[k] ?? null;
      const address =
        given === null
          ? -1
          : (known?.addressOf(given, inputs.length + k) ?? arrays.addressOf(given));
      this.direct[k] = address !== -1;
      addresses[slot] = this.direct[k] ? address : arrays.arena + this.offsets[slot]!;
    }
  }

  /** The values after a run: the arrays given for them, or new ones. */
  results(outputs: readonly (TypedArray | null)[]): TypedArray[] {
    const values = new Array<TypedArray>(this.outputs.length);
    for (let k = 0; k < values.length; k++) {
      const given = outputs[k] ?? null;
      if (given !== null && this.direct[k]) {
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

  /** The elements of a slot, for the run at hand. */
  arrayOf(slot: number): TypedArray {
    const { dtype, shape } = this.instructions[slot]!;
    return this.inputArrays[slot] ?? this.arrays.view(dtype, this.addresses[slot]!, sizeOf(shape));
  }

  private copyOf(slot: number): TypedArray {
    const { dtype, shape } = this.instructions[slot]!;
    const size = sizeOf(shape);
    if (size > FEW || this.inputArrays[slot] !== null) return this.arrayOf(slot).slice();
    const copy = allocate(dtype, size);
    const heap = this.arrays.memory.heap[dtype];
    const first = this.addresses[slot]! / itemSize[dtype];
    for (let i = 0; i < size; i++) copy[i] = heap[first + i]!;
    return copy;
  }

  /** Lets go of the inputs of a run. */
  forgetInputs(): void {
    for (let i = 0; i < this.inputs.length; i++) this.inputArrays[this.inputs[i]!] = null;
  }

  /** Writes a number of the program where it lies. */
  writeNumber(slot: number): void {
    const { dtype, attrs } = this.instructions[slot]!;
    const { value } = attrs as { value: number };
    this.arrays.memory.heap[dtype][this.addresses[slot]! / itemSize[dtype]] = value;
  }

  bytesOf(slot: number): number {
    const { dtype, shape } = this.instructions[slot]!;
    return sizeOf(shape) * itemSize[dtype];
  }

  /** The largest value that is computed, which is what memory was refused for; undefined if nothing is. */
  get largest(): number | undefined {
    const slots = this.offsets.flatMap((offset, slot) => (offset >= 0 ? [slot] : []));
    return slots.sort((a, b) => this.bytesOf(b) - this.bytesOf(a))[0];
  }

  private write(slot: number, address: number, array: TypedArray): void {
    const { dtype } = this.instructions[slot]!;
    const heap = this.arrays.memory.heap[dtype];
    const first = address / itemSize[dtype];
    const { length } = array;
    if (length > FEW) heap.set(array, first);
    else for (let i = 0; i < length; i++) heap[first + i] = array[i]!;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** What to say when memory for a result was refused. */
export function refused({ op, shape, dtype }: Instruction, error: DeviceError): DeviceError {
  const size = `${((sizeOf(shape) * itemSize[dtype]) / 2 ** 20).toFixed(1)} MiB`;
  return new DeviceError(
    `${op?.name ?? 'evaluate'}: its result, ${dtype}[${shape.join(', ')}], takes ${size}; ${error.message}`,
  );
}

/** @file Where the values of a program lie: what is computed in the arena, inputs where they are or copied in beside it. */
import { DeviceError } from '../../../errors.js';
import { planArena } from '../../../engine/compile/arena.js';
import { placesOf } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { Instruction } from '../../../engine/program.js';
import type { Schedule } from '../../../engine/compile/schedule.js';
import { verification, verifyArena } from '../../node.js';
import { itemSize, type TypedArray } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Arrays } from './arrays.js';

/** An address of −1: not aligned, so no block has it. */
const NOWHERE = 0xffffffff;

export class Binding {
  /** The address of every slot, for the run at hand. */
  readonly addresses: Uint32Array;
  private readonly arrays: Arrays;
  private readonly instructions: readonly Instruction[];
  private readonly inputs: readonly number[];
  private readonly outputs: readonly number[];
  /** Where each slot that is computed lies in the arena. */
  private readonly offsets = new Map<number, number>();
  private readonly arenaBytes: number;
  private readonly inputArrays: (TypedArray | null)[];
  private readonly isInput: Uint8Array;
  /** Whether an output may be written to an array given for it: no input, and the first of its slot. */
  private readonly isOwn: readonly boolean[];
  /** The output's array was in this memory: it has been written in place. */
  private readonly direct: boolean[];
  private generation = -1;

  constructor(
    { instructions, outputs }: Schedule,
    inputs: readonly number[],
    steps: readonly Lowered[],
    arrays: Arrays,
  ) {
    this.arrays = arrays;
    this.instructions = instructions;
    this.inputs = inputs;
    this.outputs = outputs;
    this.addresses = new Uint32Array(instructions.length);
    this.inputArrays = new Array<TypedArray | null>(instructions.length).fill(null);
    this.isInput = new Uint8Array(instructions.length);
    for (const slot of inputs) this.isInput[slot] = 1;
    const firstAsked = new Map([...outputs.entries()].reverse().map(([k, slot]) => [slot, k]));
    this.isOwn = outputs.map((slot, k) => this.isInput[slot] === 0 && firstAsked.get(slot) === k);
    this.direct = outputs.map(() => false);
    this.arenaBytes = this.place(steps);
  }

  /** Places what is computed in the arena, by lifetime; returns its size. */
  private place(steps: readonly Lowered[]): number {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    const use = (slot: number, step: number): void => {
      if (this.isInput[slot] === 1) return;
      if (!first.has(slot)) first.set(slot, step);
      last.set(slot, step);
    };
    steps.forEach((step, i) => {
      for (const slot of slotsOf(step)) use(slot, i);
    });
    for (const slot of this.outputs) use(slot, steps.length);
    const order = [...first.keys()];
    const intervals = order.map((slot) => ({
      bytes: this.bytesOf(slot),
      first: first.get(slot)!,
      last: last.get(slot)!,
    }));
    const arena = planArena(intervals);
    if (verification.on) verifyArena(intervals, arena);
    order.forEach((slot, i) => this.offsets.set(slot, arena.offsets[i]!));
    return arena.bytes;
  }

  /**
   * Finds or copies every input, and lets outputs be written in place where their arrays are in this memory.
   * @throws {DeviceError} if the memory cannot grow so far.
   */
  bind(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): void {
    const { addresses, arrays } = this;
    arrays.start();
    let bytes = this.arenaBytes;
    for (let i = 0; i < inputs.length; i++) {
      const slot = this.inputs[i]!;
      const array = inputs[i]!;
      let address = arrays.addressOf(array);
      if (address < 0) address = arrays.takeIn(array);
      if (address < 0) bytes += align(this.bytesOf(slot));
      addresses[slot] = address;
      this.inputArrays[slot] = array;
    }
    arrays.reserve(bytes);
    if (this.generation !== arrays.generation) {
      for (const [slot, offset] of this.offsets) addresses[slot] = arrays.arena + offset;
      this.generation = arrays.generation;
    }
    let staging = arrays.arena + this.arenaBytes;
    for (let i = 0; i < inputs.length; i++) {
      const slot = this.inputs[i]!;
      if (addresses[slot]! !== NOWHERE) continue;
      this.write(slot, staging, inputs[i]!);
      addresses[slot] = staging;
      staging += align(this.bytesOf(slot));
    }
    for (let k = 0; k < this.outputs.length; k++) {
      if (!this.isOwn[k]) continue;
      const slot = this.outputs[k]!;
      const given = outputs[k] ?? null;
      const address = given === null ? -1 : arrays.addressOf(given);
      this.direct[k] = address !== -1;
      addresses[slot] = this.direct[k] ? address : arrays.arena + this.offsets.get(slot)!;
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
      const value = this.arrayOf(this.outputs[k]!);
      if (given === null) {
        values[k] = value.slice();
      } else {
        this.arrays.forget(given);
        given.set(value);
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

  bytesOf(slot: number): number {
    const { dtype, shape } = this.instructions[slot]!;
    return sizeOf(shape) * itemSize[dtype];
  }

  /** The largest value that is computed, which is what memory was refused for; undefined if nothing is. */
  get largest(): number | undefined {
    const slots = [...this.offsets.keys()];
    return slots.sort((a, b) => this.bytesOf(b) - this.bytesOf(a))[0];
  }

  private write(slot: number, address: number, array: TypedArray): void {
    const { dtype } = this.instructions[slot]!;
    const heap = this.arrays.memory.heap[dtype];
    // A number: setting one element is quicker than copying.
    if (array.length === 1) heap[address / itemSize[dtype]] = array[0]!;
    else if (array.length > 0) heap.set(array, address / itemSize[dtype]);
  }
}

/** The slots a step reads and writes. */
function slotsOf(step: Lowered): number[] {
  if (step.kind === 'opaque') return [...step.operands, step.slot];
  if (step.kind === 'loop') return [...step.operands, ...step.results.values(), step.slot];
  return placesOf(step.kernel).map((place) => place.buffer);
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

/** @file A walk over a program: where its values lie, and the calls that compute them one by one. */
import { DeviceError } from '../../../errors.js';
import { COPY } from '../../../engine/compile/added.js';
import { isContiguous, viewOf, ownView, type View } from '../../../engine/compile/view.js';
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize, type TypedArray } from '../../../graph/dtype.js';
import type { Primitive } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import { constantOp } from '../../../graph/version.js';
import type { Arrays } from '../run/arrays.js';
import { refused } from '../run/binding.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { OperationLoop } from './operationLoop.js';
import { WalkedCalls } from './walkedCalls.js';
import type { Reference, Site } from './site.js';
import { write } from './writeCalls.js';

/** Not placed yet. */
const NOWHERE = -Infinity;

export class Walker implements Site {
  /** The slot of the reference that is running. */
  at = -1;
  instructions: Instruction[] = [];
  readonly views: (View | null)[] = [];
  readonly base: number[] = [];
  readonly places: number[] = [];
  readonly calls: WalkedCalls;
  readonly arrays: Arrays;
  readonly loop: OperationLoop;
  readonly context: KernelContext;
  readonly references: Reference[] = [];
  /** The last slot that reads a buffer. */
  private readonly last: number[] = [];
  private arenaEnd = 0;
  /** Places that are free again, by their bytes. */
  private readonly free = new Map<number, number[]>();
  /** Numbers that are part of the program. */
  private readonly numbers: number[] = [];
  private inputArrays: (TypedArray | undefined)[] = [];

  constructor(arrays: Arrays, loop: OperationLoop, context: KernelContext) {
    this.arrays = arrays;
    this.loop = loop;
    this.context = context;
    this.calls = new WalkedCalls(arrays.forms);
  }

  /** Null if an argument was refused: the results mean nothing then. */
  run(
    program: Program,
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] | null {
    const { arrays, calls } = this;
    const count = program.instructions.length;
    this.instructions = program.instructions.slice();
    for (let slot = 0; slot < count; slot++) this.look(slot);
    const results = this.placeOutputs(program, outputs, this.placeInputs(program, inputs));
    try {
      // Not what is added on the way: it is computed where it is added.
      const { length } = this.instructions;
      for (let slot = 0; slot < length; slot++) this.compute(slot, count);
      arrays.forms.finish();
    } catch (error) {
      arrays.forms.abandon();
      this.loop.forget();
      throw error;
    }
    this.reserve();
    this.fill(program, inputs);
    let from = 0;
    for (const reference of this.references) {
      if (!calls.run(from, reference.callEnd, arrays.arena)) return null;
      from = reference.callEnd;
      this.runReference(reference);
    }
    if (!calls.run(from, calls.callEnd, arrays.arena)) return null;
    return results.map((slot, k) => this.result(slot, outputs[k] ?? null));
  }

  /** Lets go of the program. */
  forget(): void {
    this.instructions = [];
    this.inputArrays = [];
    for (const list of [
      ...[this.views, this.base, this.places, this.references, this.last, this.numbers],
    ])
      list.length = 0;
    this.arenaEnd = 0;
    this.free.clear();
    this.calls.reset();
    this.at = -1;
  }

  /** A buffer of its own for an instruction that is no part of the program. */
  add(instruction: Instruction): number {
    const slot = this.instructions.push(instruction) - 1;
    this.define(slot, slot, null);
    return slot;
  }

  take(slot: number): void {
    const bytes = this.bytesOf(slot);
    if (this.places[slot] !== NOWHERE) return;
    const place = this.free.get(bytes)?.pop();
    this.places[slot] = place ?? this.arenaEnd;
    if (place === undefined) this.arenaEnd += bytes;
  }

  release(slot: number): void {
    const place = this.places[slot] as number;
    if (place < 0) return; // it lies elsewhere
    const bytes = this.bytesOf(slot);
    const list = this.free.get(bytes);
    if (list === undefined) this.free.set(bytes, [place]);
    else list.push(place);
  }

  private define(slot: number, base: number, view: View | null): void {
    this.base[slot] = base;
    this.views[slot] = view;
    this.places[slot] = NOWHERE;
    this.last[slot] = -1;
  }

  /** Finds where the elements of a slot will lie, and who reads them. */
  private look(slot: number): void {
    const instruction = this.instructions[slot] as Instruction;
    const { op, inputs, shape } = instruction;
    if (op === null || op === constantOp) {
      this.define(slot, slot, null);
      if (op === null) return;
      this.take(slot); // written before the run, as inputs are: at no place that is used before
      this.numbers.push(slot);
      return;
    }
    const { kind } = op.lowering;
    if (kind === 'alias' || kind === 'view') {
      const x = inputs[0] as number;
      const base = this.base[x] as number;
      const from = this.views[x] as View | null;
      const { shape: before } = this.instructions[x] as Instruction;
      const view =
        kind === 'alias' && from === null
          ? null
          : (viewOf(instruction, from ?? ownView(base, before), before) ?? undefined);
      if (view !== undefined) {
        const { shape: whole } = this.instructions[base] as Instruction;
        this.define(slot, base, view !== null && isContiguous(view, shape, whole) ? null : view);
        this.last[base] = slot;
        return;
      }
    }
    this.define(slot, slot, null);
    for (const x of inputs) this.last[this.base[x] as number] = slot;
  }

  /** Inputs where they are; room for those that are copied in. Returns which slots are inputs. */
  private placeInputs(program: Program, inputs: readonly TypedArray[]): ReadonlySet<number> {
    const { arrays } = this;
    arrays.start();
    program.inputs.forEach((slot, i) => {
      const array = inputs[i] as TypedArray;
      let address = arrays.addressOf(array);
      if (address < 0) address = arrays.takeIn(array);
      this.inputArrays[slot] = array;
      if (address >= 0) this.places[slot] = -1 - address;
      else this.take(slot);
    });
    return new Set(program.inputs);
  }

  /** The slots whose buffers hold the outputs; those that can be are written in place. */
  private placeOutputs(
    program: Program,
    outputs: readonly (TypedArray | null)[],
    given: ReadonlySet<number>,
  ): number[] {
    return program.outputs.map((slot, k) => {
      const { shape, dtype } = this.instructions[slot] as Instruction;
      let base = this.base[slot] as number;
      if (this.views[slot] !== null || (this.instructions[base] as Instruction).op === constantOp) {
        this.last[base] = Infinity;
        base = this.add({ op: COPY, attrs: null, inputs: [slot], shape, dtype });
      }
      this.last[base] = Infinity;
      const array = outputs[k] ?? null;
      const address = array === null ? -1 : this.arrays.addressOf(array);
      if (address >= 0 && !given.has(base) && this.places[base] === NOWHERE)
        this.places[base] = -1 - address;
      return base;
    });
  }

  /** Writes the calls that compute a slot. */
  private compute(slot: number, count: number): void {
    const { op, inputs } = this.instructions[slot] as Instruction;
    if (op === null || op === constantOp || this.base[slot] !== slot) return;
    this.take(slot);
    write(this, slot);
    if (slot >= count) return;
    for (const x of inputs) {
      const base = this.base[x] as number;
      if (this.last[base] !== slot) continue;
      this.last[base] = -2;
      this.release(base);
    }
    if (this.last[slot] === -1) this.release(slot);
  }

  private reserve(): void {
    try {
      this.calls.prepare();
      this.arrays.reserve(this.arenaEnd);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      const computed = this.places.flatMap((place, slot) => (place >= 0 ? [slot] : []));
      const [largest = 0] = computed.sort((x, y) => this.bytesOf(y) - this.bytesOf(x));
      this.at = largest;
      throw refused(this.instructions[largest] as Instruction, error);
    }
  }

  /** Copies inputs in, and writes numbers. */
  private fill(program: Program, inputs: readonly TypedArray[]): void {
    const { heap } = this.arrays.memory;
    const indexOf = (slot: number): number => {
      const { dtype } = this.instructions[slot] as Instruction;
      return (this.arrays.arena + (this.places[slot] as number)) / itemSize[dtype];
    };
    program.inputs.forEach((slot, i) => {
      if ((this.places[slot] as number) < 0) return;
      const array = inputs[i] as TypedArray;
      const elements = heap[(this.instructions[slot] as Instruction).dtype];
      if (array.length === 1) elements[indexOf(slot)] = array[0]!;
      else if (array.length > 0) elements.set(array, indexOf(slot));
    });
    for (const slot of this.numbers) {
      const { dtype, attrs } = this.instructions[slot] as Instruction;
      heap[dtype][indexOf(slot)] = (attrs as { value: number }).value;
    }
  }

  private runReference({ slot, operands }: Reference): void {
    const { op, attrs, inputs, shape, dtype } = this.instructions[slot] as Instruction;
    this.at = slot;
    const data = this.arrayOf(slot);
    data.fill(0);
    const values = operands.map((x, i) => {
      // The elements may lie in the buffer of a value of another shape.
      const { shape, dtype } = this.instructions[inputs[i] as number] as Instruction;
      return { data: this.arrayOf(x), shape, dtype };
    });
    (op as Primitive).kernel(values, { data, shape, dtype }, attrs ?? {});
    this.at = -1;
  }

  private result(slot: number, given: TypedArray | null): TypedArray {
    const value = this.arrayOf(slot);
    if (given === null) return value.slice();
    // One that lies elsewhere has no address, and nothing was written there.
    const address = this.arrays.addressOf(given);
    if (address >= 0 && this.places[slot] === -1 - address) return given;
    this.arrays.forget(given);
    given.set(value);
    return given;
  }

  private arrayOf(slot: number): TypedArray {
    const input = this.inputArrays[slot];
    if (input !== undefined) return input;
    const place = this.places[slot] as number;
    const { dtype, shape } = this.instructions[slot] as Instruction;
    return this.arrays.view(
      dtype,
      place >= 0 ? this.arrays.arena + place : -1 - place,
      sizeOf(shape),
    );
  }

  private bytesOf(slot: number): number {
    const { shape, dtype } = this.instructions[slot] as Instruction;
    return Math.ceil((sizeOf(shape) * itemSize[dtype]) / 64) * 64;
  }
}

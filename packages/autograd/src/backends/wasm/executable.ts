/** @file A program in memory, ready to run: where every value lies, and the modules that compute them. */
import { DeviceError } from '../../errors.js';
import { planArena } from '../../engine/arena.js';
import { placesOf, withPlaces, type Kernel, type Place } from '../../engine/kernel.js';
import { lower, type Lowered } from '../../engine/lower.js';
import type { Executable, Instruction, Meter, Program, Work } from '../../engine/program.js';
import { schedule, type Schedule } from '../../engine/schedule.js';
import { verification, verifyArena, verifySchedule } from '../../engine/verify.js';
import { itemSize, type TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import { blasSource } from '../blas/blas.js';
import { interpreter } from '../interpreter/interpreter.js';
import type { Arrays } from './arrays.js';
import { compileKernels } from './compile.js';
import { supports } from './elementOps.js';
import type { ThreadPool } from './pool.js';
import { bestVectorWidth } from './vectorWidth.js';
import { WasmPlan } from './wasmPlan.js';
import { workOf } from './work.js';

/** Kernels in one module, or a primitive run by its reference. */
type Part =
  | {
      readonly kind: 'plan';
      readonly plan: WasmPlan;
      readonly buffers: readonly number[];
      readonly work: Work;
    }
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] };

export class WasmExecutable implements Executable {
  at = -1;
  private readonly program: Program;
  private readonly scheduled: Schedule;
  private readonly arrays: Arrays;
  private readonly parts: Part[] = [];
  /** Where each slot lies: relative to the arena for what is computed. */
  private readonly offsets = new Map<number, number>();
  private readonly arenaBytes: number;
  private readonly addresses: Int32Array;
  private readonly isInput: Uint8Array;
  private readonly inputArrays: (TypedArray | null)[];
  private generation = -1;
  private readonly meter: Meter | null;

  constructor(
    program: Program,
    arrays: Arrays,
    threads: number,
    pool: () => ThreadPool | undefined,
    meter: Meter | null,
  ) {
    this.program = program;
    this.meter = meter;
    this.arrays = arrays;
    this.scheduled = schedule(program, (op, dtype) => supports(op, dtype));
    const steps = lower(this.scheduled);
    if (verification.on) verifySchedule(program, this.scheduled, steps);
    const slots = this.scheduled.instructions.length;
    this.addresses = new Int32Array(slots);
    this.isInput = new Uint8Array(slots);
    this.inputArrays = new Array<TypedArray | null>(slots).fill(null);
    for (const slot of program.inputs) this.isInput[slot] = 1;
    this.arenaBytes = this.place(steps);
    this.split(steps, threads, pool);
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
    for (const slot of this.scheduled.outputs) use(slot, steps.length);
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

  /** One module for every run of kernels between primitives without one. */
  private split(
    steps: readonly Lowered[],
    threads: number,
    pool: () => ThreadPool | undefined,
  ): void {
    let kernels: Kernel[] = [];
    let operations: string[] = [];
    const flush = (): void => {
      if (kernels.length === 0) return;
      const { numbered, buffers } = renumber(kernels);
      const compiled = compileKernels(numbered, {
        shared: this.arrays.memory.shared,
        threads,
        blas: this.blas(kernels),
        ...bestVectorWidth(),
      });
      const plan = new WasmPlan(
        this.arrays.memory,
        compiled,
        compiled.parallel ? pool() : undefined,
      );
      this.parts.push({ kind: 'plan', plan, buffers, work: workOf(kernels, operations) });
      kernels = [];
      operations = [];
    };
    for (const step of steps) {
      if (step.kind === 'kernel') {
        kernels.push(step.kernel);
        for (const slot of step.slots) operations.push(this.instruction(slot).op?.name ?? 'input');
        if (this.meter !== null) flush();
      } else {
        flush();
        this.parts.push({ kind: 'opaque', slot: step.slot, operands: step.operands });
      }
    }
    flush();
  }

  /** Whether a library computes large products. It is looked for when the first product is met. */
  private blas(kernels: readonly Kernel[]): boolean {
    return (
      kernels.some(({ kind }) => kind === 'matmul' || kind === 'conv') &&
      blasSource(this.arrays.memory.memory) !== null
    );
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    this.bind(inputs);
    const direct = this.direct(outputs);
    for (const part of this.parts) {
      const start = this.meter === null ? 0 : performance.now();
      if (part.kind === 'opaque') {
        this.runReference(part.slot, part.operands);
      } else {
        part.plan.setBuffers(part.buffers.map((slot) => this.addresses[slot]!));
        part.plan.run();
        // The reference finds the index again and says all there is to say of it.
        if (part.plan.faulted) return this.runAll(inputs, outputs);
      }
      this.meter?.report(
        part.kind === 'plan' ? part.work : this.opaqueWork(part),
        performance.now() - start,
      );
    }
    return this.scheduled.outputs.map((slot, k) => {
      const given = outputs[k] ?? null;
      if (given !== null && direct.has(given)) return given;
      const value = this.inputArrays[slot] ?? this.arrayAt(slot);
      if (given === null) return value.slice();
      this.arrays.forget(given);
      given.set(value);
      return given;
    });
  }

  /** Runs everything by reference. Inputs are still as they were; outputs share nothing with them. */
  private runAll(
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const reference = interpreter.compile(this.program);
    try {
      return reference.run(inputs, outputs);
    } finally {
      this.at = reference.at;
    }
  }

  /** Finds or copies every input, and says where everything lies. */
  private bind(inputs: readonly TypedArray[]): void {
    const { arrays } = this;
    const { places } = this;
    let bytes = this.arenaBytes;
    for (let i = 0; i < inputs.length; i++) {
      const array = inputs[i] as TypedArray;
      let address = arrays.addressOf(array);
      if (address < 0) address = arrays.resident(array);
      if (address < 0) bytes += align(array.byteLength);
      places[i] = address;
    }
    this.reserve(bytes);
    const base = arrays.arena;
    if (this.generation !== arrays.generation) {
      for (const [slot, offset] of this.offsets) this.addresses[slot] = base + offset;
      this.generation = arrays.generation;
    } else {
      for (const slot of this.redirected) this.addresses[slot] = base + this.offsets.get(slot)!;
    }
    this.redirected.length = 0;
    let staging = base + this.arenaBytes;
    this.program.inputs.forEach((slot, i) => {
      const array = inputs[i] as TypedArray;
      let address = places[i]!;
      if (address < 0) {
        address = staging;
        staging += align(array.byteLength);
        if (array.length > 0)
          arrays.view(this.instruction(slot).dtype, address, array.length).set(array);
      }
      this.addresses[slot] = address;
      this.inputArrays[slot] = array;
    });
  }

  dispose(): void {
    for (const part of this.parts) if (part.kind === 'plan') part.plan.dispose();
  }

  /** Takes room for what is computed and what is copied in; if it is refused, says what is the largest. */
  private reserve(bytes: number): void {
    this.at = -1;
    try {
      this.arrays.reserve(bytes);
    } catch (error) {
      const slots = [...this.offsets.keys()];
      if (!(error instanceof DeviceError) || slots.length === 0) throw error;
      const slot = slots.reduce((a, b) => (this.bytesOf(b) > this.bytesOf(a) ? b : a));
      const { op, shape, dtype, origin } = this.instruction(slot);
      this.at = origin ?? slot;
      const size = `${(this.bytesOf(slot) / 2 ** 20).toFixed(1)} MiB`;
      throw new DeviceError(
        `${op?.name ?? 'evaluate'}: its result, ${dtype}[${shape.join(', ')}], takes ${size}; ${error.message}`,
      );
    }
  }

  private readonly redirected: number[] = [];
  private readonly places: number[] = [];

  /** Lets outputs be written in place where they are given in this memory; returns those. */
  private direct(outputs: readonly (TypedArray | null)[]): Set<TypedArray> {
    const direct = new Set<TypedArray>();
    const taken = new Set<number>();
    this.scheduled.outputs.forEach((slot, k) => {
      const given = outputs[k] ?? null;
      if (given === null || this.isInput[slot] === 1 || taken.has(slot)) return;
      const address = this.arrays.addressOf(given);
      if (address < 0) return;
      taken.add(slot);
      this.addresses[slot] = address;
      this.redirected.push(slot);
      direct.add(given);
    });
    return direct;
  }

  private runReference(slot: number, operands: readonly number[]): void {
    const { op, attrs, inputs, shape, dtype, origin } = this.instruction(slot);
    this.at = origin ?? slot;
    const data = this.arrayAt(slot);
    data.fill(0);
    const values = operands.map((x, i) => {
      // The elements may lie in the buffer of a value of another shape.
      const { shape, dtype } = this.instruction(inputs[i] as number);
      return { data: this.inputArrays[x] ?? this.arrayAt(x), shape, dtype };
    });
    (op as NonNullable<typeof op>).kernel(values, { data, shape, dtype }, attrs ?? {});
    this.at = -1;
  }

  private opaqueWork({ slot, operands }: Part & { kind: 'opaque' }): Work {
    const { op, shape } = this.instruction(slot);
    const name = op?.name ?? '';
    const bytes = [slot, ...operands].reduce((sum, x) => sum + this.bytesOf(x), 0);
    return {
      name: `reference ${name} [${shape.join(', ')}]`,
      operations: [name],
      flops: sizeOf(shape),
      bytes,
    };
  }

  private arrayAt(slot: number): TypedArray {
    const { dtype, shape } = this.instruction(slot);
    return this.arrays.view(dtype, this.addresses[slot]!, sizeOf(shape));
  }

  private instruction(slot: number): Instruction {
    return this.scheduled.instructions[slot] as Instruction;
  }

  private bytesOf(slot: number): number {
    const { dtype, shape } = this.instruction(slot);
    return sizeOf(shape) * itemSize[dtype];
  }
}

/** The slots a step reads and writes. */
function slotsOf(step: Lowered): number[] {
  if (step.kind === 'opaque') return [...step.operands, step.slot];
  return placesOf(step.kernel).map((place) => place.buffer);
}

/** The kernels with their buffers numbered from 0, and which slot each is. */
function renumber(kernels: readonly Kernel[]): { numbered: Kernel[]; buffers: number[] } {
  const buffers: number[] = [];
  const known = new Map<number, number>();
  const to = <P extends Place>(place: P): P => {
    let at = known.get(place.buffer);
    if (at === undefined) {
      at = buffers.push(place.buffer) - 1;
      known.set(place.buffer, at);
    }
    return { ...place, buffer: at };
  };
  return { numbered: kernels.map((kernel) => withPlaces(kernel, to)), buffers };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/**
 * @file The body of a loop as one list that is run once a step: between steps the addresses of what is read and written
 * move on in sequences, and back and forth between the two places of each carry. Nothing is copied, and no JavaScript runs.
 */
import { align, planArena } from '../../../engine/compile/arena.js';
import { withoutCopies } from '../../../engine/compile/copies.js';
import { placesOf, type Kernel, type Place } from '../../../engine/compile/kernel.js';
import type { BodyInput, Loop, LoopBody } from '../../../engine/loop.js';
import type { Instruction } from '../../../engine/program.js';
import type { LoopStep } from '../../../engine/compile/schedule.js';
import { blasSource, verification, verifySchedule } from '../../node.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import type { Arrays } from './arrays.js';
import type { Move } from './callList.js';
import type { ListMaker } from './listMaker.js';
import type { WasmPlan } from './wasmPlan.js';

/** The places of a body's outputs: slots of their own, each written once a step. */
interface Prepared {
  readonly instructions: readonly Instruction[];
  /** What does not change from step to step is computed before the first. */
  readonly before: readonly Kernel[];
  readonly kernels: readonly Kernel[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** What a body is for a memory; null where it holds what no kernel does. */
const prepared = new WeakMap<Arrays, WeakMap<LoopBody, Repeated | null>>();
const dropped = new FinalizationRegistry<WasmPlan>((plan) => plan.dispose());

export class Repeated {
  private readonly arrays: Arrays;
  private readonly body: LoopBody;
  private readonly parts: Prepared;
  private readonly before: WasmPlan | null;
  private readonly plan: WasmPlan;
  /** Where each value that stays within a step lies in the room of the loop, and how much they take. */
  private readonly offsets = new Map<number, number>();
  private readonly bytes: number;
  private readonly addresses: Uint32Array;
  private readonly moves: (Move | undefined)[];

  /** The body of a loop, prepared once for all lengths and places; null if its steps must be run one by one. */
  static of(loop: Loop, maker: ListMaker): Repeated | null {
    const [body] = loop.bodies;
    if (loop.kind !== 'scan' || body === undefined) return null;
    const { arrays } = maker;
    let known = prepared.get(arrays);
    if (known === undefined) prepared.set(arrays, (known = new WeakMap()));
    let repeated = known.get(body);
    if (repeated === undefined) {
      const parts = prepare(body, maker);
      repeated = parts === null ? null : new Repeated(body, parts, maker);
      known.set(body, repeated);
      for (const plan of repeated?.plans ?? []) dropped.register(body, plan);
    }
    return repeated;
  }

  private constructor(body: LoopBody, parts: Prepared, maker: ListMaker) {
    const { arrays } = maker;
    this.body = body;
    this.parts = parts;
    this.arrays = arrays;
    this.bytes = this.place();
    const { before, kernels, instructions, outputs, inputs } = parts;
    const products = kernels.some(({ kind }) => kind === 'matmul' || kind === 'conv');
    const blas = products && blasSource(arrays.memory.memory) !== null;
    this.before = before.length === 0 ? null : maker.list(before, 1, false);
    const moving = new Set(outputs);
    body.inputs.forEach(({ kind }, i) => {
      if (kind !== 'constant') moving.add(inputs[i] as number);
    });
    this.plan = maker.list(kernels, maker.threads, blas, moving);
    this.addresses = new Uint32Array(instructions.length);
    this.moves = new Array<Move | undefined>(instructions.length);
  }

  /** The memory that a loop takes for itself: the values of a step, the other place of each carry, offsets of draws. */
  roomFor({ length }: Loop, wanted: LoopStep['results']): number {
    const { body } = this;
    let bytes = align(this.bytes);
    for (let k = 0; k < body.outputs.length; k++) {
      const size = align(this.outputBytes(k));
      // A result that nobody wants is written over at each step.
      if (k < body.carries) bytes += wanted.has(k) ? size : 2 * size;
      else if (!wanted.has(k)) bytes += size;
    }
    for (const { kind } of body.inputs) if (kind === 'offset') bytes += align(8 * length);
    return bytes;
  }

  /** Runs all steps. `addressOf` says where the operands, results and room of the loop lie. */
  run(loop: Loop, { operands, results, slot }: LoopStep, addressOf: ArrayLike<number>): void {
    const { body, addresses, moves, parts } = this;
    const { length, reverse } = loop;
    let room = addressOf[slot] as number;
    const take = (bytes: number): number => {
      const at = room;
      room += align(bytes);
      return at;
    };
    const { heap } = this.arrays.memory;
    const start = take(this.bytes);
    for (const [buffer, offset] of this.offsets) addresses[buffer] = start + offset;
    const carries: number[] = [];
    for (let k = 0; k < body.outputs.length; k++) {
      const bytes = this.outputBytes(k);
      const buffer = parts.outputs[k] as number;
      const wanted = results.get(k);
      const place = wanted === undefined ? take(bytes) : (addressOf[wanted] as number);
      if (k >= body.carries) {
        const by = wanted === undefined ? 0 : bytes;
        addresses[buffer] = place + (reverse ? by * (length - 1) : 0);
        moves[buffer] = { by: reverse ? -by : by, factor: 1 };
        continue;
      }
      // The last step writes where the result lies.
      const other = take(bytes);
      const [to, from] = length % 2 === 1 ? [place, other] : [other, place];
      addresses[buffer] = to;
      moves[buffer] = { by: from - to, factor: -1 };
      const first = addressOf[operands[k] as number] as number;
      heap.bool.copyWithin(length === 0 ? place : from, first, first + bytes);
      carries.push(from, to);
    }
    if (length === 0) return;
    body.inputs.forEach(({ kind, index }, i) => {
      const buffer = parts.inputs[i] as number;
      if (kind === 'carry') {
        const [from, to] = [carries[2 * index] as number, carries[2 * index + 1] as number];
        addresses[buffer] = from;
        moves[buffer] = { by: to - from, factor: -1 };
      } else if (kind === 'constant') {
        addresses[buffer] = addressOf[operands[(loop.constants[0] as number) + index] as number]!;
      } else if (kind === 'x') {
        const bytes = this.bytesOf(buffer);
        const at = addressOf[operands[body.carries + index] as number] as number;
        addresses[buffer] = at + (reverse ? bytes * (length - 1) : 0);
        moves[buffer] = { by: reverse ? -bytes : bytes, factor: 1 };
      } else {
        const at = take(8 * length);
        const base =
          (heap.float64[(addressOf[operands.at(-1) as number] as number) / 8] ?? 0) + index;
        for (let t = 0; t < length; t++) {
          const order = loop.rewound ? length - 1 - t : t;
          heap.float64[at / 8 + t] = base + order * body.draws;
        }
        addresses[buffer] = at;
        moves[buffer] = { by: 8, factor: 1 };
      }
    });
    this.before?.setBuffers(addresses);
    this.before?.run();
    this.plan.setBuffers(addresses);
    this.plan.setTimes(length, moves);
    this.plan.run();
  }

  private get plans(): WasmPlan[] {
    return this.before === null ? [this.plan] : [this.before, this.plan];
  }

  /** Whether an index was out of range in any step. */
  get faulted(): boolean {
    return this.plan.faulted;
  }

  /** Places what is neither input nor output, by lifetime; returns how much it takes. */
  private place(): number {
    const { before, kernels, inputs, outputs } = this.parts;
    const elsewhere = new Set([...inputs, ...outputs]);
    const spans = new Map<number, { first: number; last: number }>();
    kernels.forEach((kernel, i) => {
      for (const { buffer } of placesOf(kernel)) {
        if (elsewhere.has(buffer)) continue;
        const span = spans.get(buffer);
        if (span === undefined) spans.set(buffer, { first: i, last: i });
        else span.last = i;
      }
    });
    // What was computed before stays.
    for (const kernel of before) {
      for (const { buffer } of placesOf(kernel)) {
        if (!elsewhere.has(buffer)) spans.set(buffer, { first: 0, last: kernels.length });
      }
    }
    const slots = [...spans.keys()];
    const { bytes, offsets } = planArena(
      slots.map((slot) => ({
        bytes: this.bytesOf(slot),
        ...(spans.get(slot) as { first: number; last: number }),
      })),
    );
    slots.forEach((slot, i) => this.offsets.set(slot, offsets[i] as number));
    return bytes;
  }

  private outputBytes(k: number): number {
    return this.bytesOf(this.parts.outputs[k] as number);
  }

  private bytesOf(slot: number): number {
    const { shape, dtype } = this.parts.instructions[slot] as Instruction;
    return sizeOf(shape) * itemSize[dtype];
  }
}

/** The kernels of a body; null if anything in it has none. */
function prepare({ plan, inputs }: LoopBody, maker: ListMaker): Prepared | null {
  const simple = maker.simplify(plan.program());
  const constants = new Set(
    simple.inputs.filter((_, i) => (inputs[i] as BodyInput).kind === 'constant'),
  );
  const scheduled = maker.schedule(simple, constants);
  const steps = maker.lower(scheduled);
  if (verification.on) verifySchedule(simple, scheduled, steps);
  const instructions = [...scheduled.instructions];
  const kernels: Kernel[] = [];
  for (const step of steps) {
    if (step.kind !== 'kernel') return null;
    kernels.push(step.kernel);
  }
  // Each output is written to a place of its own: what is an input, or another output already, is copied.
  const taken = new Set(simple.inputs);
  const outputs = scheduled.outputs.map((slot) => {
    if (!taken.has(slot)) {
      taken.add(slot);
      return slot;
    }
    const from = instructions[slot] as Instruction;
    const to = instructions.push({ ...from }) - 1;
    if (sizeOf(from.shape) > 0) kernels.push(copy(slot, to, from));
    return to;
  });
  const own = new Set(outputs);
  const [before, each]: [Kernel[], Kernel[]] = [[], []];
  for (const kernel of withoutCopies(kernels, new Set([...simple.inputs, ...outputs]))) {
    const reads = placesOf(kernel).slice(0, kernel.kind === 'loop' ? kernel.inputs.length : -1);
    const writes = placesOf(kernel).slice(reads.length);
    const lasts = reads.every(({ buffer }) => constants.has(buffer));
    if (!lasts || writes.some(({ buffer }) => own.has(buffer) || constants.has(buffer))) {
      each.push(kernel);
    } else {
      before.push(kernel);
      for (const { buffer } of writes) constants.add(buffer);
    }
  }
  return { instructions, before, kernels: each, inputs: simple.inputs, outputs };
}

function copy(from: number, to: number, { shape, dtype }: Instruction): Kernel {
  const place = (buffer: number): Place & { strides: readonly number[] } => ({
    buffer,
    dtype,
    offset: 0,
    strides: stridesOf(shape),
  });
  return {
    kind: 'loop',
    outer: shape,
    inner: [],
    inputs: [place(from)],
    body: [{ kind: 'load', input: 0, dtype }],
    outputs: [{ ...place(to), value: 0 }],
  };
}

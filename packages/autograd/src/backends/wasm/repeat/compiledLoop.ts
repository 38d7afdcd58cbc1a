/**
 * @file The body of a loop as one list that runs once per step: between steps, the addresses of sequences move on, and those
 * of carries alternate between two buffers. Nothing is copied, and no JavaScript runs.
 */
import { align } from '../../../engine/compile/arena.js';
import type { Loop, LoopBody } from '../../../engine/loop.js';
import type { Instruction } from '../../../engine/program.js';
import type { LoopStep } from '../../../engine/compile/steps.js';
import { blasSource } from '../../node.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Arrays } from '../run/arrays.js';
import { planInternal, prepareBody, internalSlots, type PreparedBody } from './bodyKernels.js';
import type { Moves } from '../run/callList.js';
import type { ListCompiler } from './listCompiler.js';
import type { WasmPlan } from '../run/wasmPlan.js';

/** The compiled body for each memory; null if something in it has no kernel. */
const prepared = new WeakMap<Arrays, WeakMap<LoopBody, CompiledLoop | null>>();
const dropped = new FinalizationRegistry<WasmPlan>((plan) => plan.dispose());

export class CompiledLoop {
  private readonly arrays: Arrays;
  private readonly body: LoopBody;
  private readonly prologue: WasmPlan | null;
  private readonly plan: WasmPlan;
  /** Values that stay within a step: their slots, their offsets in the loop's memory, and the bytes they take. */
  private readonly internal: readonly number[];
  private readonly offsets: readonly number[];
  private readonly bytes: number;
  /** The slots of inputs and outputs, and their bytes per step. */
  private readonly inputs: readonly number[];
  private readonly inputBytes: readonly number[];
  private readonly outputs: readonly number[];
  private readonly outputBytes: readonly number[];
  private readonly addresses: Uint32Array;
  private readonly moves: Moves;
  /** For each carry, the addresses that the first step reads and writes. */
  private readonly carriesFrom: Uint32Array;
  private readonly carriesTo: Uint32Array;
  /** The first free byte of the loop's memory. */
  private free = 0;

  /** The body of a loop, prepared once for all lengths and addresses; null if its steps must be run one by one. */
  static of(loop: Loop, maker: ListCompiler): CompiledLoop | null {
    const [body] = loop.bodies;
    if (loop.kind !== 'scan' || body === undefined) return null;
    const { arrays } = maker;
    let known = prepared.get(arrays);
    if (known === undefined) prepared.set(arrays, (known = new WeakMap()));
    let repeated = known.get(body);
    if (repeated === undefined) {
      const parts = prepareBody(body, maker);
      repeated = parts === null ? null : new CompiledLoop(body, parts, maker);
      known.set(body, repeated);
      for (const plan of repeated?.plans ?? []) dropped.register(body, plan);
    }
    return repeated;
  }

  private constructor(body: LoopBody, parts: PreparedBody, maker: ListCompiler) {
    const { arrays } = maker;
    const { prologue, kernels, instructions, outputs, inputs } = parts;
    const bytesOf = (slot: number): number => {
      const { shape, dtype } = instructions[slot] as Instruction;
      return sizeOf(shape) * itemSize[dtype];
    };
    this.body = body;
    this.arrays = arrays;
    this.internal = internalSlots(parts);
    const { bytes, offsets } = planInternal(this.internal, parts, bytesOf);
    this.bytes = bytes;
    this.offsets = offsets;
    this.inputs = inputs;
    this.inputBytes = inputs.map(bytesOf);
    this.outputs = outputs;
    this.outputBytes = outputs.map(bytesOf);
    const products = kernels.some(({ kind }) => kind === 'matmul' || kind === 'conv');
    const blas = products && blasSource(arrays.memory.memory) !== null;
    this.prologue = prologue.length === 0 ? null : maker.list(prologue, 1, false);
    const moving = new Set(outputs);
    body.inputs.forEach(({ kind }, i) => {
      if (kind !== 'constant') moving.add(inputs[i] as number);
    });
    this.plan = maker.list(kernels, maker.threads, blas, moving);
    const { length } = instructions;
    this.addresses = new Uint32Array(length);
    this.moves = { by: new Int32Array(length), factor: new Int32Array(length).fill(1) };
    this.carriesFrom = new Uint32Array(body.carries);
    this.carriesTo = new Uint32Array(body.carries);
  }

  /** The memory that a loop needs for itself: the values of a step, the second buffer of each carry, offsets of draws. */
  memoryFor({ length }: Loop, results: LoopStep['results']): number {
    const { body } = this;
    let bytes = align(this.bytes);
    for (let k = 0; k < body.outputs.length; k++) {
      const size = align(this.outputBytes[k]!);
      // A result that nobody wants is overwritten at each step.
      if (k < body.carries) bytes += results.has(k) ? size : 2 * size;
      else if (!results.has(k)) bytes += size;
    }
    for (const { kind } of body.inputs) if (kind === 'offset') bytes += align(8 * length);
    return bytes;
  }

  /** Runs all steps. `addressOf` has the addresses of the loop's operands, results and own memory. */
  run(loop: Loop, step: LoopStep, addressOf: ArrayLike<number>): void {
    const { addresses, internal, offsets } = this;
    this.free = addressOf[step.slot]!;
    const start = this.take(this.bytes);
    for (let i = 0; i < internal.length; i++) addresses[internal[i]!] = start + offsets[i]!;
    this.setOutputs(loop, step, addressOf);
    if (loop.length === 0) return;
    this.setInputs(loop, step, addressOf);
    this.prologue?.setBuffers(addresses);
    this.prologue?.run();
    this.plan.setBuffers(addresses);
    this.plan.setTimes(loop.length, this.moves);
    this.plan.run();
  }

  /**
   * Carries alternate between two buffers, starting with the loop's operand; results of steps are stored one after another.
   */
  private setOutputs(
    { length, reverse }: Loop,
    { operands, results }: LoopStep,
    addressOf: ArrayLike<number>,
  ): void {
    const { body, outputs, outputBytes, carriesFrom, carriesTo } = this;
    for (let k = 0; k < outputs.length; k++) {
      const bytes = outputBytes[k]!;
      const wanted = results.get(k);
      const place = wanted === undefined ? this.take(bytes) : addressOf[wanted]!;
      if (k >= body.carries) {
        this.follow(outputs[k]!, place, wanted === undefined ? 0 : bytes, length, reverse);
        continue;
      }
      // The last step writes into the loop's result.
      const other = this.take(bytes);
      const [to, from] = length % 2 === 1 ? [place, other] : [other, place];
      this.alternate(outputs[k]!, to, from);
      carriesFrom[k] = from;
      carriesTo[k] = to;
      const first = addressOf[operands[k]!]!;
      this.arrays.memory.heap.bool.copyWithin(length === 0 ? place : from, first, first + bytes);
    }
  }

  private setInputs(loop: Loop, { operands }: LoopStep, addressOf: ArrayLike<number>): void {
    const { body, inputs, inputBytes, carriesFrom, carriesTo } = this;
    const { length, reverse } = loop;
    for (let i = 0; i < inputs.length; i++) {
      const { kind, index } = body.inputs[i]!;
      const buffer = inputs[i]!;
      if (kind === 'carry') {
        this.alternate(buffer, carriesFrom[index]!, carriesTo[index]!);
      } else if (kind === 'constant') {
        this.addresses[buffer] = addressOf[operands[loop.constants[0]! + index]!]!;
      } else if (kind === 'x') {
        const at = addressOf[operands[body.carries + index]!]!;
        this.follow(buffer, at, inputBytes[i]!, length, reverse);
      } else {
        const at = this.take(8 * length);
        this.writeDraws(at / 8, loop, addressOf[operands.at(-1)!]! / 8, index);
        this.follow(buffer, at, 8, length, false);
      }
    }
  }

  /** Writes the offset of each step's random numbers. */
  private writeDraws(at: number, { length, rewound }: Loop, base: number, index: number): void {
    const { float64 } = this.arrays.memory.heap;
    const first = float64[base]! + index;
    for (let t = 0; t < length; t++)
      float64[at + t] = first + (rewound ? length - 1 - t : t) * this.body.draws;
  }

  private take(bytes: number): number {
    const at = this.free;
    this.free += align(bytes);
    return at;
  }

  /** The buffer moves through a sequence, from its end if `reverse`. */
  private follow(
    buffer: number,
    at: number,
    bytes: number,
    length: number,
    reverse: boolean,
  ): void {
    this.addresses[buffer] = at + (reverse ? bytes * (length - 1) : 0);
    this.moves.by[buffer] = reverse ? -bytes : bytes;
    this.moves.factor[buffer] = 1;
  }

  /** The buffer alternates between two addresses. */
  private alternate(buffer: number, at: number, then: number): void {
    this.addresses[buffer] = at;
    this.moves.by[buffer] = then - at;
    this.moves.factor[buffer] = -1;
  }

  private get plans(): WasmPlan[] {
    return this.prologue === null ? [this.plan] : [this.prologue, this.plan];
  }

  /** Whether an index was out of range in any step. */
  get faulted(): boolean {
    return this.plan.faulted;
  }
}

/** @file One run of a loop: records its steps one after the other, with values whose addresses change from step to step. */
import type { LoopStep } from '../../engine/compile/steps.js';
import type { BodyInput, Loop, LoopBody } from '../../engine/loop.js';
import type { Instruction } from '../../engine/program.js';
import { ChainruleError } from '../../errors.js';
import type { DType } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import type { Storage } from '../../graph/values/storage.js';
import type { DeviceProgram } from './deviceProgram.js';
import type { Recorder, Steps } from './recorder.js';
import type { GpuRuntime } from './runtime.js';

/** The addresses of a step's inputs and results, in words. */
interface StepAddresses {
  readonly carry: (k: number) => number;
  readonly x: (k: number) => number;
  readonly outputs: readonly number[];
  /** How many steps have drawn random numbers before this one. */
  readonly order: number;
}

/** One run of a loop. */
export class LoopRun {
  private free: number;
  private readonly spec: Loop;
  private readonly step: LoopStep;
  private readonly runtime: GpuRuntime;
  private readonly recorder: Recorder;
  private readonly outer: DeviceProgram;
  private readonly numbers: readonly Storage[];

  constructor(
    spec: Loop,
    step: LoopStep,
    runtime: GpuRuntime,
    recorder: Recorder,
    outer: DeviceProgram,
    numbers: readonly Storage[],
    bodyMemory: number,
  ) {
    this.spec = spec;
    this.step = step;
    this.runtime = runtime;
    this.recorder = recorder;
    this.outer = outer;
    this.numbers = numbers;
    this.free = bodyMemory;
  }

  *scan(body: DeviceProgram, bodyMemory: number): Steps {
    const { length, reverse, rewound } = this.spec;
    const { carries: n, outputs } = this.spec.bodies[0] as LoopBody;
    const sizes = outputs.map(({ shape }) => sizeOf(shape));
    const xSizes = (this.spec.bodies[0] as LoopBody).inputs.map(({ kind }, i) =>
      kind === 'x' ? this.inputSize(0, i) : 0,
    );
    const xSizeOf = new Map(
      (this.spec.bodies[0] as LoopBody).inputs.flatMap(({ kind, index }, i) =>
        kind === 'x' ? [[index, xSizes[i] as number] as const] : [],
      ),
    );
    // The last step writes a carry to the address of the result.
    const homes = outputs.map((_, k) => this.result(k) ?? this.take(sizes[k] as number));
    const others = sizes.slice(0, n).map((size) => this.take(size));
    const place = (k: number, left: number): number =>
      (left % 2 === 0 ? homes[k] : others[k]) as number;
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i;
      yield* this.run(0, body, bodyMemory, {
        carry: (k) => (i === 0 ? this.operand(k) : place(k, length - i)),
        x: (k) => this.operand(n + k) + t * (xSizeOf.get(k) as number),
        outputs: sizes.map((size, k) => {
          if (k < n) return place(k, length - 1 - i);
          const home = homes[k] as number;
          return this.result(k) === null ? home : home + t * size;
        }),
        order: rewound ? length - 1 - i : i,
      });
    }
  }

  *while(body: DeviceProgram, bodyMemory: number): Steps {
    const { name, length } = this.spec;
    const { carries: n, outputs } = this.spec.bodies[0] as LoopBody;
    const sizes = outputs.map(({ shape }) => sizeOf(shape));
    const holdsAt = this.take(1);
    const carryBuffers = sizes.slice(1).map((size) => [this.take(size), this.take(size)] as const);
    const dtype = (outputs[0] as { dtype: DType }).dtype;
    let holds = yield* this.valueOf(0, dtype);
    let now = carryBuffers.map((_, k) => this.operand(1 + k));
    let count = 0;
    for (;;) {
      if (Number.isNaN(holds))
        throw new ChainruleError(`${name}: the condition is NaN after ${count} iterations`);
      if (holds === 0) break;
      if (count === length)
        throw new ChainruleError(
          `${name}: the condition still holds after ${count} iterations, the most that maxIterations allows`,
        );
      const before = now;
      now = carryBuffers.map((pair) => pair[count % 2] as number);
      yield* this.run(0, body, bodyMemory, {
        carry: (k) => before[k] as number,
        x: never,
        outputs: [holdsAt, ...now],
        order: count,
      });
      holds = fromWord(yield holdsAt, dtype);
      count++;
    }
    this.recorder.flush();
    now.forEach((from, k) => {
      const to = this.result(k);
      if (to !== null) this.runtime.moveNow(from, to, sizes[1 + k] as number);
    });
    const countAt = this.result(n);
    if (countAt !== null) this.runtime.write(countAt, Uint32Array.of(count));
  }

  *branch(bodies: readonly DeviceProgram[], bodyMemory: number): Steps {
    const { name, constants } = this.spec;
    const { instructions } = this.outer.compiled;
    const { dtype } = instructions[this.step.operands[0] as number] as Instruction;
    const value = yield* this.valueOf(0, dtype);
    if (Number.isNaN(value)) throw new ChainruleError(`${name}: the predicate is NaN`);
    const chosen = name === 'cond' ? Number(value !== 0) : value;
    const at = Math.min(Math.max(chosen, 0), constants.length - 1);
    const { outputs } = this.spec.bodies[at] as LoopBody;
    yield* this.run(at, bodies[at] as DeviceProgram, bodyMemory, {
      carry: (k) => this.operand(1 + k),
      x: never,
      outputs: outputs.map(({ shape }, k) => this.result(k) ?? this.take(sizeOf(shape))),
      order: 0,
    });
  }

  /** Records one step of a body. */
  private *run(
    b: number,
    body: DeviceProgram,
    bodyMemory: number,
    stepAddresses: StepAddresses,
  ): Steps {
    const { recorder, spec } = this;
    const { inputs, draws } = spec.bodies[b] as LoopBody;
    const first = spec.constants[b] as number;
    const { parts, compiled, addresses } = body;
    const numbers = body.onHost(
      inputs.map(({ kind, index }) => {
        if (kind === 'constant') return this.hostOperand(first + index);
        if (kind !== 'offset') return null;
        const base = this.hostOperand(this.step.operands.length - 1)?.[0] ?? 0;
        return Float64Array.of(base + stepAddresses.order * draws + index);
      }),
    );
    body.begin(recorder, bodyMemory, this.outer.numbersAt);
    parts.sources.forEach((source, k) => {
      const slot = parts.device.inputs[k] as number;
      if (source.kind === 'host') return body.setNumber(k, numbers[source.result] as Float64Array);
      const { kind, index } = inputs[source.index] as BodyInput;
      if (kind === 'carry') addresses[slot] = stepAddresses.carry(index);
      else if (kind === 'x') addresses[slot] = stepAddresses.x(index);
      else addresses[slot] = this.operand(first + index);
    });
    const hosted: { at: number; words: Uint32Array }[] = [];
    parts.outputs.forEach(({ onHost, result }, k) => {
      const at = stepAddresses.outputs[k] as number;
      if (!onHost) addresses[compiled.outputs[result] as number] = at;
      else
        hosted.push({
          at,
          words: wordOf(numbers[result] as Float64Array, spec.bodies[b]!.outputs[k]!.dtype),
        });
    });
    body.placeWindows();
    yield* body.recordAll(recorder, numbers, bodyMemory);
    if (hosted.length === 0) return;
    recorder.flush();
    for (const { at, words } of hosted) this.runtime.write(at, words);
  }

  private inputSize(b: number, i: number): number {
    const { plan } = this.spec.bodies[b] as LoopBody;
    const { inputs, instructions } = plan.program();
    return sizeOf((instructions[inputs[i] as number] as Instruction).shape);
  }

  private operand(k: number): number {
    return this.outer.addresses[this.step.operands[k] as number] as number;
  }

  private hostOperand(k: number) {
    return this.outer.hostValue(this.step.operands[k] as number, this.numbers);
  }

  /** The address of a result; null if it is not wanted. */
  private result(k: number): number | null {
    const slot = this.step.results.get(k);
    return slot === undefined ? null : (this.outer.addresses[slot] as number);
  }

  private take(size: number): number {
    const at = this.free;
    this.free += align(size);
    return at;
  }

  /** The value of an operand of one element; waits for it if only the device knows it. */
  private *valueOf(k: number, dtype: DType): Generator<number, number, number> {
    const known = this.hostOperand(k);
    return known === null ? fromWord(yield this.operand(k), dtype) : (known[0] as number);
  }
}

/** The aligned size of this many words. */
export function align(words: number): number {
  return Math.max(4, Math.ceil(words / 4) * 4);
}

/** A number as a word of the device. */
function wordOf(array: ArrayLike<number>, dtype: DType): Uint32Array {
  const x = array[0] as number;
  return dtype === 'float32' ? new Uint32Array(Float32Array.of(x).buffer) : Uint32Array.of(x);
}

function fromWord(word: number, dtype: DType): number {
  const words = Uint32Array.of(word);
  if (dtype === 'bool') return word;
  return (dtype === 'int32' ? new Int32Array(words.buffer) : new Float32Array(words.buffer))[0]!;
}

function never(): never {
  throw new Error('a loop without sequences reads none');
}

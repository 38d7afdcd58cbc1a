/** @file A run on the device: finds or uploads its inputs, records its kernels, and returns its outputs without waiting. */
import type { Executable, Meter, Program } from '../../engine/program.js';
import { joinedScope } from '../../engine/loop.js';
import { DeviceError } from '../../errors.js';
import type { TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import { isHost, undoable, type Storage } from '../../graph/values/storage.js';
import { DeviceArray } from './memory/deviceArray.js';
import { DeviceProgram, type SharedProgramData, type RefusingShader } from './deviceProgram.js';
import { explainRefusal } from './refusals.js';
import type { GpuRuntime } from './runtime.js';
import { Stopwatch } from './stopwatch.js';

/** What a run reads, as it was when the run began. */
interface BoundRun {
  /** The address of each input of the device's part; for a single element that the host provides, its array. */
  readonly inputs: readonly (number | TypedArray)[];
  /** Arrays that are uploaded for this run alone. */
  readonly staged: readonly { readonly array: TypedArray; readonly at: number }[];
  readonly numbers: readonly Storage[];
  readonly arrays: readonly DeviceArray[];
  /** The address of the run's memory. */
  readonly arena: number;
}

export class GpuExecutable implements Executable {
  at = -1;
  private readonly runtime: GpuRuntime;
  private readonly program: DeviceProgram;
  private readonly common: SharedProgramData = { refusing: [], numberWords: 0 };
  private readonly watch: Stopwatch | null;
  /** The origins of the instructions that may refuse something. */
  private readonly origins: readonly number[];

  constructor(program: Program, runtime: GpuRuntime, meter: Meter | null = null) {
    this.runtime = runtime;
    this.watch = meter === null ? null : new Stopwatch(runtime, meter);
    this.program = new DeviceProgram(program, runtime, this.common);
    this.origins = this.common.refusing.flatMap(({ refusals, instruction: { origin } }) =>
      refusals.length > 0 && origin !== undefined ? [origin] : [],
    );
  }

  get kernelCount(): number {
    return this.program.kernelCount;
  }

  run(
    inputs: readonly Storage[],
    outputs: readonly (Storage | null)[],
    scopeOf?: (slot: number) => string,
  ): Storage[] {
    const { runtime, program } = this;
    this.at = -1;
    runtime.startRun();
    const numbers = this.runHost(inputs);
    const bound = this.bind(inputs, numbers, outputs);
    const scopes = this.scopes(scopeOf);
    const run = runtime.faults.begin({
      broken: () =>
        this.common.refusing.find(({ pipeline }) => pipeline.error !== null)?.pipeline.error ??
        null,
      explain: async (kernel, position, base, which, noted) => {
        const { instruction, refusals } = this.common.refusing[kernel] as RefusingShader;
        const error = await explainRefusal(
          instruction,
          refusals[which]!,
          position,
          base,
          noted,
          runtime,
        );
        const { origin = -1, within = '' } = instruction;
        const scope = joinedScope(scopes?.get(origin) ?? '', within);
        if (scope !== '') error.message += ` (in ${scope})`;
        return error;
      },
      undo: [],
    });
    for (const array of bound.arrays) array.run = run;
    void runtime.order.run(() => this.record(bound, run));
    const told = { onFailure: (undo: () => void) => runtime.faults.noteUndo(run, undo) };
    return program.parts.outputs.map(({ onHost, result }, k) => {
      if (!onHost) return bound.arrays[result] as DeviceArray;
      const number = this.numberIn(outputs[k] ?? null, numbers[result] as TypedArray);
      (undoable.of ??= new WeakMap()).set(number, told);
      return number;
    });
  }

  /** A number that the host has computed, in the array given for it if that can be written. */
  private numberIn(given: Storage | null, value: TypedArray): TypedArray {
    if (given === null || !isHost(given)) {
      if (given instanceof DeviceArray) this.runtime.release(given);
      return value.slice();
    }
    given.set(value);
    return given;
  }

  /** The scopes of instructions that may be refused later, when the graph is gone. */
  private scopes(scopeOf: ((slot: number) => string) | undefined): Map<number, string> | null {
    const { origins } = this;
    if (scopeOf === undefined || origins.length === 0) return null;
    return new Map(origins.map((origin) => [origin, scopeOf(origin)]));
  }

  private runHost(inputs: readonly Storage[]): readonly Storage[] {
    try {
      return this.program.onHost(inputs);
    } catch (error) {
      this.at = this.program.hostAt;
      throw error;
    }
  }

  /** Finds every input on the device, and reserves memory for inputs to upload and for computed values. */
  private bind(
    inputs: readonly Storage[],
    numbers: readonly Storage[],
    outputs: readonly (Storage | null)[],
  ): BoundRun {
    const { runtime, program } = this;
    const { device, sources, outputs: wanted } = program.parts;
    const { instructions, outputs: slots } = program.compiled;
    const staged: { array: TypedArray; at: number; input: number }[] = [];
    let words = 0;
    const given = device.inputs.map((slot, k): number | TypedArray => {
      const source = sources[k]!;
      const value = source.kind === 'host' ? numbers[source.result]! : inputs[source.index]!;
      if (value instanceof DeviceArray) {
        if (!value.isOf(runtime)) throw new DeviceError(DEVICE_LOST);
        runtime.faults.checkInput(value.run);
        return value.at;
      }
      // It is read later, when the program may have overwritten it.
      const array = runtime.order.waits ? (value as TypedArray).slice() : (value as TypedArray);
      if (array.length === 1) return array;
      const copy = runtime.residents.of(value as TypedArray, instructions[slot]!.dtype);
      if (copy !== null) return copy.at;
      staged.push({ array, at: words, input: k });
      words += Math.ceil(array.length / 4) * 4;
      return 0;
    });
    const own = program.words + this.common.numberWords;
    runtime.reserve(own + words);
    const arena = runtime.arena;
    for (const array of staged) {
      array.at += arena + own;
      given[array.input] = array.at;
    }
    const arrays: DeviceArray[] = [];
    wanted.forEach(({ onHost, result }, k) => {
      if (onHost) return;
      const { dtype, shape } = instructions[slots[result]!]!;
      const array = outputs[k] ?? null;
      arrays[result] = array instanceof DeviceArray ? array : runtime.make(dtype, sizeOf(shape));
    });
    return { inputs: given, staged, numbers, arrays, arena };
  }

  private record(bound: BoundRun, run: number): void | Promise<void> {
    const { runtime, program } = this;
    const { recorder } = runtime;
    recorder.run = run;
    recorder.watch = this.watch;
    for (const { array, at } of bound.staged) runtime.write(at, array);
    program.begin(recorder, bound.arena, bound.arena + program.words);
    const { addresses, compiled, parts } = program;
    bound.inputs.forEach((value, k) => {
      if (typeof value === 'number') addresses[parts.device.inputs[k]!] = value;
      else program.setNumber(k, value);
    });
    bound.arrays.forEach((array, result) => (addresses[compiled.outputs[result]!] = array.at));
    program.placeWindows();
    if (program.hasLoops)
      return recorder.take(program.recordAll(recorder, bound.numbers, bound.arena));
    program.record(recorder);
    recorder.flush();
  }

  async ready(): Promise<void> {
    await Promise.all(this.common.refusing.map(({ pipeline }) => pipeline.ready()));
    for (const { pipeline } of this.common.refusing)
      if (pipeline.error !== null) throw pipeline.error;
  }

  dispose(): void {
    void this.runtime.order.run(() => this.program.dispose());
  }
}

const DEVICE_LOST =
  "webgpu: a value was on a device that was lost; after await setDevice('webgpu') start from a checkpoint or host copies";

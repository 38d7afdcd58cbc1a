/** @file A program made ready for the device: the kernels of its steps, and the numbers that the host computes for them. */
import type { Executable, Instruction, Meter, Program, Work } from '../../engine/program.js';
import { loopOf, type BodyInput } from '../../engine/loop.js';
import type { LoopStep } from '../../engine/compile/steps.js';
import type { TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import type { Storage } from '../../graph/values/storage.js';
import { interpreter } from '../interpreter/interpreter.js';
import { compiledOf, workOfStep, type CompiledProgram } from './compiled.js';
import { bodyOf, DeviceLoop } from './loops.js';
import { BLOCK, ParameterBlocks } from './parameterBlocks.js';
import type { Pipeline } from './pipeline.js';
import type { Dispatched, Recorder, Steps } from './recorder.js';
import type { GpuRuntime } from './runtime.js';
import { split, type Split } from './split.js';
import type { Refusal, Shader } from './wgsl/shader.js';

/** A shader of an executable, for the error if it refuses something. */
export interface RefusingShader {
  readonly instruction: Instruction;
  readonly refusals: readonly Refusal[];
  readonly pipeline: Pipeline;
}

/** Data shared by the programs of an executable: its own, and those of loop bodies. */
export interface SharedProgramData {
  readonly refusing: RefusingShader[];
  /**
   * The words of the numbers of all programs. Each program has its own words, as all are uploaded together, before the first
   * kernel of a submit that several loops may be part of.
   */
  numberWords: number;
}

interface Pass extends Dispatched {
  readonly shader: Shader;
  /** Its index in its program. */
  readonly index: number;
  /** Its index in the whole executable. */
  readonly number: number;
}

export class DeviceProgram {
  readonly parts: Split;
  readonly compiled: CompiledProgram;
  /** Where each slot lies in the step that is being recorded. */
  readonly addresses: Uint32Array;
  /** The memory it needs while it runs, in words, without the numbers. */
  readonly words: number;
  /** The address of the run's numbers. */
  numbersAt = 0;
  readonly hasLoops: boolean;
  private readonly runtime: GpuRuntime;
  private readonly host: Executable | null;
  private readonly steps: readonly (readonly Pass[] | DeviceLoop)[];
  private readonly blocks: ParameterBlocks;
  /** The offset of its numbers among those of the run. */
  private readonly firstNumber: number;
  /** For each input of the device's part its index among the numbers; -1 for inputs of more than one element. */
  private readonly numberAt: readonly number[];
  /** The numbers of the current step, by slot. */
  private readonly given = new Map<number, number>();

  /** `times` is how often it runs in one run of the executable, approximately. */
  constructor(program: Program, runtime: GpuRuntime, common: SharedProgramData, times = 1) {
    this.runtime = runtime;
    this.parts = split(program);
    this.host = this.parts.host === null ? null : interpreter.compile(this.parts.host);
    const { device } = this.parts;
    this.compiled = compiledOf(device, runtime.device.limits.maxComputeWorkgroupStorageSize);
    const { instructions, steps } = this.compiled;
    const shaders: Shader[] = [];
    this.steps = steps.map((step) => {
      if (step.kind === 'loop') return this.loop(step, common);
      return step.shaders.map((shader): Pass => {
        const pipeline = runtime.pipeline(shader);
        const instruction = instructions[step.slot] as Instruction;
        const number =
          common.refusing.push({ instruction, refusals: shader.refusals, pipeline }) - 1;
        const work = ({ workOf }: Meter): Work => workOfStep(step, shader, instructions, workOf);
        return { shader, pipeline, work, index: shaders.push(shader) - 1, number };
      });
    });
    this.addresses = new Uint32Array(instructions.length);
    let numbers = 0;
    this.numberAt = device.inputs.map((slot) =>
      sizeOf((instructions[slot] as Instruction).shape) === 1 ? numbers++ : -1,
    );
    this.blocks = new ParameterBlocks(runtime, shaders, numbers, times);
    this.firstNumber = common.numberWords;
    common.numberWords += this.blocks.heapWords;
    const loops = this.steps.filter((step) => step instanceof DeviceLoop);
    this.hasLoops = loops.length > 0;
    this.words = this.ownWords + Math.max(0, ...loops.map(({ words }) => words));
  }

  private get ownWords(): number {
    return Math.ceil(this.compiled.words / BLOCK) * BLOCK;
  }

  private loop(step: LoopStep, common: SharedProgramData): DeviceLoop {
    const { instructions } = this.compiled;
    const instruction = instructions[step.slot] as Instruction;
    const loop = loopOf(instruction.attrs ?? {});
    const fromHost = new Set(
      this.parts.device.inputs.filter((_, k) => this.parts.sources[k]?.kind === 'host'),
    );
    const bodies = loop.bodies.map((body, b) => {
      const onHost = ({ kind, index }: BodyInput): boolean => {
        if (kind !== 'constant') return kind === 'offset';
        return fromHost.has(step.operands[(loop.constants[b] as number) + index] as number);
      };
      const times = loop.kind === 'scan' ? loop.length : 1;
      return new DeviceProgram(
        bodyOf(loop, body, onHost, instruction),
        this.runtime,
        common,
        times,
      );
    });
    return new DeviceLoop(loop, step, bodies, this.runtime);
  }

  get kernelCount(): number {
    return this.steps.reduce(
      (n, step) => n + (step instanceof DeviceLoop ? step.kernelCount : step.length),
      0,
    );
  }

  /** The values that the host computes. */
  onHost(inputs: readonly (Storage | null)[]): readonly Storage[] {
    if (this.host === null) return [];
    return this.host.run(
      this.parts.hostInputs.map((k) => inputs[k] as Storage),
      [],
    );
  }

  /** The instruction at which the host met an error. */
  get hostAt(): number {
    return this.host?.at ?? -1;
  }

  /** The current value of a slot that the host computes; null for a slot of the device. */
  hostValue(slot: number, numbers: readonly Storage[]): TypedArray | null {
    const source = this.parts.sources[this.parts.device.inputs.indexOf(slot)];
    return source?.kind === 'host' ? (numbers[source.result] as TypedArray) : null;
  }

  /** Begins a step with memory at the address `memory`, in a run whose numbers begin at `numbersAt`. */
  begin(recorder: Recorder, memory: number, numbersAt: number): void {
    this.numbersAt = numbersAt;
    for (const [slot, offset] of this.compiled.offsets) this.addresses[slot] = memory + offset;
    this.blocks.begin(recorder, numbersAt + this.firstNumber);
  }

  /** Sets an input of the device's part to an array of one element. */
  setNumber(k: number, array: TypedArray): void {
    const slot = this.parts.device.inputs[k] as number;
    this.addresses[slot] = this.blocks.setNumber(this.numberAt[k] as number, array);
    this.given.set(slot, array[0] as number);
  }

  /** Sets the addresses of windows for this step, after all other addresses are known. */
  placeWindows(): void {
    const { addresses, given } = this;
    for (const { slot, within, offset, numbers, strides } of this.compiled.windows)
      addresses[slot] = numbers.reduce(
        (at, number, k) => at + (given.get(number) as number) * (strides[k] as number),
        (addresses[within] as number) + offset,
      );
  }

  /** Records the kernels of a program that has no loops. */
  record(recorder: Recorder): void {
    for (const step of this.steps) this.dispatch(recorder, step as readonly Pass[]);
  }

  /** Records a step, loops included. `numbers` are the values that the host has computed. */
  *recordAll(recorder: Recorder, numbers: readonly Storage[], memory: number): Steps {
    for (const step of this.steps) {
      if (step instanceof DeviceLoop)
        yield* step.record(recorder, this, numbers, memory + this.ownWords);
      else this.dispatch(recorder, step);
    }
  }

  private dispatch(recorder: Recorder, passes: readonly Pass[]): void {
    const { addresses, blocks, runtime } = this;
    for (const pass of passes) {
      const fault = runtime.faults.wordOf(recorder.run, pass.number);
      recorder.dispatch(pass, blocks.write(pass.index, addresses, fault), pass.shader.groups);
    }
    recorder.touch(blocks);
  }

  dispose(): void {
    this.blocks.destroy();
    for (const step of this.steps) if (step instanceof DeviceLoop) step.dispose();
  }
}

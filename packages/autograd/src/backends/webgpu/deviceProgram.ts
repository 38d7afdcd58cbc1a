/**
 * @file A program made ready for the device: its pipelines, and a ring of parameter blocks, so that the steps of a loop can
 * be recorded one after the other before any is submitted.
 */
import type { Executable, Instruction, Meter, Program, Work } from '../../engine/program.js';
import { loopOf, type BodyInput } from '../../engine/loop.js';
import type { LoopStep } from '../../engine/compile/steps.js';
import type { TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import type { Storage } from '../../graph/storage.js';
import { interpreter } from '../interpreter/interpreter.js';
import { compiledOf, workOfStep, type Compiled } from './compiled.js';
import { USAGE, type GpuBuffer, type GpuObject } from './gpuApi.js';
import { bodyOf, DeviceLoop } from './loops.js';
import type { Dispatched, Recorder, Steps, Uploading } from './recorder.js';
import type { Pipeline } from './pipeline.js';
import type { GpuRuntime } from './runtime.js';
import { split, type Split } from './split.js';
import type { Refusal, Shader } from './wgsl/text.js';

/** A shader of an executable by its number, for the error should it refuse something. */
export interface Refusing {
  readonly instruction: Instruction;
  readonly refusals: readonly Refusal[];
  readonly pipeline: Pipeline;
}

interface Pass extends Dispatched {
  readonly shader: Shader;
  /** Its place among those of its program, and where its parameter block begins, in words. */
  readonly index: number;
  readonly block: number;
  /** Its number among all of the executable. */
  readonly number: number;
}

/** Parameter blocks begin at multiples of so many words. */
const BLOCK = 64;
/** A number of the host: its float, and as a whole number its two words. */
const NUMBER_WORDS = 4;
/** The blocks of so many steps of a loop, and of at most so many words, are brought up at once. */
const MOST_COPIES = 64;
const MOST_WORDS = 2 ** 16;

export class DeviceProgram implements Uploading {
  readonly parts: Split;
  readonly compiled: Compiled;
  /** Where each slot lies in the step that is being recorded, and the scratch. */
  readonly addresses: Uint32Array;
  /** The room it needs while it runs, in words. */
  readonly words: number;
  readonly hasLoops: boolean;
  private readonly runtime: GpuRuntime;
  private readonly host: Executable | null;
  private readonly steps: readonly (readonly Pass[] | DeviceLoop)[];
  private readonly passes: readonly Pass[];
  private readonly copies: number;
  private readonly blockWords: number;
  private readonly data: Uint32Array;
  private readonly uniforms: GpuBuffer;
  private groups: GpuObject[][] = [];
  private generation = -1;
  /** For each input of the device's part its place among the numbers; -1 for more than one element. */
  private readonly numberAt: readonly number[];
  private readonly numberWords: number;
  private readonly numbers: Uint32Array;
  /** The numbers of the step by their slots. */
  private readonly given = new Map<number, number>();
  /** Where the numbers of the first copy lie. */
  private numbersAt = 0;
  private copy = 0;
  /** Copies that commands read which have not been submitted. */
  private pending = 0;

  /** `times` is how often it runs in one run of the executable, at least about. */
  constructor(program: Program, runtime: GpuRuntime, refusing: Refusing[], times = 1) {
    this.runtime = runtime;
    this.parts = split(program);
    this.host = this.parts.host === null ? null : interpreter.compile(this.parts.host);
    const { device } = this.parts;
    this.compiled = compiledOf(device);
    const { instructions, steps } = this.compiled;
    const passes: Pass[] = [];
    let block = 0;
    this.steps = steps.map((step) => {
      if (step.kind === 'loop') return this.loop(step, refusing);
      return step.shaders.map((shader): Pass => {
        const pipeline = runtime.pipeline(shader.code);
        const instruction = instructions[step.slot] as Instruction;
        const number = refusing.push({ instruction, refusals: shader.refusals, pipeline }) - 1;
        const work = ({ workOf }: Meter): Work => workOfStep(step, shader, instructions, workOf);
        const pass = { shader, pipeline, work, index: passes.length, block, number };
        block += Math.ceil(shader.words.length / BLOCK) * BLOCK;
        passes.push(pass);
        return pass;
      });
    });
    this.passes = passes;
    this.blockWords = Math.max(BLOCK, block);
    this.copies = Math.max(
      1,
      Math.min(times, MOST_COPIES, Math.floor(MOST_WORDS / this.blockWords)),
    );
    this.data = new Uint32Array(this.copies * this.blockWords);
    for (const { shader, block } of passes)
      shader.words.forEach((word, i) => {
        if (word.kind !== 'number') return;
        for (let c = 0; c < this.copies; c++)
          this.data[c * this.blockWords + block + i] = word.value;
      });
    this.uniforms = runtime.device.createBuffer({
      size: this.data.byteLength,
      usage: USAGE.uniform | USAGE.copyTarget,
    });
    this.addresses = new Uint32Array(instructions.length + 1);
    let numbers = 0;
    this.numberAt = device.inputs.map((slot) =>
      sizeOf((instructions[slot] as Instruction).shape) === 1 ? numbers++ : -1,
    );
    this.numberWords = numbers * NUMBER_WORDS;
    this.numbers = new Uint32Array(this.copies * this.numberWords);
    const loops = this.steps.filter((step) => step instanceof DeviceLoop);
    this.hasLoops = loops.length > 0;
    this.words = this.ownWords + Math.max(0, ...loops.map(({ words }) => words));
  }

  private get ownWords(): number {
    return Math.ceil((this.compiled.words + this.numbers.length) / BLOCK) * BLOCK;
  }

  private loop(step: LoopStep, refusing: Refusing[]): DeviceLoop {
    const { instructions } = this.compiled;
    const { attrs, origin = -1 } = instructions[step.slot] as Instruction;
    const loop = loopOf(attrs ?? {});
    const fromHost = new Set(
      this.parts.device.inputs.filter((_, k) => this.parts.sources[k]?.kind === 'host'),
    );
    const bodies = loop.bodies.map((body, b) => {
      const onHost = ({ kind, index }: BodyInput): boolean => {
        if (kind !== 'constant') return kind === 'offset';
        return fromHost.has(step.operands[(loop.constants[b] as number) + index] as number);
      };
      const times = loop.kind === 'scan' ? loop.length : 1;
      return new DeviceProgram(bodyOf(loop, body, onHost, origin), this.runtime, refusing, times);
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

  /** Where in the program the host met an error. */
  get hostAt(): number {
    return this.host?.at ?? -1;
  }

  /** A slot that the host gives, as a value of this step; null for one of the device. */
  hostValue(slot: number, numbers: readonly Storage[]): TypedArray | null {
    const source = this.parts.sources[this.parts.device.inputs.indexOf(slot)];
    return source?.kind === 'host' ? (numbers[source.result] as TypedArray) : null;
  }

  /** Begins a step in the room at an address. */
  begin(recorder: Recorder, room: number): void {
    // What is read by commands that wait to be submitted is not written over.
    if (this.pending >= this.copies) {
      recorder.flush();
      this.pending = 0;
    }
    this.pending++;
    this.copy = (this.copy + 1) % this.copies;
    this.numbersAt = room + this.compiled.words;
    for (const [slot, offset] of this.compiled.offsets) this.addresses[slot] = room + offset;
    this.addresses[this.compiled.scratch] = room + this.compiled.scratchAt;
    recorder.touch(this);
  }

  /** Gives an input of the device's part an array of one element. */
  setNumber(k: number, array: TypedArray): void {
    const at = this.copy * this.numberWords + (this.numberAt[k] as number) * NUMBER_WORDS;
    writeNumber(this.numbers, at, array);
    const slot = this.parts.device.inputs[k] as number;
    this.addresses[slot] = this.numbersAt + at;
    this.given.set(slot, array[0] as number);
  }

  /** Says of windows where they lie in the step: after all else has its address. */
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

  /** Records a step, loops included. `numbers` are what the host has computed. */
  *recordAll(recorder: Recorder, numbers: readonly Storage[], room: number): Steps {
    for (const step of this.steps) {
      if (step instanceof DeviceLoop)
        yield* step.record(recorder, this, numbers, room + this.ownWords);
      else this.dispatch(recorder, step);
    }
  }

  private dispatch(recorder: Recorder, passes: readonly Pass[]): void {
    const { data, addresses, runtime, copy, blockWords } = this;
    const groups = this.groupsOf(copy);
    for (const pass of passes) {
      const { shader, block, number, index } = pass;
      const { words } = shader;
      const start = copy * blockWords + block;
      for (let i = 0; i < words.length; i++) {
        const word = words[i]!;
        if (word.kind === 'address')
          data[start + i] = (addresses[word.buffer] as number) + word.offset;
        else if (word.kind === 'fault')
          data[start + i] = runtime.faults.wordOf(recorder.run, number);
      }
      recorder.dispatch(pass, groups[index] as GpuObject, shader.groups);
    }
    recorder.touch(this);
  }

  private groupsOf(copy: number): readonly GpuObject[] {
    const { device, heap, layout, faults } = this.runtime;
    if (this.generation !== heap.generation) {
      this.generation = heap.generation;
      this.groups = [];
    }
    return (this.groups[copy] ??= this.passes.map(({ block, shader }) =>
      device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: heap.buffer } },
          {
            binding: 1,
            resource: {
              buffer: this.uniforms,
              offset: (copy * this.blockWords + block) * 4,
              size: Math.ceil(shader.words.length / 4) * 16,
            },
          },
          { binding: 2, resource: { buffer: faults.buffer } },
        ],
      }),
    ));
  }

  upload(): void {
    const { queue } = this.runtime.device;
    if (this.passes.length > 0) queue.writeBuffer(this.uniforms, 0, this.data);
    if (this.numbers.length > 0)
      queue.writeBuffer(this.runtime.heap.buffer, this.numbersAt * 4, this.numbers);
    // A step that goes on after the submit keeps its copy.
    this.pending = Math.min(this.pending, 1);
  }

  dispose(): void {
    this.uniforms.destroy();
    for (const step of this.steps) if (step instanceof DeviceLoop) step.dispose();
  }
}

function writeNumber(block: Uint32Array, at: number, array: TypedArray): void {
  const x = array[0] as number;
  if (array instanceof Int32Array || array instanceof Uint8Array) {
    block[at] = x;
    return;
  }
  new Float32Array(block.buffer)[at] = x;
  if (array instanceof Float64Array) {
    block[at + 1] = x % 2 ** 32;
    block[at + 2] = Math.floor(x / 2 ** 32);
  }
}

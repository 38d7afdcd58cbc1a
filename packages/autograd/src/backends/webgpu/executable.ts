/** @file A program on the device: kernels over places of its heap, encoded into one submit a run. */
import { planArena } from '../../engine/compile/arena.js';
import type { Place } from '../../engine/compile/kernel.js';
import { lower, type Lowered } from '../../engine/compile/lower.js';
import type { Executable, Instruction, Program } from '../../engine/program.js';
import { schedule, type Schedule } from '../../engine/compile/schedule.js';
import { verification, verifySchedule } from '../node.js';
import { DeviceError, type ChainruleError } from '../../errors.js';
import type { TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import { isHost, type Storage } from '../../graph/storage.js';
import { interpreter } from '../interpreter/interpreter.js';
import { DeviceArray } from './deviceArray.js';
import { explainRefusal } from './refusals.js';
import { USAGE, type GpuBuffer, type GpuObject } from './gpuApi.js';
import { specialShaders } from './special.js';
import type { GpuRuntime, Pipeline } from './runtime.js';
import { split, type Split } from './split.js';
import { supports } from './wgsl/elements.js';
import { shadersOf } from './wgsl/shaders.js';
import { MOST_GROUPS, type Shader } from './wgsl/text.js';

/** A shader with its place in the uniform buffer, and what it computes. */
interface Pass {
  readonly shader: Shader;
  readonly pipeline: Pipeline;
  /** Where its parameter block begins, in words. */
  readonly block: number;
  readonly blockWords: number;
  /** The instruction it belongs to. */
  readonly slot: number;
}

/** Parameter blocks begin at multiples of so many words. */
const BLOCK = 64;
/** A number of the host: its float, and as a whole number its two words. */
const NUMBER_WORDS = 4;

export class GpuExecutable implements Executable {
  at = -1;
  private readonly runtime: GpuRuntime;
  private readonly parts: Split;
  private readonly host: Executable | null;
  private readonly scheduled: Schedule;
  private readonly passes: Pass[] = [];
  private readonly offsets = new Map<number, number>();
  private readonly arenaWords: number;
  private readonly addresses: Uint32Array;
  private readonly uniforms: GpuBuffer;
  private readonly data: Uint32Array;
  private groups: readonly GpuObject[] = [];
  private generation = -1;
  /** The word of each pass where its fault is written, and those that hold addresses. */
  private readonly isInput: ReadonlySet<number>;
  private scratch = 0;

  constructor(program: Program, runtime: GpuRuntime) {
    this.runtime = runtime;
    this.parts = split(program);
    this.host = this.parts.host === null ? null : interpreter.compile(this.parts.host);
    const { device } = this.parts;
    this.isInput = new Set(device.inputs);
    checkDtypes(device);
    this.scheduled = schedule(device, (op, dtype) => supports(op, dtype));
    const steps = lower(this.scheduled);
    if (verification.on) verifySchedule(device, this.scheduled, steps);
    const shaders = steps.map((step) => this.shadersOf(step));
    this.arenaWords = this.place(shaders.map(({ shaders }) => shaders));
    for (const { shaders: list, slot } of shaders)
      for (const shader of list) this.add(shader, slot);
    const last = this.passes.at(-1);
    const words = last === undefined ? 0 : last.block + Math.ceil(last.blockWords / BLOCK) * BLOCK;
    this.data = new Uint32Array(words);
    for (const { shader, block } of this.passes)
      shader.words.forEach((word, i) => {
        if (word.kind === 'number') this.data[block + i] = word.value;
      });
    this.addresses = new Uint32Array(this.scheduled.instructions.length + 1);
    this.uniforms = runtime.device.createBuffer({
      size: Math.max(256, words * 4),
      usage: USAGE.uniform | USAGE.copyTarget,
    });
  }

  get kernelCount(): number {
    return this.passes.length;
  }

  private shadersOf(step: Lowered): { shaders: readonly Shader[]; slot: number } {
    const scratch = (words: number): Place => this.scratchOf(words);
    if (step.kind === 'kernel')
      return { shaders: shadersOf(step.kernel, scratch), slot: step.slots[0]! };
    const { instructions } = this.scheduled;
    const shaders = specialShaders(instructions, step, scratch);
    if (shaders !== null) return { shaders, slot: step.slot };
    const { op, dtype, origin } = instructions[step.slot]!;
    this.at = origin ?? -1;
    throw new DeviceError(
      `${op?.name ?? 'evaluate'}: webgpu has no kernel for it on ${dtype}; compute it on the CPU: await x.to('cpu')`,
    );
  }

  /** Memory that a kernel has to itself while it runs: behind the arena, shared by all. */
  private scratchOf(words: number): Place {
    this.scratch = Math.max(this.scratch, words);
    return { buffer: this.scheduled.instructions.length, dtype: 'int32', offset: 0 };
  }

  private add(shader: Shader, slot: number): void {
    const before = this.passes.at(-1);
    const block =
      before === undefined ? 0 : before.block + Math.ceil(before.blockWords / BLOCK) * BLOCK;
    this.passes.push({
      shader,
      pipeline: this.runtime.pipeline(shader.code),
      block,
      blockWords: Math.ceil(shader.words.length / 4) * 4,
      slot,
    });
  }

  /** Places what is computed by lifetime; outputs lie elsewhere. */
  private place(steps: readonly (readonly Shader[])[]): number {
    const { instructions, outputs } = this.scheduled;
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    const elsewhere = new Set([...this.isInput, ...outputs, instructions.length]);
    steps.forEach((shaders, i) => {
      for (const word of shaders.flatMap(({ words }) => words)) {
        if (word.kind !== 'address' || elsewhere.has(word.buffer)) continue;
        if (!first.has(word.buffer)) first.set(word.buffer, i);
        last.set(word.buffer, i);
      }
    });
    const order = [...first.keys()];
    const arena = planArena(
      order.map((slot) => ({
        bytes: sizeOf(instructions[slot]!.shape) * 4,
        first: first.get(slot)!,
        last: last.get(slot)!,
      })),
    );
    order.forEach((slot, i) => this.offsets.set(slot, arena.offsets[i]! / 4));
    return Math.ceil(arena.bytes / 256) * 64;
  }

  run(inputs: readonly Storage[], outputs: readonly (Storage | null)[]): Storage[] {
    const { runtime, parts } = this;
    this.at = -1;
    runtime.startRun();
    const numbers = this.runHost(inputs);
    this.bindInputs(inputs, numbers);
    const made = this.bindOutputs(outputs);
    const run = runtime.faults.begin({
      broken: () =>
        this.passes.find(({ pipeline }) => pipeline.error !== null)?.pipeline.error ?? null,
      explain: (kernel, position) => this.explain(kernel, position),
      undo: [],
    });
    this.fill(run);
    this.encode();
    for (const { from, to } of made.copies) runtime.move(from, to.at, to.length);
    for (const array of made.arrays) array.run = run;
    return parts.outputs.map(({ onHost, result }, k) => {
      if (!onHost) return made.arrays[result]!;
      const given = outputs[k] ?? null;
      const value = numbers[result] as TypedArray;
      if (given === null || !isHost(given)) {
        if (given instanceof DeviceArray) runtime.release(given);
        return value.slice();
      }
      given.set(value);
      return given;
    });
  }

  private runHost(inputs: readonly Storage[]): readonly Storage[] {
    if (this.host === null) return [];
    try {
      return this.host.run(
        this.parts.hostInputs.map((k) => inputs[k]!),
        [],
      );
    } catch (error) {
      this.at = this.host.at;
      throw error;
    }
  }

  /** Finds every input on the device, or brings it there. */
  private bindInputs(inputs: readonly Storage[], numbers: readonly Storage[]): void {
    const { runtime, parts, addresses } = this;
    const { instructions } = parts.device;
    const staged: { slot: number; array: TypedArray; words: number }[] = [];
    let words = 0;
    parts.device.inputs.forEach((slot, k) => {
      const source = parts.sources[k]!;
      const value = source.kind === 'host' ? numbers[source.result]! : inputs[source.index]!;
      if (value instanceof DeviceArray) {
        if (!value.isOf(runtime)) throw new DeviceError(LOST);
        addresses[slot] = value.at;
        return;
      }
      const array = value as TypedArray;
      const { dtype } = instructions[slot]!;
      const copy = array.length > 1 ? runtime.residents.of(array, dtype) : null;
      if (copy !== null) {
        addresses[slot] = copy.at;
        return;
      }
      const size = array.length > 1 ? Math.ceil(array.length / 4) * 4 : NUMBER_WORDS;
      staged.push({ slot, array, words: size });
      words += size;
    });
    const stagingAt = this.arenaWords + Math.ceil(this.scratch / 4) * 4;
    runtime.reserve(stagingAt + words);
    for (const [slot, offset] of this.offsets) addresses[slot] = runtime.arena + offset;
    addresses[addresses.length - 1] = runtime.arena + this.arenaWords;
    let at = runtime.arena + stagingAt;
    // Numbers go up together, arrays each by itself.
    const small = staged.filter(({ array }) => array.length === 1);
    const block = new Uint32Array(small.length * NUMBER_WORDS);
    small.forEach(({ slot, array }, i) => {
      writeNumber(block, i * NUMBER_WORDS, array);
      addresses[slot] = at + i * NUMBER_WORDS;
    });
    if (small.length > 0) {
      runtime.device.queue.writeBuffer(runtime.heap.buffer, at * 4, block);
      at += block.length;
    }
    for (const { slot, array, words } of staged) {
      if (array.length === 1) continue;
      runtime.upload(array, at);
      addresses[slot] = at;
      at += words;
    }
  }

  /** Where outputs are written: to the arrays given for them, or new ones; what is an input, or twice one, is copied. */
  private bindOutputs(outputs: readonly (Storage | null)[]): {
    arrays: DeviceArray[];
    copies: { from: number; to: DeviceArray }[];
  } {
    const { runtime, parts, scheduled, addresses } = this;
    const arrays: DeviceArray[] = [];
    const copies: { from: number; to: DeviceArray }[] = [];
    const seen = new Set<number>();
    parts.outputs.forEach(({ onHost, result }, k) => {
      if (onHost) return;
      const slot = scheduled.outputs[result]!;
      const { dtype, shape } = scheduled.instructions[slot]!;
      const given = outputs[k] ?? null;
      const array = given instanceof DeviceArray ? given : runtime.make(dtype, sizeOf(shape));
      arrays[result] = array;
      if (seen.has(slot) || this.isInput.has(slot)) {
        copies.push({ from: addresses[slot]!, to: array });
        return;
      }
      seen.add(slot);
      addresses[slot] = array.at;
    });
    return { arrays, copies };
  }

  private fill(run: number): void {
    const { data, addresses, runtime } = this;
    this.passes.forEach(({ shader, block }, k) => {
      const { words } = shader;
      for (let i = 0; i < words.length; i++) {
        const word = words[i]!;
        if (word.kind === 'address') data[block + i] = addresses[word.buffer]! + word.offset;
        else if (word.kind === 'fault') data[block + i] = runtime.faults.wordOf(run, k);
      }
    });
    if (data.length > 0) runtime.device.queue.writeBuffer(this.uniforms, 0, data);
  }

  private encode(): void {
    const { runtime } = this;
    const { device } = runtime;
    if (this.passes.length === 0) return;
    if (this.generation !== runtime.heap.generation) this.bind();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.passes.forEach(({ pipeline, shader: { groups } }, k) => {
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, this.groups[k]!);
      pass.dispatchWorkgroups(Math.min(groups, MOST_GROUPS), Math.ceil(groups / MOST_GROUPS));
    });
    pass.end();
    device.queue.submit([encoder.finish()]);
    runtime.dispatches += this.passes.length;
    runtime.submits++;
  }

  private bind(): void {
    const { runtime } = this;
    const { device, heap, layout, faults } = runtime;
    this.generation = heap.generation;
    this.groups = this.passes.map(({ block, blockWords }) =>
      device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: heap.buffer } },
          {
            binding: 1,
            resource: { buffer: this.uniforms, offset: block * 4, size: blockWords * 4 },
          },
          { binding: 2, resource: { buffer: faults.buffer } },
        ],
      }),
    );
  }

  /** The error of a kernel that refused the value at a position; it is looked up where it lay in this run. */
  private explain(kernel: number, position: number): Promise<ChainruleError> {
    const pass = this.passes[kernel] as Pass;
    const instruction = this.scheduled.instructions[pass.slot] as Instruction;
    const refusal = pass.shader.refusal!;
    const { place } = refusal;
    const at = place === null ? null : this.addresses[place.buffer]! + place.offset + position;
    return explainRefusal(instruction, refusal, position, at, this.runtime);
  }

  dispose(): void {
    this.uniforms.destroy();
  }
}

const LOST =
  "webgpu: a value lies on a device that was lost; after await setDevice('webgpu') start from a checkpoint or host copies";

function writeNumber(block: Uint32Array, at: number, array: TypedArray): void {
  const x = array[0]!;
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

/** The device has no doubles; numbers of the host that it is given count as float32 there. */
function checkDtypes({ instructions, inputs }: Program): void {
  const given = new Set(inputs);
  instructions.forEach(({ op, dtype, shape }, slot) => {
    if (dtype !== 'float64' || (given.has(slot) && shape.length === 0)) return;
    if (op?.lowering.kind === 'leaf') return;
    throw new DeviceError(
      `${op?.name ?? 'evaluate'}: webgpu has no float64; use float32, or the CPU: await x.to('cpu')`,
    );
  });
}

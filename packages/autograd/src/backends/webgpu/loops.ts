/**
 * @file Loops on the device: the host records the body once per step, over values that stay in place. Steps are submitted in
 * large batches; a condition that only the device knows is waited for at each step.
 */
import type { LoopStep } from '../../engine/compile/steps.js';
import { simplify } from '../../engine/compile/simplify.js';
import { joinedScope, type BodyInput, type Loop, type LoopBody } from '../../engine/loop.js';
import type { Instruction, Program } from '../../engine/program.js';
import { DeviceError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';
import type { Storage } from '../../graph/values/storage.js';
import type { DeviceProgram } from './deviceProgram.js';
import { align, LoopRun } from './loopRun.js';
import type { Recorder, Steps } from './recorder.js';
import type { GpuRuntime } from './runtime.js';

/** The program of a body. `onHost` says which inputs are numbers of the host; the loop is an instruction of another program. */
export function bodyOf(
  { name }: Loop,
  { plan, inputs, scopes }: LoopBody,
  onHost: (input: BodyInput) => boolean,
  { origin = -1, within = '' }: Instruction,
): Program {
  const program = simplify(plan.program());
  const instructions = program.instructions.map((instruction): Instruction => ({
    ...instruction,
    origin,
    within: joinedScope(within, scopes[instruction.origin ?? -1] ?? ''),
  }));
  program.inputs.forEach((slot, i) => {
    const from = instructions[slot] as Instruction;
    const input = inputs[i] as BodyInput;
    if (from.dtype === 'float64' && input.kind !== 'constant' && input.kind !== 'offset')
      throw new DeviceError(
        `${name}: webgpu has no float64; use float32, or the CPU: await x.to('cpu')`,
      );
    const host = from.shape.length === 0 && onHost(input);
    const dtype = from.dtype === 'float64' && !host ? 'float32' : from.dtype;
    instructions[slot] = { ...from, dtype, onHost: host };
  });
  return { ...program, instructions };
}

export class DeviceLoop {
  /** The memory it needs while it runs, in words. */
  readonly words: number;
  private readonly spec: Loop;
  private readonly step: LoopStep;
  private readonly bodies: readonly DeviceProgram[];
  private readonly runtime: GpuRuntime;
  private readonly ownWords: number;

  constructor(spec: Loop, step: LoopStep, bodies: readonly DeviceProgram[], runtime: GpuRuntime) {
    this.spec = spec;
    this.step = step;
    this.bodies = bodies;
    this.runtime = runtime;
    const perBody = spec.bodies.map(({ outputs }) =>
      outputs.reduce((n, { shape }) => n + 2 * align(sizeOf(shape)), 0),
    );
    this.ownWords = Math.max(...perBody);
    this.words = this.ownWords + Math.max(...bodies.map(({ words }) => words));
  }

  get kernelCount(): number {
    return Math.max(...this.bodies.map(({ kernelCount }) => kernelCount));
  }

  dispose(): void {
    for (const body of this.bodies) body.dispose();
  }

  /** Records the loop, whose operands and results are slots of `outer`. */
  record(
    recorder: Recorder,
    outer: DeviceProgram,
    numbers: readonly Storage[],
    memory: number,
  ): Steps {
    const run = new LoopRun(this.spec, this.step, this.runtime, recorder, outer, numbers, memory);
    switch (this.spec.kind) {
      case 'scan':
        return run.scan(this.bodies[0] as DeviceProgram, memory + this.ownWords);
      case 'while':
        return run.while(this.bodies[0] as DeviceProgram, memory + this.ownWords);
      case 'branch':
        return run.branch(this.bodies, memory + this.ownWords);
    }
  }
}

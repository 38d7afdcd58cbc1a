/** @file A program in memory, ready to run: the addresses of its values, and the kernels that compute them. */
import { DeviceError, IndexError } from '../../../errors.js';
import type { Executable, Instruction, Meter, Program, Work } from '../../../engine/program.js';
import { loopOf, type Loop } from '../../../engine/loop.js';
import type { LoopStep } from '../../../engine/compile/steps.js';
import type { TypedArray } from '../../../graph/dtype.js';
import { runtime } from '../../../graph/runtime.js';
import { sizeOf } from '../../../graph/shape.js';
import { interpreter } from '../../interpreter/interpreter.js';
import type { Arrays } from './arrays.js';
import { Binding, refused } from './binding.js';
import { disposeParts, type Part, type PreparedProgram } from './prepare.js';

export class WasmExecutable implements Executable<TypedArray> {
  at = -1;
  private readonly program: Program;
  /** The instructions of the program, and the copies that were added. */
  private readonly instructions: readonly Instruction[];
  private readonly parts: readonly Part[];
  private readonly numbers: readonly number[];
  private readonly binding: Binding;
  private readonly meter: Meter | null;

  constructor(program: Program, prepared: PreparedProgram, arrays: Arrays, meter: Meter | null) {
    this.program = program;
    this.meter = meter;
    this.instructions = prepared.instructions;
    this.parts = prepared.parts;
    this.numbers = prepared.numbers;
    this.binding = new Binding(prepared, program.inputs, arrays);
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    this.bind(inputs, outputs);
    this.binding.setWindows();
    try {
      return this.runParts() ? this.binding.results(outputs) : this.runAll(inputs, outputs);
    } finally {
      this.binding.forgetInputs();
    }
  }

  /** Returns false if an argument was refused: then the results are meaningless. */
  private runParts(): boolean {
    const { addresses, turn } = this.binding;
    for (const slot of this.numbers) this.binding.writeNumber(slot);
    for (const part of this.parts) {
      const start = this.meter === null ? 0 : performance.now();
      if (part.kind === 'opaque') {
        this.runReference(part.slot, part.operands);
      } else if (part.kind === 'loop') {
        const loop = loopOf(this.instruction(part.step.slot).attrs ?? {});
        if (part.repeated === null) this.runLoop(loop, part.step);
        else {
          part.repeated.run(loop, part.step, addresses.addresses);
          if (part.repeated.faulted) return false;
        }
      } else {
        const { plan } = part;
        plan.setBuffers(addresses.addresses, turn, addresses.version);
        plan.run();
        // The reference finds the index again and reports it with all details.
        if (plan.faulted) return false;
      }
      if (this.meter === null) continue;
      const work = part.kind === 'plan' ? part.work : this.plainWork(part);
      if (work !== null) this.meter.report(work, performance.now() - start);
    }
    return true;
  }

  /** Runs everything by reference. The inputs are unchanged; outputs share no memory with them. */
  private runAll(
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const reference = interpreter.compile(this.program);
    const repeating = (runtime.repeating = { skipped: false });
    try {
      const results = reference.run(inputs, outputs);
      if (repeating.skipped)
        throw new IndexError('an index computed from values of other processes is out of range');
      return results;
    } finally {
      runtime.repeating = null;
      this.at = reference.at;
    }
  }

  /** Reserves memory for computed values and copied inputs; if it is refused, the error names the largest value. */
  private bind(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): void {
    this.at = -1;
    try {
      this.binding.bind(inputs, outputs);
    } catch (error) {
      const slot = this.binding.largest;
      if (!(error instanceof DeviceError) || slot === undefined) throw error;
      this.at = this.instruction(slot).origin ?? slot;
      throw refused(this.instruction(slot), error);
    }
  }

  dispose(): void {
    disposeParts(this.parts);
  }

  private runReference(slot: number, operands: readonly number[]): void {
    const { op, attrs, inputs, shape, dtype, origin } = this.instruction(slot);
    this.at = origin ?? slot;
    const data = this.binding.arrayOf(slot);
    data.fill(0);
    const values = operands.map((x, i) => {
      // The elements may be in the buffer of a value of another shape.
      const { shape, dtype } = this.instruction(inputs[i] as number);
      return { data: this.binding.arrayOf(x), shape, dtype };
    });
    (op as NonNullable<typeof op>).kernel(values, { data, shape, dtype }, attrs ?? {});
    this.at = -1;
  }

  /** Runs a loop step by step. */
  private runLoop(loop: Loop, { slot, operands, results }: LoopStep): void {
    const { inputs, origin } = this.instruction(slot);
    this.at = origin ?? slot;
    const values = operands.map((x, i) => {
      const { shape, dtype } = this.instruction(inputs[i] as number);
      return { data: this.binding.lastingArrayOf(x), shape, dtype };
    });
    const arrays: (TypedArray | null)[] = [];
    for (const [k, result] of results) arrays[k] = this.binding.lastingArrayOf(result);
    loop.run(values, arrays);
    for (const [k, result] of results) this.binding.takeFrom(arrays[k] as TypedArray, result);
    this.at = -1;
  }

  /** The work of what runs without a kernel. */
  private plainWork(part: Exclude<Part, { kind: 'plan' }>): Work {
    const { slot, operands } = part.kind === 'loop' ? part.step : part;
    const { op, shape, attrs } = this.instruction(slot);
    const loop = part.kind === 'loop' ? loopOf(attrs ?? {}) : null;
    const name = loop?.name ?? op?.name ?? '';
    const bytes = [slot, ...operands].reduce((sum, x) => sum + this.binding.bytesOf(x), 0);
    return {
      name: loop === null ? `reference ${name} [${shape.join(', ')}]` : `${name} × ${loop.length}`,
      operations: [name],
      flops: sizeOf(shape),
      bytes,
    };
  }

  private instruction(slot: number): Instruction {
    return this.instructions[slot] as Instruction;
  }
}

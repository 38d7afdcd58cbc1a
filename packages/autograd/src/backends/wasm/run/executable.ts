/** @file A program in memory, ready to run: where every value lies, and the kernels that compute them. */
import { DeviceError, IndexError } from '../../../errors.js';
import type { Kernel } from '../../../engine/compile/kernel.js';
import { lower, type Lowered } from '../../../engine/compile/lower.js';
import type { Executable, Instruction, Meter, Program, Work } from '../../../engine/program.js';
import { loopOf, type Loop } from '../../../engine/loop.js';
import { schedule, type LoopStep } from '../../../engine/compile/schedule.js';
import { blasSource, verification, verifySchedule } from '../../node.js';
import { itemSize, type TypedArray } from '../../../graph/dtype.js';
import { runtime } from '../../../graph/runtime.js';
import { sizeOf } from '../../../graph/shape.js';
import { interpreter } from '../../interpreter/interpreter.js';
import type { Arrays } from './arrays.js';
import { Binding, refused } from './binding.js';

import { supports } from '../elements/elementOps.js';
import { listKernels } from './kernelList.js';
import type { ThreadPool } from './pool.js';
import { Repeated } from './repeated.js';
import { bestVectorWidth } from './vectorWidth.js';
import { WasmPlan } from './wasmPlan.js';
import { workOf } from './work.js';

/** Kernels in one list, or a primitive run by its reference. */
type Part =
  | {
      readonly kind: 'plan';
      readonly plan: WasmPlan;
      /** What it does, for a meter. */
      readonly work: Work | null;
    }
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] }
  /** A loop: all steps in one list, or, where that cannot be, step by step. */
  | { readonly kind: 'loop'; readonly step: LoopStep; readonly repeated: Repeated | null };

export class WasmExecutable implements Executable<TypedArray> {
  at = -1;
  private readonly program: Program;
  /** Those of the program, and the copies that scheduling added. */
  private readonly instructions: readonly Instruction[];
  private readonly arrays: Arrays;
  private readonly parts: Part[] = [];
  private readonly loops = new Map<number, Repeated | null>();
  private readonly binding: Binding;
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
    const scheduled = schedule(program, (op, dtype) => supports(op, dtype));
    const steps = lower(scheduled);
    const instructions = [...scheduled.instructions];
    for (const step of steps) {
      if (step.kind !== 'loop') continue;
      const loop = loopOf(instructions[step.slot]?.attrs ?? {});
      const repeated = meter === null ? Repeated.of(loop, arrays, threads, pool) : null;
      this.loops.set(step.slot, repeated);
      if (repeated === null) continue;
      const room = [repeated.roomFor(loop, step.results) / itemSize.int32];
      instructions[step.slot] = { ...(instructions[step.slot] as Instruction), shape: room };
    }
    this.instructions = instructions;
    const roomy = { ...scheduled, instructions };
    if (verification.on) verifySchedule(program, roomy, steps);
    this.binding = new Binding(roomy, program.inputs, steps, arrays);
    this.split(steps, threads, pool);
  }

  /** One list for every run of kernels between primitives without one. */
  private split(
    steps: readonly Lowered[],
    threads: number,
    pool: () => ThreadPool | undefined,
  ): void {
    let kernels: Kernel[] = [];
    let operations: string[] = [];
    const flush = (): void => {
      if (kernels.length === 0) return;
      const { forms } = this.arrays;
      const options = { threads, blas: this.blas(kernels), ...bestVectorWidth() };
      const list = listKernels(kernels, forms, options);
      const plan = new WasmPlan(forms, list, list.parallel ? pool() : undefined);
      const work = this.meter === null ? null : workOf(kernels, operations);
      this.parts.push({ kind: 'plan', plan, work });
      kernels = [];
      operations = [];
    };
    for (const step of steps) {
      if (step.kind === 'kernel') {
        kernels.push(step.kernel);
        for (const slot of step.slots) operations.push(this.instruction(slot).op?.name ?? 'input');
        if (this.meter !== null) flush();
      } else if (step.kind === 'loop') {
        flush();
        this.parts.push({ kind: 'loop', step, repeated: this.loops.get(step.slot) ?? null });
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
    this.bind(inputs, outputs);
    const { addresses } = this.binding;
    for (const part of this.parts) {
      const start = this.meter === null ? 0 : performance.now();
      if (part.kind === 'opaque') {
        this.runReference(part.slot, part.operands);
      } else if (part.kind === 'loop') {
        const loop = loopOf(this.instruction(part.step.slot).attrs ?? {});
        if (part.repeated === null) this.runLoop(loop, part.step);
        else {
          part.repeated.run(loop, part.step, addresses);
          if (part.repeated.faulted) return this.runAll(inputs, outputs);
        }
      } else {
        const { plan } = part;
        plan.setBuffers(addresses);
        plan.run();
        // The reference finds the index again and says all there is to say of it.
        if (plan.faulted) return this.runAll(inputs, outputs);
      }
      if (this.meter === null) continue;
      const work = part.kind === 'plan' ? part.work : this.plainWork(part);
      if (work !== null) this.meter.report(work, performance.now() - start);
    }
    return this.binding.results(outputs);
  }

  /** Runs everything by reference. Inputs are still as they were; outputs share nothing with them. */
  private runAll(
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const reference = interpreter.compile(this.program);
    const repeating = (runtime.repeating = { skipped: false });
    try {
      const results = reference.run(inputs, outputs);
      if (repeating.skipped)
        throw new IndexError(
          'an index that follows from what other processes sent is out of range',
        );
      return results;
    } finally {
      runtime.repeating = null;
      this.at = reference.at;
    }
  }

  /** Takes room for what is computed and what is copied in; if it is refused, says what is the largest. */
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
    for (const part of this.parts) if (part.kind === 'plan') part.plan.dispose();
  }

  private runReference(slot: number, operands: readonly number[]): void {
    const { op, attrs, inputs, shape, dtype, origin } = this.instruction(slot);
    this.at = origin ?? slot;
    const data = this.binding.arrayOf(slot);
    data.fill(0);
    const values = operands.map((x, i) => {
      // The elements may lie in the buffer of a value of another shape.
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
      return { data: this.binding.arrayOf(x), shape, dtype };
    });
    const arrays: (TypedArray | null)[] = [];
    for (const [k, result] of results) arrays[k] = this.binding.arrayOf(result);
    loop.run(values, arrays);
    this.at = -1;
  }

  /** What runs without a kernel. */
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

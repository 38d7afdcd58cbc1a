/**
 * @file A program that is met for the first time: run operation by operation, each value in a buffer of its own.
 *
 * Nothing is planned. Views cost nothing; a buffer is free again after its last use. A plan of fused loops takes many times
 * as long to make as such a walk, and is made for what comes again: with the same bits.
 */
import type { Executable, Program } from '../../../engine/program.js';
import { type TypedArray } from '../../../graph/dtype.js';
import { interpreter } from '../../interpreter/interpreter.js';
import type { Arrays } from '../run/arrays.js';
import { bestVectorWidth } from '../run/vectorWidth.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { Walker } from './walker.js';
import { OperationLoop } from './operationLoop.js';

/** A program that will be walked. */
export class Walk implements Executable {
  at = -1;
  private readonly program: Program;
  private readonly walkers: Walkers;

  constructor(program: Program, walkers: Walkers) {
    this.program = program;
    this.walkers = walkers;
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    this.at = -1;
    const walker = this.walkers.take();
    try {
      const values = walker.run(this.program, inputs, outputs);
      return values ?? this.byReference(inputs, outputs);
    } catch (error) {
      if (this.at < 0) this.at = walker.at;
      throw error;
    } finally {
      this.walkers.giveBack(walker);
    }
  }

  /** Finds what was wrong with an index again, and says all there is to say of it. */
  private byReference(
    inputs: readonly TypedArray[],
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const reference = interpreter.compile(this.program);
    try {
      return reference.run(inputs, outputs);
    } finally {
      this.at = reference.at;
    }
  }
}

/** One walker for each run in the middle of which another runs. */
export class Walkers {
  private readonly idle: Walker[] = [];
  private readonly arrays: Arrays;
  private context: KernelContext | null = null;
  private loop: OperationLoop | null = null;

  constructor(arrays: Arrays) {
    this.arrays = arrays;
  }

  take(): Walker {
    const { width, fma } = bestVectorWidth();
    if (this.context?.width !== width || this.context.fma !== fma || this.loop === null) {
      this.context = { width, fma, blas: false, alone: true };
      this.loop = new OperationLoop(this.arrays.forms, this.context);
      this.idle.length = 0;
    }
    return this.idle.pop() ?? new Walker(this.arrays, this.loop, this.context);
  }

  giveBack(walker: Walker): void {
    walker.forget();
    this.idle.push(walker);
  }
}

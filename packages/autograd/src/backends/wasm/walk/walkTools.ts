/** @file What all walks over one memory use in turn: the list being written, and the forms of single operations. */
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { Arrays } from '../run/arrays.js';
import { bestVectorWidth } from '../run/vectorWidth.js';
import { CallWriter } from './callWriter.js';
import { OperationLoop } from './operationLoop.js';

export class WalkTools {
  readonly arrays: Arrays;
  readonly calls = new CallWriter();
  private known: { readonly context: KernelContext; readonly loop: OperationLoop } | null = null;

  constructor(arrays: Arrays) {
    this.arrays = arrays;
  }

  get context(): KernelContext {
    return this.now().context;
  }

  get loop(): OperationLoop {
    return this.now().loop;
  }

  /** For the vectors in use. */
  private now(): { readonly context: KernelContext; readonly loop: OperationLoop } {
    const { width, fma } = bestVectorWidth();
    const { context } = this.known ?? {};
    if (this.known === null || context?.width !== width || context.fma !== fma) {
      const context = { width, fma, blas: false, alone: true };
      this.known = { context, loop: new OperationLoop(this.arrays.forms, context) };
    }
    return this.known;
  }
}

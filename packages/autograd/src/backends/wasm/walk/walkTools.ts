/**
 * @file Tools that all walks over one memory share, one walk at a time: the list being written, and the forms of single
 * operations.
 */
import type { Loop } from '../../../engine/loop.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { Arrays } from '../run/arrays.js';
import type { CompiledLoop } from '../repeat/compiledLoop.js';
import { bestVectorWidth } from '../run/vectorWidth.js';
import { CallWriter } from './callWriter.js';
import { KernelCache } from './kernelCache.js';
import { OperationLoop } from './operationLoop.js';
import { ProductCall } from './productCall.js';

/** The forms for the current vector width. */
export interface KnownForms {
  readonly context: KernelContext;
  readonly loop: OperationLoop;
  readonly product: ProductCall;
  readonly kernels: KernelCache;
}

export class WalkTools {
  readonly arrays: Arrays;
  readonly calls = new CallWriter();
  /** The body of a loop as kernels, or null. */
  readonly repeated: (loop: Loop) => CompiledLoop | null;
  private known: KnownForms | null = null;

  constructor(arrays: Arrays, repeated: (loop: Loop) => CompiledLoop | null) {
    this.arrays = arrays;
    this.repeated = repeated;
  }

  /** The forms for the current vector width. */
  get forms(): KnownForms {
    const { width, fma } = bestVectorWidth();
    const { context } = this.known ?? {};
    if (this.known === null || context?.width !== width || context.fma !== fma) {
      const context = { width, fma, blas: false, alone: true };
      const { forms } = this.arrays;
      this.known = {
        context,
        loop: new OperationLoop(forms, context),
        product: new ProductCall(forms, context),
        kernels: new KernelCache(),
      };
    }
    return this.known;
  }
}

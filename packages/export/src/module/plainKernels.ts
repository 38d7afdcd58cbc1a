/**
 * @file The plain kernels of operations that have no other, as pieces of JavaScript. What loads or builds this source takes them
 * from the sources of autograd (`tools/build/plainKernels.mjs`): they are written once.
 */

interface PlainKernels {
  /** For an operation the places of the pieces that enter its kernel in `ENTERED`, in order. */
  readonly kernels: Readonly<Record<string, readonly number[]>>;
  readonly pieces: readonly string[];
}

export const plainKernels: PlainKernels = { kernels: {}, pieces: [] };

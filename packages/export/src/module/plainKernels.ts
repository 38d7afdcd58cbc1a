/**
 * @file The plain kernels of operations that have no compiled one, as pieces of JavaScript. The pieces are written once, in
 * the sources of autograd: `tools/build/plainKernels.mjs` inserts them when this source is loaded or built.
 */

interface PlainKernels {
  /** For each operation, the indices of the pieces that lead to its kernel in `ENTERED`, in order. */
  readonly kernels: Readonly<Record<string, readonly number[]>>;
  readonly pieces: readonly string[];
}

export const plainKernels: PlainKernels = { kernels: {}, pieces: [] };

/** @file Limits on the size of a file and of the values that it computes. */
import { defineOptions, FormatError, kinds } from '@chainrule/autograd';

/** Limits on the resources that a file may use. A file that exceeds one is refused before the work is done. */
export interface OnnxLimits {
  /** Elements of one tensor, in the file or computed. Default 2^29, 2 GiB of float32. */
  readonly elements?: number;
  /** Nodes, attributes, names and other parts of the file. Default 2 million. */
  readonly messages?: number;
  /** Messages within messages: graphs in graphs. Default 100. */
  readonly depth?: number;
  /** Iterations of one loop. Default 100,000. */
  readonly iterations?: number;
  /** Nodes that one call runs, those of loops and functions counted each time. Default 10 million. */
  readonly steps?: number;
}

export type Limits = Required<OnnxLimits>;

export const readLimits = defineOptions<OnnxLimits>({
  elements: kinds.count,
  messages: kinds.count,
  depth: kinds.count,
  iterations: kinds.count,
  steps: kinds.count,
});

export const DEFAULT_LIMITS: Limits = {
  elements: 2 ** 29,
  messages: 2_000_000,
  depth: 100,
  iterations: 100_000,
  steps: 10_000_000,
};

/** The most elements that an operator fills one by one: this stays within a second, and within memory. */
export const MAX_FILLED = 2 ** 24;

/** The number of elements of `shape`, as the file states it. */
export function countOf(shape: readonly number[], limits: Limits, what: string): number {
  let count = 1;
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new FormatError(`importOnnx: ${what} has the shape [${shape.join(', ')}]`);
    count *= n;
  }
  // A zero makes the tensor empty, whatever the other sizes are.
  if (shape.includes(0)) return 0;
  if (count > limits.elements) {
    throw new FormatError(
      `importOnnx: ${what} of shape [${shape.join(', ')}] has ${count} elements, more than ${limits.elements} (limits.elements)`,
    );
  }
  return count;
}

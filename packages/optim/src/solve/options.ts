/** @file The options that all iterations share. */
import { kinds } from '@chainrule/autograd';

/** Options that every iteration has. */
export interface IterationOptions {
  /** How many iterations are made at most. */
  readonly maxIterations?: number;
  /** Whether not to converge is an error. Default true; with false the last iterate is returned. */
  readonly strict?: boolean;
}

/** The kinds of {@link IterationOptions}. */
export const iterationKinds = { maxIterations: kinds.count, strict: kinds.flag };

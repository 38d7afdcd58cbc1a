/** @file The last run that computed gradients, kept while someone may ask what went wrong in it. */
import type { Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';
import type { Program } from './program.js';

/** A run that can be repeated: its inputs do not change until the next one. */
export interface Run {
  readonly program: Program;
  readonly inputs: readonly Storage[];
  /** The nodes of its first instructions; those of a backward pass may be missing. */
  readonly nodes: readonly Tensor[];
}

/** @internal `run` is set by every backward pass and every replay while `enabled` is true. */
export const lastRun: { enabled: boolean; run: Run | null } = { enabled: false, run: null };

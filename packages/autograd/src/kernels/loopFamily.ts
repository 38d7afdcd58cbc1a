/** @file The kernels of loops, apart from the other families, so that the types of other operations do not refer to loops. */
import type { ListCompiler } from '../backends/wasm/repeat/listCompiler.js';
import type { CompiledLoop } from '../backends/wasm/repeat/compiledLoop.js';
import type { Loop } from '../engine/loop.js';

/** A loop refers to this, so that only a bundle that imports loops contains what runs them. */
export interface LoopFamily {
  /** The body as one list of kernels, for one memory; null if the steps must be run one by one. */
  repeated(loop: Loop, maker: ListCompiler): CompiledLoop | null;
}
